//! `ege-bench bench`: how long training steps and predictions take, and what of them each kernel takes.

mod command;
mod profile;

pub(super) use command::run;
