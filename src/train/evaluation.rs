//! Prediction and counting.

use std::convert::Infallible;
use std::time::Duration;

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;

use super::ahead::ahead;
use super::input::Input;
use super::loss::image_losses;
use super::workers::on_workers;
use super::{Compute, ImageCounts, TrainError};
use crate::dataset::{Batch, Batches, Images};
use crate::experiment::settings::{LossSettings, Settings};
use crate::kernel::libtorch::{Libtorch, ResidentBatch, Tally};
use crate::kernel::{kernels, with_kernels};
use crate::metric::{Boundary, Counts, Score};
use crate::model::state::values;
use crate::model::weights::from_safetensors;
use crate::model::{Built, Network, Prediction};

/// Images that are made ready at once.
const BATCH: usize = 8;

/// Images that are predicted together, each such part on a thread of its own; a constant, so that a result
/// can't depend on the batch size of the training.
const PART: usize = 4;

/// What an evaluation is for, which decides what is computed.
#[derive(Clone, Copy)]
pub(super) enum Purpose<'a> {
    /// Choosing an epoch: losses and counts.
    Selection(&'a LossSettings),
    /// Telling how good weights are: counts and distances of borders, no losses.
    Report,
}

/// What every image is judged by, in the order of `indices`.
#[derive(Default)]
pub(super) struct Evaluation {
    /// Empty for [`Purpose::Report`].
    pub losses: Vec<f64>,
    /// Without distances for [`Purpose::Selection`].
    pub scores: Vec<Score>,
    /// The time for which it waited for images.
    pub input: Duration,
}

impl Evaluation {
    /// The mean loss.
    pub fn mean_loss(&self) -> f64 {
        self.losses.iter().sum::<f64>() / self.losses.len().max(1) as f64
    }

    /// The counts of all images together.
    pub fn total(&self) -> Counts {
        self.scores.iter().map(|score| score.counts).sum()
    }
}

/// Where an evaluation happens, and where its images are.
pub(super) struct Place<'a> {
    pub compute: Compute,
    pub input: &'a Input,
}

impl Place<'_> {
    /// A device that is handed its images batch by batch.
    pub fn host(compute: Compute) -> Self {
        Self { compute, input: &Input::Host }
    }
}

/// Runs `work`, which wants no gradients, on the device.
pub(super) fn infer<T>(compute: Compute, work: impl FnOnce() -> T) -> T {
    match compute.library() {
        Some(library) => library.infer(work),
        None => work(),
    }
}

/// Predicts and judges the images at `indices`.
pub(super) fn evaluate(
    built: &Built,
    batches: &Batches,
    indices: &[usize],
    purpose: Purpose<'_>,
    place: &Place<'_>,
) -> Evaluation {
    let network = built.network.valid();
    let device = &place.compute.device();
    match (place.compute, purpose) {
        (Compute::Cpu, _) => {}
        (Compute::Libtorch(library), Purpose::Selection(loss)) if place.input.gathers() => {
            return library.infer(|| tally(&network, batches, indices, loss, place.input));
        }
        (Compute::Libtorch(library), Purpose::Selection(loss)) => {
            return library.infer(|| tally_sent(&network, batches, indices, loss, library));
        }
        (Compute::Libtorch(library), _) => {
            return library.infer(|| judge_in_turn(&network, batches, indices, purpose, device));
        }
    }
    let mut evaluation = Evaluation::default();
    let chunks: Vec<Vec<usize>> = indices.chunks(BATCH).map(<[usize]>::to_vec).collect();
    let make = |indices: &[usize]| -> Vec<Batch> {
        indices.chunks(PART).map(|indices| batches.evaluation(indices)).collect()
    };
    let kernels = kernels();
    let Ok(_) = ahead::<_, Infallible>(&chunks, make, |_, parts, waited| {
        evaluation.input += waited;
        let judged: Vec<Evaluation> = on_workers(|| {
            let work = parts.into_par_iter().with_max_len(1);
            work.map(|part| with_kernels(kernels, || judge(&network, part, purpose, device))).collect()
        });
        for part in judged {
            evaluation.losses.extend(part.losses);
            evaluation.scores.extend(part.scores);
        }
        Ok(true)
    });
    evaluation
}

