//! One step of the optimizer: forward, loss, backward, update.

use burn::tensor::Tensor;
use rayon::prelude::*;

use super::adamw::{AdamW, Moments};
use super::loss::image_losses;
use super::parameters::{Gradient, Layout};
use super::workers::on_workers;
use crate::experiment::settings::{LossSettings, OptimizerSettings};
use crate::kernel::{kernels, with_kernels};
use crate::model::{Built, Names, Network, StateDict};

/// Images of one part of a batch where a network sees each image by itself.
///
/// Parts are passed forward and backward side by side, each on a thread of its own where there are enough, and
/// their gradients are added in order: a result depends on this number, not on the number of threads. Smaller
/// parts need less memory at once, larger ones fewer passes over the graph.
const PART: usize = 4;

/// Images and masks of one part of a batch: `[images, 3, height, width]` and `[images, 1, height, width]`.
pub(super) type Part = (Tensor<4>, Tensor<4>);

/// A network that learns.
pub(super) struct Learner {
    names: Names,
    layout: Layout,
    weights: Vec<f32>,
    optimizer: AdamW,
    replicas: Vec<Replica>,
}

/// The network with an autodiff graph of its own.
struct Replica {
    network: Network,
    gradient: Gradient,
}

impl Learner {
    /// A learner of the network; goes on from `moments`.
    pub fn new(built: Built, moments: Option<&Moments>) -> Self {
        let layout = Layout::of(&built);
        let optimizer =
            moments.map_or_else(|| AdamW::new(&layout), |moments| AdamW::resume(moments, &layout));
        let weights = layout.array(&built.state());
        let replicas = vec![Replica { network: built.network, gradient: Gradient::default() }];
        Self { names: built.names, layout, weights, optimizer, replicas }
    }

    /// Images of one part of a batch of `batch` images.
    pub fn part(&self, batch: usize) -> usize {
        if self.replicas[0].network.sees_images_alone() { PART } else { batch.max(1) }
    }

    /// One step on a batch, given in parts of [`part`](Self::part) images, at the learning rate; returns the
    /// batch's loss, and takes no step where that is no finite number.
    pub fn step(
        &mut self,
        parts: Vec<Part>,
        loss: &LossSettings,
        optimizer: OptimizerSettings,
        rate: f64,
    ) -> f64 {
        while self.replicas.len() < parts.len() {
            let network = self.replicas[0].network.clone();
            self.replicas.push(Replica { network, gradient: Gradient::default() });
        }
        let images: usize = parts.iter().map(|(images, _)| images.dims()[0]).sum();
        let share = 1.0 / images.max(1) as f32;
        let (layout, weights, kernels) = (&self.layout, &self.weights, kernels());
        let replicas = &mut self.replicas[..parts.len()];
        let losses: Vec<f64> = on_workers(|| {
            let work = replicas.par_iter_mut().zip(parts).with_max_len(1);
            work.map(|(replica, part)| {
                with_kernels(kernels, || replica.pass(part, layout, weights, loss, share))
            })
            .collect()
        });
        let value = losses.iter().sum::<f64>();
        if value.is_finite() {
            let (sum, others) = replicas.split_first_mut().expect("a batch has images");
            for other in others {
                sum.gradient.add(&other.gradient);
            }
            let OptimizerSettings::Adamw(settings) = optimizer;
            self.optimizer.step(&mut self.weights, &sum.gradient, &self.layout, settings, rate);
        }
        value
    }

    /// The network as it is now.
    pub fn built(&self) -> Built {
        let network = self.layout.publish(self.replicas[0].network.clone(), &self.weights);
        Built { network, names: self.names.clone() }
    }

    /// The network's tensors as they are now: parameters, and what its forwards keep.
    pub fn state(&self) -> StateDict {
        let mut state = StateDict::of(&self.replicas[0].network, &self.names);
        state.0.extend(self.layout.state(&self.weights).0);
        state
    }

    /// What the optimizer remembers.
    pub fn moments(&self) -> Moments {
        self.optimizer.moments(&self.layout)
    }
}

impl Replica {
    /// Forward and backward of one part: its share of the batch's loss, and of the gradient in `self`.
    fn pass(
        &mut self,
        (images, masks): Part,
        layout: &Layout,
        weights: &[f32],
        settings: &LossSettings,
        share: f32,
    ) -> f64 {
        self.network = layout.publish(self.network.clone(), weights);
        let prediction = self.network.forward(images);
        let loss = image_losses(prediction, &masks, settings).sum().mul_scalar(share);
        let value = f64::from(loss.clone().into_scalar::<f32>());
        let gradients = loss.backward();
        layout.collect(&self.network, &gradients, &mut self.gradient);
        value
    }
}
