//! `ege-bench data`: data sets and what is prepared of them.

pub(super) mod args;
pub(super) mod import;
pub(super) mod leaks;
pub(super) mod list;
pub(super) mod split;
pub(super) mod status;