/// Judges images that stay on the device; nothing waits for it until all are judged.
fn tally(
    network: &Network,
    batches: &Batches,
    indices: &[usize],
    loss: &LossSettings,
    input: &Input,
) -> Evaluation {
    let mut tally = Tally::default();
    for indices in indices.chunks(BATCH) {
        add(&mut tally, network, &input.gather(batches.evaluation_recipes(indices)), loss);
    }
    read(tally)
}

/// Judges images that are sent to the device while it judges those before them; nothing waits for it until all are judged.
fn tally_sent(
    network: &Network,
    batches: &Batches,
    indices: &[usize],
    loss: &LossSettings,
    library: Libtorch,
) -> Evaluation {
    let mut tally = Tally::default();
    let mut input = Duration::ZERO;
    let chunks: Vec<Vec<usize>> = indices.chunks(BATCH).map(<[usize]>::to_vec).collect();
    let make = |indices: &[usize]| {
        let Batch { images, masks, truth, size, .. } = batches.evaluation(indices);
        library.send_batch(&images, &masks, &truth, [indices.len(), size])
    };
    let Ok(_) = ahead::<_, Infallible>(&chunks, make, |_, sent, waited| {
        input += waited;
        add(&mut tally, network, &sent.arrive(), loss);
        Ok(true)
    });
    Evaluation { input, ..read(tally) }
}

/// Judges a batch on the device.
fn add(tally: &mut Tally, network: &Network, batch: &ResidentBatch, loss: &LossSettings) {
    let prediction = network.forward(batch.images.clone());
    let logits = prediction.output.clone();
    tally.add(batch, logits, least_lesion(), image_losses(prediction, &batch.masks, loss));
}

/// What was judged on the device; waits for it.
fn read(tally: Tally) -> Evaluation {
    let mut evaluation = Evaluation::default();
    for ([tp, fp, fn_, tn], loss) in tally.read() {
        evaluation.scores.push(Score { counts: Counts { tp, fp, fn_, tn }, boundary: None });
        evaluation.losses.push(f64::from(loss));
    }
    evaluation
}

/// Judges batches that are made beside, each by all threads together.
fn judge_in_turn(
    network: &Network,
    batches: &Batches,
    indices: &[usize],
    purpose: Purpose<'_>,
    device: &Device,
) -> Evaluation {
    let mut evaluation = Evaluation::default();
    let chunks: Vec<Vec<usize>> = indices.chunks(BATCH).map(<[usize]>::to_vec).collect();
    let make = |indices: &[usize]| batches.evaluation(indices);
    let Ok(_) = ahead::<_, Infallible>(&chunks, make, |_, batch, waited| {
        let judged = judge(network, batch, purpose, device);
        evaluation.input += waited;
        evaluation.losses.extend(judged.losses);
        evaluation.scores.extend(judged.scores);
        Ok(true)
    });
    evaluation
}

/// Judges a few images.
fn judge(network: &Network, mut batch: Batch, purpose: Purpose<'_>, device: &Device) -> Evaluation {
    let (images, masks) = tensors(&mut batch, device);
    let prediction = network.forward(images);
    let pixels = batch.size * batch.size;
    let lesion = lesions(&prediction);
    let pairs = lesion.chunks(pixels).zip(batch.truth.chunks(pixels));
    let score = |(lesion, truth): (&[bool], &[bool])| Score {
        counts: Counts::of(lesion.iter().copied(), truth.iter().copied()),
        boundary: matches!(purpose, Purpose::Report).then(|| Boundary::between(lesion, truth, batch.size)),
    };
    let scores = pairs.map(score).collect();
    let losses = match purpose {
        Purpose::Selection(loss) => values(image_losses(prediction, &masks, loss)),
        Purpose::Report => Vec::new(),
    };
    Evaluation { losses: losses.into_iter().map(f64::from).collect(), scores, input: Duration::ZERO }
}

