//! Every table of the report, as a typed frame and as what is shown of it.

mod comparison;
mod definitions;
mod deviations;
mod efficiency;
mod epochs;
mod format;
mod images;
mod other_networks;
mod paper;
mod provenance;
mod runs;
mod shown;
mod tables;

pub(super) use format::{count, signed};
#[cfg(test)]
pub(super) use shown::Show;
pub(super) use shown::{Shown, Table};
pub(super) use tables::Tables;
