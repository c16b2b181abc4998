//! The seam between a training and the place where it runs.

use serde::{Deserialize, Serialize};

use super::encoder::EncoderWeights;
use crate::dataset::{Images, Split};
use crate::experiment::settings::Settings;
use crate::metric::{Boundary, Counts, Score};

/// A training that is asked for.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    /// What to do.
    pub settings: &'a Settings,
    /// The seed from which every random draw derives.
    pub seed: u64,
    /// The images, at the size that the settings name.
    pub images: &'a dyn Images,
    /// Which images train, select and report; every id is in `images`.
    pub split: &'a Split,
    /// From what the network's encoder starts.
    pub encoder: &'a EncoderWeights,
}

/// What went wrong at the place where a training runs, such as a full disk.
pub type HostError = Box<dyn std::error::Error + Send + Sync>;

/// The place where a training runs: it keeps checkpoints, listens to progress and may ask to stop.
pub trait Host {
    /// The last checkpoint, if there is one.
    ///
    /// # Errors
    /// When it exists but can't be read.
    fn load_checkpoint(&mut self) -> Result<Option<Vec<u8>>, HostError>;

    /// Replaces the checkpoint, all or nothing.
    ///
    /// # Errors
    /// When it can't be written.
    fn save_checkpoint(&mut self, checkpoint: &[u8]) -> Result<(), HostError>;

    /// Replaces the best weights, a safetensors file, all or nothing.
    ///
    /// # Errors
    /// When they can't be written.
    fn save_best(&mut self, weights: &[u8]) -> Result<(), HostError>;

    /// The best weights as last saved.
    ///
    /// # Errors
    /// When there are none or they can't be read.
    fn load_best(&mut self) -> Result<Vec<u8>, HostError>;

    /// Keeps the state that a step was taken from whose loss is no finite number, in the form of a checkpoint, for
    /// those who look into it; no training goes on from it.
    ///
    /// # Errors
    /// When it can't be written.
    fn keep_diverged(&mut self, state: &[u8]) -> Result<(), HostError>;

    /// Hears of a finished training step.
    fn batch(&mut self, progress: BatchProgress);

    /// Hears of a finished epoch; called before the epoch's checkpoint is saved, so an epoch may be told
    /// twice when a run dies between the two.
    ///
    /// # Errors
    /// When it can't be recorded.
    fn epoch(&mut self, summary: EpochSummary) -> Result<(), HostError>;

    /// True once the training should save a checkpoint and return.
    fn stop_requested(&self) -> bool;
}

/// Where a training stands after a step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct BatchProgress {
    /// The epoch, from 1.
    pub epoch: usize,
    /// Epochs in all.
    pub epochs: usize,
    /// Finished steps of this epoch.
    pub batch: usize,
    /// Steps an epoch.
    pub batches: usize,
    /// Images of this step.
    pub images: usize,
    /// Mean loss of the epoch's steps so far.
    pub loss: f64,
    /// Learning rate of the epoch.
    pub learning_rate: f64,
}

/// A finished epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EpochSummary {
    /// The epoch, from 1.
    pub epoch: usize,
    /// Learning rate of the epoch's steps.
    pub learning_rate: f64,
    /// Mean loss of the epoch's batches.
    pub train_loss: f64,
    /// Mean loss of the selection images.
    pub selection_loss: f64,
    /// Confusion matrix over all selection images.
    pub selection: Counts,
    /// True if this epoch's weights are the best so far.
    pub best: bool,
    /// Seconds of the epoch in this session, evaluation included.
    pub seconds: f64,
    /// Seconds of these for which a step or an evaluation waited for its images.
    pub input_seconds: f64,
    /// Training images a second, evaluation not included.
    pub images_per_second: f64,
}

/// How a training returned.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// All epochs are done and the reported images are counted.
    Done(Finished),
    /// It was asked to stop and saved a checkpoint.
    Interrupted {
        /// Epochs that are complete.
        epochs_done: usize,
    },
}

/// What a finished training leaves.
#[derive(Clone, Debug, PartialEq)]
pub struct Finished {
    /// The epoch (from 1) whose weights were selected.
    pub best_epoch: usize,
    /// Seconds of training and evaluation, over all sessions.
    pub seconds: f64,
    /// The reported images under the best weights, in the split's order.
    pub best: Vec<ImageCounts>,
    /// The reported images under the last weights, in the split's order.
    pub last: Vec<ImageCounts>,
}

/// What a named image is judged by.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageCounts {
    /// The image's id.
    pub image: String,
    /// Its confusion matrix.
    pub counts: Counts,
    /// How far its borders are apart; none where nobody measured.
    pub boundary: Option<Boundary>,
}

impl From<&ImageCounts> for Score {
    fn from(image: &ImageCounts) -> Self {
        Self { counts: image.counts, boundary: image.boundary }
    }
}

/// Why a training failed.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The loss of training or selection images is not a finite number.
    #[error("loss is {loss} in epoch {epoch}, after batch {batch} (images {})", some(images))]
    Diverged {
        /// The epoch, from 1.
        epoch: usize,
        /// The batch, from 1; the epoch's last where selection images have the loss.
        batch: usize,
        /// The loss.
        loss: f64,
        /// Ids of the batch's images, or of the selection images.
        images: Vec<String>,
    },
    /// A checkpoint or weights file doesn't fit the network, or is damaged.
    #[error("{0}")]
    Weights(String),
    /// The device's memory doesn't suffice.
    #[error("the memory of `{device}` doesn't suffice: {words}")]
    Memory {
        /// The device.
        device: String,
        /// What it said.
        words: String,
    },
    /// The device doesn't compute in mixed precision.
    #[error("`{device}` doesn't compute in bf16")]
    Precision {
        /// The device.
        device: String,
    },
    /// The place where the training runs failed.
    #[error(transparent)]
    Host(#[from] HostError),
}

/// The first few of many names.
fn some(names: &[String]) -> String {
    const SHOWN: usize = 8;
    let more = names.len().saturating_sub(SHOWN);
    let shown = names[..names.len() - more].join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

/// The [kind](TrainError::kind) of a lack of memory.
pub const MEMORY: &str = "memory";

impl TrainError {
    /// A word for the kind of error, as `run.json` keeps it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Diverged { .. } => "diverged",
            Self::Weights(_) => "weights",
            Self::Memory { .. } => MEMORY,
            Self::Precision { .. } => "precision",
            Self::Host(_) => "host",
        }
    }
}
