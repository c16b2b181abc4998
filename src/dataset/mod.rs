//! Images and masks: where they come from, how they are checked, and the batches made of them. Arrays only.

mod archive;
mod atomic;
mod augment;
mod batch;
mod cache;
mod decode;
mod derived;
mod digest;
mod entry;
mod error;
pub mod evidence;
pub mod folder;
pub mod held_out;
mod id_lists;
mod images;
mod import;
mod inventory;
mod leaks;
pub mod lock;
pub mod lock_edit;
mod normalize;
mod official;
pub mod own_lists;
mod pair_folder;
pub mod picture;
mod preparation;
mod prepare;
pub mod probe;
mod published;
mod resize;
mod rotate;
mod side_by_side;
mod source;
mod split;
pub mod synthetic;
mod twins;

pub use augment::{Arranged, Draws, common_angle};
pub use batch::{Batch, Batches, LESION_FROM, Recipe};
pub use cache::{Cache, glance, open, path as cache_path};
pub use error::{DatasetError, DatasetErrorKind};
pub use images::{Images, Origin};
pub use import::{ImportReport, SourceCopy, SplitCoverage, import, import_from};
pub use inventory::{Prepared, bytes, prepared, remove, unfinished};
pub use leaks::{Leak, Place, leaks, write_list};
pub use lock::NearDuplicate;
pub use pair_folder::{PairFolder, pictures};
pub use preparation::Preparation;
pub use prepare::Leftover;
pub use rotate::{OUTSIDE, Turn};
pub use side_by_side::write_side_by_side;
pub use source::{Ignored, PairProblem, Recognised, Recognition};
pub use split::{Split, known_ids, split, split_in};
pub use twins::{Lay, Twin, twins};

/// Height and width of the paper's images in pixels.
pub const DEFAULT_SIZE: usize = 256;

pub use crate::experiment::settings::{LARGEST_SIZE, nearest_size};
