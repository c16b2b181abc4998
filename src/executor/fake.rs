//! A trainer that trains nothing: deterministic losses and masks in milliseconds, for tests of everything around it.
//!
//! Its device class is `fake`, which enters run ids and provenance, so no number of it can be taken for real.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::trainer::Trainer;
use crate::dataset::Images;
use crate::experiment::settings::{ModelSettings, Settings};
use crate::metric::Counts;
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
    /// The run panics in its second epoch: a bug to try the panic message with.
    pub panics: bool,
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

#[derive(Serialize, Deserialize)]
struct FakeWeights {
    chain: u64,
}

impl Trainer for FakeTrainer {
    fn device(&self) -> &'static str {
        Self::DEVICE
    }

    fn arithmetic(&self) -> Arithmetic {
        Arithmetic { kernels: Self::DEVICE.to_owned(), instruction_set: Self::DEVICE.to_owned() }
    }

    fn threads(&self) -> usize {
        1
    }

    fn train(&self, job: &Job<'_>, host: &mut dyn Host) -> Result<Outcome, TrainError> {
        let mut state = match host.load_checkpoint()? {
            Some(bytes) => parse(&bytes)?,
            None => State { epoch: 0, chain: 0, best_epoch: 0, best_loss: None, seconds: 0.0 },
        };
        let epochs = job.settings.train.epochs;
        while state.epoch < epochs {
            if !self.epoch(job, host, &mut state)? {
                host.save_checkpoint(&text(&state)?)?;
                return Ok(Outcome::Interrupted { epochs_done: state.epoch });
            }
            host.save_checkpoint(&text(&state)?)?;
        }
        let best: FakeWeights = parse(&host.load_best()?)?;
        Ok(Outcome::Done(Finished {
            best_epoch: state.best_epoch,
            seconds: state.seconds,
            best: reported(job, best.chain),
            last: reported(job, state.chain),
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
        let weights: FakeWeights = parse(weights)?;
        Ok(indices.iter().map(|&index| prediction(images, index, weights.chain)).collect())
    }

    fn cost(&self, _model: &ModelSettings, _size: usize) -> ModelCost {
        ModelCost::default()
    }
}

impl FakeTrainer {
    /// The device class that tells its runs from real ones.
    pub const DEVICE: &'static str = "fake";

    /// An epoch; false where it was asked to stop, with the state as before.
    fn epoch(&self, job: &Job<'_>, host: &mut dyn Host, state: &mut State) -> Result<bool, TrainError> {
        let (train, epoch) = (&job.settings.train, state.epoch + 1);
        let batches = job.split.train.len().div_ceil(train.batch_size).max(1);
        let mut draws = random::stream(job.seed ^ state.chain, "fake-trainer", epoch as u64, "");
        let loss = 1.0 / epoch as f64 + 0.1 * draws.unit();
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
        assert!(!(self.panics && epoch == 2), "the fake trainer was asked to panic");
        if self.diverging_seed == Some(job.seed) && epoch == 2 {
            let images = job.split.train.iter().take(train.batch_size).cloned().collect();
            return Err(TrainError::Diverged { epoch, batch: 1, loss: f64::NAN, images });
        }
        state.epoch = epoch;
        state.chain = draws.below(u64::MAX);
        state.seconds += self.epoch_time.as_secs_f64();
        let noise = if self.nan_selection && epoch == 2 { f64::NAN } else { draws.unit() };
        let selection_loss = loss + 0.1 * noise;
        let best = state.best_loss.is_none_or(|best_loss| selection_loss < best_loss);
        if best {
            (state.best_loss, state.best_epoch) = (Some(selection_loss), epoch);
            host.save_best(&text(&FakeWeights { chain: state.chain })?)?;
        }
        host.epoch(EpochSummary {
            epoch,
            learning_rate: 1e-3,
            train_loss: loss,
            selection_loss,
            selection: counted(job, &job.split.select, state.chain).iter().map(|image| image.counts).sum(),
            best,
            seconds: self.epoch_time.as_secs_f64(),
            input_seconds: 0.0,
            images_per_second: job.split.train.len() as f64 / self.epoch_time.as_secs_f64().max(1e-3),
        })?;
        Ok(true)
    }
}

fn reported(job: &Job<'_>, chain: u64) -> Vec<ImageCounts> {
    counted(job, &job.split.report, chain)
}

fn counted(job: &Job<'_>, ids: &[String], chain: u64) -> Vec<ImageCounts> {
    let positions = job.images.index();
    let count = |id: &String| {
        let index = positions[id.as_str()];
        let truth = job.images.mask(index).iter().map(|&grey| grey >= 128);
        ImageCounts { image: id.clone(), counts: Counts::of(prediction(job.images, index, chain), truth) }
    };
    ids.iter().map(count).collect()
}

/// The true mask, moved by up to three pixels each way.
fn prediction(images: &dyn Images, index: usize, chain: u64) -> Vec<bool> {
    let (size, mask) = (images.size(), images.mask(index));
    let mut draws = random::stream(chain, "fake-prediction", 0, &images.ids()[index]);
    let (down, right) = (draws.below(7) as usize, draws.below(7) as usize);
    let moved = |position: usize| {
        let (y, x) = (position / size + down, position % size + right);
        (3..size + 3).contains(&y) && (3..size + 3).contains(&x) && mask[(y - 3) * size + x - 3] >= 128
    };
    (0..size * size).map(moved).collect()
}

fn text(value: &impl Serialize) -> Result<Vec<u8>, TrainError> {
    serde_json::to_vec(value).map_err(|error| TrainError::Weights(error.to_string()))
}

fn parse<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, TrainError> {
    serde_json::from_slice(bytes).map_err(|error| TrainError::Weights(error.to_string()))
}
