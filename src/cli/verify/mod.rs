//! `ege-bench verify`: whether stored runs repeat, and reports are what they give.

pub(super) mod args;
mod command;
mod json;
mod made_with;
mod place;
mod report;
mod rerun;
mod told;
mod watch;

pub(super) use command::run;
