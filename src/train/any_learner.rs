//! The learner of a device.

use burn::tensor::Device;

use super::Compute;
use super::adamw::Moments;
use super::learner::{Learner, Part};
use super::library_learner::LibraryLearner;
use crate::experiment::settings::{LossSettings, OptimizerSettings, Precision};
use crate::model::{Built, StateDict};

/// Steps that a device may have taken before the host asks for their losses.
const LOSSES: usize = 16;

/// A network that learns, wherever that is.
pub(super) struct AnyLearner {
    compute: Compute,
    device: Device,
    at: At,
}

enum At {
    /// Here: losses are known at once.
    Host(Box<Learner>, Vec<f64>),
    /// On a device of a library.
    Library(Box<LibraryLearner>),
}

impl AnyLearner {
    /// A learner of the network on a device; goes on from `moments`.
    pub fn new(built: Built, moments: Option<&Moments>, compute: Compute, precision: Precision) -> Self {
        let device = compute.training_device();
        let at = match compute.library() {
            None => At::Host(Box::new(Learner::new(built, moments)), Vec::new()),
            Some(library) => At::Library(Box::new(LibraryLearner::new(built, moments, library, precision))),
        };
        Self { compute, device, at }
    }

    /// On what it runs.
    pub fn compute(&self) -> Compute {
        self.compute
    }

    /// Where images and masks must stand.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Images of one part of a batch of `batch` images.
    pub fn part(&self, batch: usize) -> usize {
        match &self.at {
            At::Host(learner, _) => learner.part(batch),
            At::Library(_) => batch.max(1),
        }
    }

    /// One step on a batch, given in parts of [`part`](Self::part) images, at the learning rate.
    ///
    /// Where its loss is no finite number, no step is taken, nor any after it until its losses are taken.
    pub fn step(&mut self, parts: Vec<Part>, loss: &LossSettings, optimizer: OptimizerSettings, rate: f64) {
        match &mut self.at {
            At::Host(learner, losses) => losses.push(learner.step(parts, loss, optimizer, rate)),
            At::Library(learner) => learner.step(parts, loss, optimizer, rate),
        }
    }

    /// True once losses should be taken: asking for each would make a device wait.
    pub fn has_news(&self) -> bool {
        match &self.at {
            At::Host(..) => true,
            At::Library(learner) => learner.pending() >= LOSSES,
        }
    }

    /// Losses of the batches since they were taken last, in order.
    pub fn take_losses(&mut self) -> Vec<f64> {
        match &mut self.at {
            At::Host(_, losses) => std::mem::take(losses),
            At::Library(learner) => learner.take_losses(),
        }
    }

    /// The network as it is now.
    pub fn built(&self) -> Built {
        match &self.at {
            At::Host(learner, _) => learner.built(),
            At::Library(learner) => learner.built(),
        }
    }

    /// The network's tensors as they are now: parameters, and what its forwards keep.
    pub fn state(&self) -> StateDict {
        match &self.at {
            At::Host(learner, _) => learner.state(),
            At::Library(learner) => learner.state(),
        }
    }

    /// What the optimizer remembers.
    pub fn moments(&self) -> Moments {
        match &self.at {
            At::Host(learner, _) => learner.moments(),
            At::Library(learner) => learner.moments(),
        }
    }
}
