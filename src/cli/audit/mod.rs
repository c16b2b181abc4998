//! `ege-bench audit`: whether a paper's numbers can be true, before anything is trained.

pub(super) mod args;
pub(super) mod command;
mod facts;
mod told;

pub(super) use facts::{Counts, Splits};
