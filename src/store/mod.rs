//! Run folders: what a run was, what it said on the way, and the counts that it left.
//!
//! Everything below `results/` is written through [`atomic`], whole files, or [`lines`], line by line.

pub mod archive;
pub mod atomic;
mod best;
pub mod checkpoint;
mod counts;
#[doc(hidden)]
pub mod disk;
mod error;
mod events;
mod files;
mod folder;
mod format;
mod gallery;
mod lease;
pub mod lines;
mod lock;
mod noise;
mod record;
mod registry;
mod removal;
mod results;
mod signs;
mod tensorboard;

pub use error::{StoreError, io_hint};
pub use files::{CORE_FILES, FileKind, RunFile};
pub use folder::{DIVERGED, RunFolder, Standing};
pub use format::FORMAT;
pub use gallery::GalleryEntry;
pub use lease::{BEAT, Holder, STALE};
pub use lock::RunLock;
pub use noise::{MeasuredWith, NoiseFloor, NoiseSpread};
pub use record::{
    CountsRow, EncoderFile, EpochEvent, ImagesOrigin, ModelCost, Provenance, RunRecord, RunState, Weights,
};
pub use registry::{RegisteredTolerance, Registration};
pub use results::Results;
pub use signs::{Signs, Stamp};
pub use tensorboard::ScalarWriter;
