//! The seam between the executor and what trains networks.

use crate::dataset::Images;
use crate::experiment::settings::{ModelSettings, Settings};
use crate::store::ModelCost;
use crate::train::{Arithmetic, Host, Job, Outcome, TrainError};

/// Something that trains networks.
pub trait Trainer {
    /// Device class, such as `cpu`; it enters a run's id, so results of two classes never mix.
    fn device(&self) -> &str;

    /// True where the same run gives the same bits each time; else it can only be measured how far apart
    /// executions of one seed land.
    fn promises_bits(&self) -> bool;

    /// With which code its numbers are computed.
    fn arithmetic(&self) -> Arithmetic;

    /// Threads of a training step.
    fn threads(&self) -> usize;

    /// The very device, such as one of several graphics cards; empty for the processor, which is known otherwise.
    fn place(&self) -> String;

    /// Trains from the host's checkpoint, or from the beginning, to the end or to a request to stop.
    ///
    /// # Errors
    /// When the loss is not finite, a checkpoint doesn't fit, or the host fails.
    fn train(&self, job: &Job<'_>, host: &mut dyn Host) -> Result<Outcome, TrainError>;

    /// Predicts masks of shape `[height, width]` for the images at the positions `indices`; those at `train`
    /// are the ones that trained, whose pixels a normalisation may ask for.
    ///
    /// # Errors
    /// When the weights, a safetensors file, don't fit the network.
    fn predict(
        &self,
        settings: &Settings,
        weights: &[u8],
        images: &dyn Images,
        train: &[usize],
        indices: &[usize],
    ) -> Result<Vec<Vec<bool>>, TrainError>;

    /// What the network costs for one image of `size` pixels in height and width.
    fn cost(&self, model: &ModelSettings, size: usize) -> ModelCost;
}
