//! `ege-bench doctor`: on what this build can run here.

mod cards;
mod command;
mod found;
mod self_test;

pub(super) use command::run;
