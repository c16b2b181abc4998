//! What a user has of a data set, in whatever layout: which files of it are pairs, what is missing, what is no picture.

mod extra;
mod gather;
mod group;
mod id;
mod listing;
mod pairs;
mod recognition;

pub use listing::PairProblem;
pub(super) use listing::{Listing, list, told};
pub use recognition::{Ignored, Recognised, Recognition};
