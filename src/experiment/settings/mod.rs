//! What a run means: validated settings in which nothing is left open.
//!
//! These values are what a run's fingerprint is taken of, so every field here can change a result, and
//! nothing that can't (names, descriptions, paths) stands here.

mod data;
mod folder;
mod model;
mod split_name;
mod train;

pub use data::{DataSettings, DataSource, LARGEST_SIZE, Resize, SIZE_STEP, is_size, nearest_size};
pub use folder::{FolderSource, FolderSplit};
pub use model::{Axis, Baseline, EgeUnetSettings, ModelSettings, TensorInit, Tensors};
pub use split_name::{Fold, NoFold, SplitBase, SplitName};
pub use train::{
    AdamWSettings, AugmentSettings, BceForm, LastBatch, LossMask, LossSettings, Normalization,
    OptimizerSettings, Precision, Protocol, Rotation, ScheduleSettings, Selection, TrainSettings,
};

use serde::{Deserialize, Serialize};

/// Everything that decides the outcome of a run, except its seed and the bytes of its data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Settings {
    /// The images, and which of them train, select and report.
    pub data: DataSettings,
    /// The network.
    pub model: ModelSettings,
    /// How the network is trained.
    pub train: TrainSettings,
}
