//! How long a training step and a prediction take.

use std::time::Instant;

use burn::module::Module;
use burn::tensor::{Tensor, TensorData};

use super::any_learner::AnyLearner;
use super::evaluation::infer;
use super::learner::Part;
use super::workers::on_workers;
use super::{Compute, TrainError};
use crate::experiment::settings::{AdamWSettings, LossSettings, ModelSettings, OptimizerSettings, Precision};
use crate::model::Built;

/// What to measure.
#[derive(Clone, Debug)]
pub struct Measurement {
    /// The network.
    pub model: ModelSettings,
    /// Height and width of the images in pixels.
    pub size: usize,
    /// Images at once.
    pub batch: usize,
    /// Repetitions that count.
    pub repetitions: usize,
    /// Repetitions before those, which don't.
    pub warm_up: usize,
    /// In what a training step computes.
    pub precision: Precision,
}

/// Milliseconds of whole training steps: forward, loss over all outputs, backward and AdamW, on the same
/// batch each time.
///
/// # Errors
/// When the device's memory doesn't suffice.
pub fn training_steps(measurement: &Measurement, compute: Compute) -> Result<Vec<f64>, TrainError> {
    compute.within_memory(|| time_steps(measurement, compute))
}

fn time_steps(measurement: &Measurement, compute: Compute) -> Vec<f64> {
    let built = Built::new(&measurement.model, 42, &compute.training_device());
    let mut learner = AnyLearner::new(built, None, compute, measurement.precision);
    let part = learner.part(measurement.batch);
    let batches: Vec<_> =
        parts(measurement.batch, part).map(|count| batch(count, measurement.size)).collect();
    let loss = LossSettings::default();
    let settings = AdamWSettings::default();
    // Tensors share what they hold, so a step costs no copy of the batch, as none does in a training.
    let tensor = |data: TensorData| Tensor::from_data(data, learner.device());
    let batches: Vec<Part> =
        batches.into_iter().map(|(images, masks)| (tensor(images), tensor(masks))).collect();
    repeat(measurement, || {
        learner.step(batches.clone(), &loss, OptimizerSettings::Adamw(settings), settings.learning_rate);
        // The loss as a number, as each step of the authors' code has it.
        learner.take_losses();
    })
}

/// Milliseconds of predictions, from pixels in memory to logits in memory.
///
/// # Errors
/// When the device's memory doesn't suffice.
pub fn predictions(measurement: &Measurement, compute: Compute) -> Result<Vec<f64>, TrainError> {
    compute.within_memory(|| time_predictions(measurement, compute))
}

fn time_predictions(measurement: &Measurement, compute: Compute) -> Vec<f64> {
    let device = compute.device();
    let network = Built::new(&measurement.model, 42, &device).network.valid();
    let (images, _) = batch(measurement.batch, measurement.size);
    let images = Tensor::from_data(images, &device);
    repeat(measurement, || {
        let images = images.clone();
        let forward = || network.forward(images).output.into_data();
        let logits = match compute {
            Compute::Cpu => on_workers(forward),
            Compute::Libtorch(_) => infer(compute, forward),
        };
        assert!(!logits.bytes().is_empty(), "a prediction has pixels");
    })
}

fn repeat(measurement: &Measurement, mut work: impl FnMut()) -> Vec<f64> {
    let timed = (0..measurement.warm_up + measurement.repetitions).map(|_| {
        let began = Instant::now();
        work();
        began.elapsed().as_secs_f64() * 1e3
    });
    timed.skip(measurement.warm_up).collect()
}

/// Sizes of a batch's parts.
fn parts(batch: usize, part: usize) -> impl Iterator<Item = usize> {
    (0..batch).step_by(part).map(move |first| part.min(batch - first))
}

/// Images of waves in 0..255 with discs as masks: what they show doesn't change what they cost.
pub(super) fn batch(count: usize, size: usize) -> (TensorData, TensorData) {
    let images: Vec<f32> =
        (0..count * 3 * size * size).map(|i| 127.5 + 127.5 * (0.37 * i as f32).sin()).collect();
    let disc = |pixel: usize| {
        let (y, x) = ((pixel / size % size) as f32, (pixel % size) as f32);
        let half = size as f32 / 2.0;
        f32::from(u8::from((y - half).hypot(x - half) < 0.3 * size as f32))
    };
    let masks: Vec<f32> = (0..count * size * size).map(disc).collect();
    (TensorData::new(images, [count, 3, size, size]), TensorData::new(masks, [count, 1, size, size]))
}
