//! Experiment files: as typed, as meant, and the runs that follow from them.

pub mod plan;
pub mod settings;
