//! From pairs of files to a cache: decoded, checked, resized, written; in bounded memory, on all threads, and from where
//! a killed command stopped.

mod budget;
mod in_order;
mod journal;
mod pair;
mod unfinished;
mod write;

pub(super) use pair::Checked;
pub use unfinished::Leftover;
pub(super) use unfinished::leftovers;
pub(super) use write::{Order, records, write};