/// Lesion or not, pixel by pixel, for the images at `indices` under `weights`, a safetensors file.
///
/// # Errors
/// When the weights don't fit the network, or the device's memory doesn't suffice.
pub fn predict(
    settings: &Settings,
    weights: &[u8],
    images: &dyn Images,
    train: &[usize],
    indices: &[usize],
    compute: Compute,
) -> Result<Vec<Vec<bool>>, TrainError> {
    compute.within_memory(|| {
        let device = compute.device();
        let built = load(settings, weights, &device)?;
        let batches = Batches::new(images, train.to_vec(), &settings.train, 0);
        let mut masks = Vec::with_capacity(indices.len());
        for indices in indices.chunks(BATCH) {
            let mut batch = batches.evaluation(indices);
            let lesions = infer(compute, || lesions(&built.network.forward(tensors(&mut batch, &device).0)));
            masks.extend(lesions.chunks(batch.size * batch.size).map(<[bool]>::to_vec));
        }
        Ok(masks)
    })?
}

/// The network of `settings` with the weights of a safetensors file.
pub(super) fn load(settings: &Settings, weights: &[u8], device: &Device) -> Result<Built, TrainError> {
    let (state, _) = from_safetensors(weights).map_err(|error| TrainError::Weights(error.to_string()))?;
    let built = Built::new(&settings.model, 0, device);
    built.with_state(&state).map_err(|error| TrainError::Weights(error.to_string()))
}

/// A batch on a device: images and masks for the loss, taken out of the batch.
pub(super) fn tensors(batch: &mut Batch, device: &Device) -> (Tensor<4>, Tensor<4>) {
    let (count, size) = (batch.indices.len(), batch.size);
    let images = TensorData::new(std::mem::take(&mut batch.images), [count, 3, size, size]);
    let masks = TensorData::new(std::mem::take(&mut batch.masks), [count, 1, size, size]);
    (Tensor::from_data(images, device), Tensor::from_data(masks, device))
}

/// Probability at least one half, as the authors' code thresholds.
fn lesions(prediction: &Prediction) -> Vec<bool> {
    values(prediction.output.clone()).into_iter().map(at_least_half).collect()
}

/// True if the sigmoid of a logit is at least one half in single precision, which it is just below 0 too.
fn at_least_half(logit: f32) -> bool {
    logit >= 0.0 || (logit > -1e-6 && 1.0 / (1.0 + (-logit).exp()) >= 0.5)
}

/// The smallest logit that is [`at_least_half`].
fn least_lesion() -> f32 {
    // Above -0.0, floats of the same sign are in the order of their bits: the larger, the further from 0.
    let mut bits = (-0.0_f32).to_bits()..=(-1e-6_f32).to_bits();
    while bits.start() < bits.end() {
        let middle = bits.start() + (bits.end() - bits.start()).div_ceil(2);
        if at_least_half(f32::from_bits(middle)) {
            bits = middle..=*bits.end();
        } else {
            bits = *bits.start()..=middle - 1;
        }
    }
    f32::from_bits(*bits.start())
}

/// Scores with the ids of their images.
pub(super) fn named(images: &dyn Images, indices: &[usize], scores: Vec<Score>) -> Vec<ImageCounts> {
    let ids = images.ids();
    indices
        .iter()
        .zip(scores)
        .map(|(&index, Score { counts, boundary })| ImageCounts {
            image: ids[index].clone(),
            counts,
            boundary,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{at_least_half, least_lesion};

    #[test]
    fn the_least_lesion_is_the_first_logit_of_one_half() {
        let least = least_lesion();
        assert!(least < 0.0 && at_least_half(least));
        let below = f32::from_bits(least.to_bits() + 1);
        assert!(below < least && !at_least_half(below));
    }

    #[test]
    fn the_threshold_is_that_of_the_sigmoid() {
        for logit in [-3.0, -1e-3, -1e-6, -3e-7, -1e-7, -1e-8, 0.0, 1e-9, 2.0, f32::NAN] {
            assert_eq!(at_least_half(logit), 1.0 / (1.0 + (-logit).exp()) >= 0.5, "{logit}");
        }
    }
}
