//! `ege-bench compare`: two runs side by side.

pub(super) mod command;
mod pairs;
mod side;
mod significance;
