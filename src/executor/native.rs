//! The trainer of real runs: the train room on one of its devices.

use super::trainer::Trainer;
use crate::cost;
use crate::dataset::Images;
use crate::experiment::settings::{ModelSettings, Settings};
use crate::store::ModelCost;
use crate::train::{self, Arithmetic, Compute, Host, Job, Outcome, TrainError};

/// Trains networks for real.
#[derive(Clone, Copy, Debug)]
pub struct NativeTrainer {
    compute: Compute,
    threads: usize,
}

impl NativeTrainer {
    /// A trainer on the device, whose steps use `threads` threads.
    pub fn new(compute: Compute, threads: usize) -> Self {
        Self { compute, threads }
    }
}

impl Trainer for NativeTrainer {
    fn device(&self) -> &str {
        self.compute.class()
    }

    fn promises_bits(&self) -> bool {
        self.compute.promises_bits()
    }

    fn arithmetic(&self) -> Arithmetic {
        train::arithmetic(self.compute)
    }

    fn threads(&self) -> usize {
        self.threads
    }

    fn place(&self) -> String {
        match self.compute {
            Compute::Cpu => String::new(),
            Compute::Libtorch(_) => self.compute.to_string(),
        }
    }

    fn train(&self, job: &Job<'_>, host: &mut dyn Host) -> Result<Outcome, TrainError> {
        train::train(job, self.compute, host)
    }

    fn predict(
        &self,
        settings: &Settings,
        weights: &[u8],
        images: &dyn Images,
        train: &[usize],
        indices: &[usize],
    ) -> Result<Vec<Vec<bool>>, TrainError> {
        train::predict(settings, weights, images, train, indices, self.compute)
    }

    fn cost(&self, model: &ModelSettings, size: usize) -> ModelCost {
        let cost = cost::of(model, size);
        ModelCost { parameters: cost.parameters, conv_macs: cost.conv_macs }
    }
}
