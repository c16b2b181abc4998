//! A trainer that trains nothing: deterministic losses and masks in milliseconds, for tests of everything around it.
//!
//! Its device class is `fake`, which enters run ids and provenance, so no number of it can be taken for real. With
//! noise it stands for a device whose executions of one seed differ, and its class is `fake-noisy`.

use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};

use super::trainer::Trainer;
use crate::dataset::Images;
use crate::experiment::settings::{ModelSettings, Settings};
use crate::metric::{Boundary, Counts};
use crate::random;
use crate::store::ModelCost;
use crate::train::{
    Arithmetic, BatchProgress, EpochSummary, Finished, Host, ImageCounts, Job, Outcome, TrainError,
};

/// The fake trainer, with faults on request.
#[derive(Clone, Debug, Default)]
pub struct FakeTrainer {
    /// How long an epoch takes.
    pub epoch_time: Duration,
    /// The run of this seed diverges in its second epoch.
    pub diverging_seed: Option<u64>,
    /// The selection loss of the second epoch is no number: what a trainer should never tell.
    pub nan_selection: bool,
    /// The run of this seed panics in its second epoch: a bug to try the panic message with.
    pub panicking_seed: Option<u64>,
    /// The run of this seed finds too little memory in its second epoch, unless it went on from a checkpoint.
    pub crowded_seed: Option<u64>,
    /// By how much losses and weights of two executions may differ, and the share of pixels that a prediction changes
    /// at random; 0 for a device that repeats.
    pub noise: f64,
    /// The name of the device that it stands for.
    pub place: String,
}

/// What a fake training knows after an epoch. The chain hashes every epoch into the next, so a resume that
/// lost or repeated an epoch ends with other counts.
#[derive(Clone, Serialize, Deserialize)]
struct State {
    epoch: usize,
    chain: u64,
    best_epoch: usize,
    /// None before the first epoch: JSON has no infinity.
    best_loss: Option<f64>,
    seconds: f64,
}

/// Weights from which the chain can be read again: a tensor of a few numbers, and the chain in words.
struct FakeWeights {
    chain: u64,
    values: Vec<f32>,
}

impl FakeWeights {
    const TENSOR: &'static str = "fake.weight";
    const VALUES: usize = 8;
    const CHAIN: &'static str = "chain";

    fn bytes(&self) -> Result<Vec<u8>, TrainError> {
        let bytes: Vec<u8> = self.values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let view = TensorView::new(Dtype::F32, vec![self.values.len()], &bytes).map_err(unfit)?;
        let words = HashMap::from([(Self::CHAIN.to_owned(), self.chain.to_string())]);
        safetensors::serialize([(Self::TENSOR, view)], Some(words)).map_err(unfit)
    }

    /// The chain of weights that [`bytes`](Self::bytes) wrote.
    fn chain(bytes: &[u8]) -> Result<u64, TrainError> {
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(unfit)?;
        let word = header.metadata().as_ref().and_then(|words| words.get(Self::CHAIN));
        word.and_then(|word| word.parse().ok()).ok_or_else(|| unfit("not weights of the fake trainer"))
    }
}

impl Trainer for FakeTrainer {
    fn device(&self) -> &'static str {
        if self.promises_bits() { Self::DEVICE } else { Self::NOISY_DEVICE }
    }

    fn promises_bits(&self) -> bool {
        self.noise <= 0.0
    }

    fn arithmetic(&self) -> Arithmetic {
        Arithmetic { kernels: Self::DEVICE.to_owned(), instruction_set: Self::DEVICE.to_owned() }
    }

    fn threads(&self) -> usize {
        1
    }

    fn place(&self) -> String {
        self.place.clone()
    }

    fn train(&self, job: &Job<'_>, host: &mut dyn Host) -> Result<Outcome, TrainError> {
        let mut state = match host.load_checkpoint()? {
            Some(bytes) => parse(&bytes)?,
            None => State { epoch: 0, chain: 0, best_epoch: 0, best_loss: None, seconds: 0.0 },
        };
        let epochs = job.settings.train.epochs;
        let crowded = self.crowded_seed == Some(job.seed) && state.epoch == 0;
        while state.epoch < epochs {
            if crowded && state.epoch == 1 {
                let words = "the fake trainer was asked to find none".to_owned();
                return Err(TrainError::Memory { device: self.place.clone(), words });
            }
            if !self.epoch(job, host, &mut state)? {
                host.save_checkpoint(&text(&state)?)?;
                return Ok(Outcome::Interrupted { epochs_done: state.epoch });
            }
            host.save_checkpoint(&text(&state)?)?;
        }
        let best = FakeWeights::chain(&host.load_best()?)?;
        Ok(Outcome::Done(Finished {
            best_epoch: state.best_epoch,
            seconds: state.seconds,
            best: self.reported(job, best),
            last: self.reported(job, state.chain),
        }))
    }

    fn predict(
        &self,
        _settings: &Settings,
        weights: &[u8],
        images: &dyn Images,
        _train: &[usize],
        indices: &[usize],
    ) -> Result<Vec<Vec<bool>>, TrainError> {
        let chain = FakeWeights::chain(weights)?;
        Ok(indices.iter().map(|&index| self.prediction(images, index, chain)).collect())
    }

    fn cost(&self, _model: &ModelSettings, _size: usize) -> ModelCost {
        ModelCost::default()
    }
}

impl FakeTrainer {
    /// The device class that tells its runs from real ones.
    pub const DEVICE: &'static str = "fake";

    /// The device class of a trainer with noise.
    pub const NOISY_DEVICE: &'static str = "fake-noisy";

