//! One file with every image and mask of a data set at one size, checked when opened and mapped into memory.

mod format;
mod map;
mod read;
mod write;

pub use read::{Cache, open};

pub(super) use format::{Record, path};
pub(super) use write::{Source, Writer};
