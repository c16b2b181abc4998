//! `ege-bench data`: data sets and what is prepared of them.

pub(super) mod args;
pub(super) mod bar;
pub(super) mod fetch;
pub(super) mod import;
pub(super) mod leaks;
pub(super) mod list;
pub(super) mod lock;
mod meter;
mod needs;
pub(super) mod prune;
pub(super) mod show;
pub(super) mod split;
pub(super) mod status;
pub(super) mod verify;
