//! One step of the optimizer: forward, loss, backward, update.

use burn::tensor::{Device, Tensor};

use super::adamw::AdamW;
use super::loss::image_losses;
use super::workers::on_workers;
use crate::experiment::settings::{LossSettings, OptimizerSettings};
use crate::model::Built;

/// A network that learns.
pub(super) struct Learner {
    pub built: Built,
    pub optimizer: AdamW,
    pub device: Device,
}

impl Learner {
    /// One step on a batch at the learning rate; returns the batch's loss, and takes no step where that is no
    /// finite number.
    pub fn step(
        &mut self,
        (images, masks): (Tensor<4>, Tensor<4>),
        loss: &LossSettings,
        optimizer: OptimizerSettings,
        rate: f64,
    ) -> f64 {
        on_workers(|| self.step_here(images, &masks, loss, optimizer, rate))
    }

    fn step_here(
        &mut self,
        images: Tensor<4>,
        masks: &Tensor<4>,
        loss: &LossSettings,
        optimizer: OptimizerSettings,
        rate: f64,
    ) -> f64 {
        let prediction = self.built.network.forward(images);
        let loss = image_losses(prediction, masks, loss).mean();
        let value = f64::from(loss.clone().into_scalar::<f32>());
        if value.is_finite() {
            let gradients = loss.backward();
            let OptimizerSettings::Adamw(settings) = optimizer;
            self.built = self.optimizer.step(self.built.clone(), &gradients, settings, rate);
        }
        value
    }
}
