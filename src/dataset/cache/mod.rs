//! One file with every image and mask of a data set at one size, checked when opened and mapped into memory.

mod format;
mod map;
mod read;
mod write;

pub use read::{Cache, glance, open};

pub(super) use format::Record;
pub use format::path;
pub(super) use read::{Wanted, look};
pub(super) use write::{Layout, Source, seal};
