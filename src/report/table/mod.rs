//! Every table of the report, as a typed frame and as what is shown of it.

mod audit;
mod closest;
mod comparison;
mod conventions;
mod definitions;
mod deviations;
mod differences;
mod efficiency;
mod epochs;
mod format;
mod images;
mod leaks;
mod paper;
mod provenance;
mod runs;
mod shown;
mod speed;
mod tables;
mod tolerances;
mod verdicts;

pub(super) use format::signed;
#[cfg(test)]
pub(super) use shown::Show;
pub(super) use shown::{Shown, Table};
pub(super) use tables::Tables;
