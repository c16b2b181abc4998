//! `ege-bench model`: networks and what they cost.

pub(super) mod cost;
pub(super) mod list;
pub(super) mod show;
