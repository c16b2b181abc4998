//! A folder of the user's own images, named by an experiment: the same checks, cache and hashes as a data set of
//! `datasets.lock`, and a split of its own.

mod check;
mod listing;
mod open;
mod place;
mod split;

pub use check::{check, place};
pub(super) use open::DATASET;
pub use open::{cache_path, is_due, open, prepare};
pub(super) use place::{MEND, Place};
