//! Run folders: what a run was, what it said on the way, and the counts that it left.
//!
//! Everything below `results/` is written through [`atomic`], whole files, or [`lines`], line by line.

pub mod atomic;
mod best;
pub mod checkpoint;
mod counts;
#[doc(hidden)]
pub mod disk;
mod error;
mod events;
mod folder;
mod format;
mod gallery;
pub mod lines;
mod lock;
mod record;
mod results;

pub use error::{StoreError, io_hint};
pub use folder::RunFolder;
pub use format::FORMAT;
pub use gallery::GalleryEntry;
pub use lock::RunLock;
pub use record::{
    CountsRow, EncoderFile, EpochEvent, ImagesOrigin, ModelCost, Provenance, RunRecord, RunState, Weights,
};
pub use results::Results;
