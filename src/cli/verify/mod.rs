//! `ege-bench verify`: whether stored runs repeat.

mod json;
mod made_with;
mod place;
mod rerun;
mod told;
mod watch;

pub(super) use rerun::run;