    /// True for the device classes of a fake.
    pub fn is_fake(device: &str) -> bool {
        [Self::DEVICE, Self::NOISY_DEVICE].contains(&device)
    }

    /// The value, moved by up to the noise, another way each time.
    fn moved(&self, value: f64) -> f64 {
        if self.promises_bits() {
            return value;
        }
        value + self.noise * random::stream(unrepeatable(), "fake-noise", 0, "").unit()
    }

    /// An epoch; false where it was asked to stop, with the state as before.
    fn epoch(&self, job: &Job<'_>, host: &mut dyn Host, state: &mut State) -> Result<bool, TrainError> {
        let (train, epoch) = (&job.settings.train, state.epoch + 1);
        let batches = job.split.train.len().div_ceil(train.batch_size).max(1);
        let mut draws = random::stream(job.seed ^ state.chain, "fake-trainer", epoch as u64, "");
        let loss = self.moved(1.0 / epoch as f64 + 0.1 * draws.unit());
        for batch in 1..=batches {
            if host.stop_requested() {
                return Ok(false);
            }
            std::thread::sleep(self.epoch_time / batches as u32);
            host.batch(BatchProgress {
                epoch,
                epochs: train.epochs,
                batch,
                batches,
                images: train.batch_size.min(job.split.train.len() - (batch - 1) * train.batch_size),
                loss,
                learning_rate: 1e-3,
            });
        }
        let panics = self.panicking_seed == Some(job.seed) && epoch == 2;
        assert!(!panics, "the fake trainer was asked to panic");
        if self.diverging_seed == Some(job.seed) && epoch == 2 {
            let images = job.split.train.iter().take(train.batch_size).cloned().collect();
            return Err(TrainError::Diverged { epoch, batch: 1, loss: f64::NAN, images });
        }
        state.epoch = epoch;
        state.chain = draws.below(u64::MAX);
        state.seconds += self.epoch_time.as_secs_f64();
        let noise = if self.nan_selection && epoch == 2 { f64::NAN } else { draws.unit() };
        let selection_loss = self.moved(loss + 0.1 * noise);
        let best = state.best_loss.is_none_or(|best_loss| selection_loss < best_loss);
        if best {
            (state.best_loss, state.best_epoch) = (Some(selection_loss), epoch);
            host.save_best(&self.weights(state.chain).bytes()?)?;
        }
        host.epoch(EpochSummary {
            epoch,
            learning_rate: 1e-3,
            train_loss: loss,
            selection_loss,
            selection: self.selected(job, state.chain),
            best,
            seconds: self.epoch_time.as_secs_f64(),
            input_seconds: 0.0,
            images_per_second: job.split.train.len() as f64 / self.epoch_time.as_secs_f64().max(1e-3),
        })?;
        Ok(true)
    }

    fn weights(&self, chain: u64) -> FakeWeights {
        let mut draws = random::stream(chain, "fake-weights", 0, "");
        let values = (0..FakeWeights::VALUES).map(|_| self.moved(draws.unit()) as f32).collect();
        FakeWeights { chain, values }
    }

    /// The counts of all selection images together.
    fn selected(&self, job: &Job<'_>, chain: u64) -> Counts {
        let positions = job.images.index();
        let count = |id: &String| {
            let index = positions[id.as_str()];
            Counts::of(self.prediction(job.images, index, chain), truth(job.images, index))
        };
        job.split.select.iter().map(count).sum()
    }

    /// What the reported images are judged by.
    fn reported(&self, job: &Job<'_>, chain: u64) -> Vec<ImageCounts> {
        let positions = job.images.index();
        let judge = |id: &String| {
            let index = positions[id.as_str()];
            let (predicted, truth) = (self.prediction(job.images, index, chain), truth(job.images, index));
            let boundary = Some(Boundary::between(&predicted, &truth, job.images.size()));
            ImageCounts { image: id.clone(), counts: Counts::of(predicted, truth), boundary }
        };
        job.split.report.iter().map(judge).collect()
    }

    /// The true mask, moved by up to three pixels each way.
    fn prediction(&self, images: &dyn Images, index: usize, chain: u64) -> Vec<bool> {
        let (size, mask) = (images.size(), images.mask(index));
        let mut draws = random::stream(chain, "fake-prediction", 0, &images.ids()[index]);
        let (down, right) = (draws.below(7) as usize, draws.below(7) as usize);
        let moved = |position: usize| {
            let (y, x) = (position / size + down, position % size + right);
            (3..size + 3).contains(&y) && (3..size + 3).contains(&x) && mask[(y - 3) * size + x - 3] >= 128
        };
        let mut predicted: Vec<bool> = (0..size * size).map(moved).collect();
        if !self.promises_bits() {
            let mut noise = random::stream(unrepeatable(), "fake-noise", 0, "");
            for lesion in &mut predicted {
                *lesion ^= noise.unit() < self.noise;
            }
        }
        predicted
    }
}

/// The true mask of an image.
fn truth(images: &dyn Images, index: usize) -> Vec<bool> {
    images.mask(index).iter().map(|&grey| grey >= 128).collect()
}

/// A number that is another one each time: what no trainer that promises bits may look at.
fn unrepeatable() -> u64 {
    let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    time.as_nanos() as u64 ^ u64::from(std::process::id()) << 32
}

fn text(value: &impl Serialize) -> Result<Vec<u8>, TrainError> {
    serde_json::to_vec(value).map_err(unfit)
}

fn parse<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, TrainError> {
    serde_json::from_slice(bytes).map_err(unfit)
}

#[expect(clippy::needless_pass_by_value, reason = "errors come by value")]
fn unfit(error: impl ToString) -> TrainError {
    TrainError::Weights(error.to_string())
}
