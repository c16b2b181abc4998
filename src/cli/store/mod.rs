//! `ege-bench store`: the runs of a results folder, whatever experiment asked for them.

pub(super) mod args;
pub(super) mod export;
pub(super) mod find;
pub(super) mod import;
pub(super) mod list;
pub(super) mod prune;
pub(super) mod show;
pub(super) mod standing;
mod unplanned;
mod whole;
