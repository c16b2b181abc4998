//! A folder of the user's own images, named by an experiment: the same checks, cache and hashes as a data set of
//! `datasets.lock`, and a split of its own.

mod listing;
mod open;
mod split;

pub(super) use open::{DATASET, MEND};
pub use open::{cache_path, is_due, open, prepare};
