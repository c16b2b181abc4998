//! The Prediction Map Auxiliary Module, PMA: a stage predicts mask and boundary and joins its skip by them.

use burn::config::Config;
use burn::module::Module;
use burn::tensor::Tensor;

use crate::kernel::{add, multiply, scale, sigmoid};
use crate::model::Site;
use crate::model::block::{Conv2d, Conv2dConfig};

/// Settings of [`Gate`].
#[derive(Config, Debug)]
pub struct GateConfig {
    /// Channels of the map and of its skip.
    pub channels: usize,
    /// By how much the skip is raised where the mask is.
    pub mask_share: f64,
    /// By how much the skip is raised where the boundary is; none for a stage that predicts no boundary.
    pub boundary_share: Option<f64>,
}

/// Predicts a mask, and at the finer stages its boundary, raises the map where they are, and adds the skip, raised in
/// the same places.
#[derive(Module, Debug)]
pub struct Gate {
    mask_head: Conv2d,
    boundary_head: Option<Conv2d>,
    mask_share: f64,
    boundary_share: f64,
}

impl GateConfig {
    /// Makes the block; a stage without boundary names its one head otherwise.
    pub fn init(&self, site: &Site) -> Gate {
        let head = |name: &str| Conv2dConfig::pointwise([self.channels, 1]).init(&site.at(name));
        let with_boundary = self.boundary_share.is_some();
        Gate {
            mask_head: head(if with_boundary { "conv2" } else { "conv" }),
            boundary_head: with_boundary.then(|| head("conv1")),
            mask_share: self.mask_share,
            boundary_share: self.boundary_share.unwrap_or_default(),
        }
    }
}

impl Gate {
    /// Applies the block; returns the joined map and the mask's logits.
    ///
    /// # Shapes
    /// - `x`, `skip` and the joined map: `[batch, channels, height, width]`
    /// - mask: `[batch, 1, height, width]`
    pub fn forward(&self, x: Tensor<4>, skip: Tensor<4>) -> (Tensor<4>, Tensor<4>) {
        let logits = self.mask_head.forward(x.clone());
        let mask = sigmoid(logits.clone());
        let boundary = self.boundary_head.as_ref().map(|head| sigmoid(head.forward(x.clone())));

        let mut joined = add(x.clone(), multiply(x.clone(), mask.clone()));
        if let Some(boundary) = boundary.clone() {
            joined = add(joined, multiply(x, boundary));
        }
        let raised = scale(multiply(mask, skip.clone()), self.mask_share);
        joined = add(add(joined, skip.clone()), raised);
        if let Some(boundary) = boundary {
            joined = add(joined, scale(multiply(boundary, skip), self.boundary_share));
        }
        (joined, logits)
    }
}
