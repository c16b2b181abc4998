//! A network with given weights, to predict and to be judged.

use std::path::Path;

use burn::module::Module;
use burn::tensor::{Tensor, TensorData};

use super::evaluation::{Place, Purpose, evaluate, infer, named};
use super::{Compute, ImageCounts, TrainError};
use crate::dataset::{Batches, Images};
use crate::experiment::settings::{ModelSettings, TrainSettings};
use crate::model::state::values;
use crate::model::{Built, weights};

/// A network with given weights.
pub struct Predictor {
    built: Built,
    compute: Compute,
}

impl Predictor {
    /// The network with the weights of a file, ours or the original code's.
    ///
    /// # Errors
    /// When the file can't be read, or its tensors don't fit the network: all that are missing, left over or of
    /// another shape are listed.
    pub fn load(model: &ModelSettings, file: &Path, compute: Compute) -> Result<Self, TrainError> {
        let state = weights::read(file).map_err(|error| TrainError::Weights(error.to_string()))?;
        let built = Built::new(model, 0, &compute.device());
        let built = built
            .with_state(&state)
            .map_err(|error| TrainError::Weights(format!("{}: {error}", file.display())))?;
        Ok(Self { built, compute })
    }

    /// Counts and distances of the images at `indices`, prepared as the training settings say; `train` are the training images,
    /// by whose moments some of them normalise.
    ///
    /// # Errors
    /// When the device's memory doesn't suffice.
    pub fn evaluate(
        &self,
        images: &dyn Images,
        settings: &TrainSettings,
        train: &[usize],
        indices: &[usize],
    ) -> Result<Vec<ImageCounts>, TrainError> {
        let batches = Batches::new(images, train.to_vec(), settings, 0);
        let place = Place::host(self.compute);
        let evaluation = self
            .compute
            .within_memory(|| evaluate(&self.built, &batches, indices, Purpose::Report, &place))?;
        Ok(named(images, indices, evaluation.scores))
    }

    /// The logit of each pixel of one image, stretched to 0..255 by its own extremes as in training.
    ///
    /// # Shapes
    /// - `rgb`: `[size, size, 3]` bytes
    /// - output: `[size, size]`
    ///
    /// # Errors
    /// When the device's memory doesn't suffice.
    pub fn logits(&self, rgb: &[u8], size: usize) -> Result<Vec<f32>, TrainError> {
        let low = rgb.iter().copied().min().unwrap_or(0);
        let high = rgb.iter().copied().max().unwrap_or(0);
        let range = if high > low { f64::from(high) - f64::from(low) } else { 1.0 };
        let stretch = |byte: u8| ((f64::from(byte) - f64::from(low)) / range * 255.0) as f32;
        let channel = |channel: usize| rgb.iter().skip(channel).step_by(3).map(|&byte| stretch(byte));
        let image: Vec<f32> = (0..3).flat_map(channel).collect();
        self.compute.within_memory(|| {
            let device = self.compute.device();
            let image = Tensor::from_data(TensorData::new(image, [1, 3, size, size]), &device);
            infer(self.compute, || values(self.built.network.valid().forward(image).output))
        })
    }
}
