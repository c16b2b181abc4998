//! The Parallel Vision Mamba layer, PVM.

use burn::config::Config;
use burn::module::{Module, Param};
use burn::tensor::Tensor;

use super::{Mamba, MambaConfig};
use crate::kernel::{add, multiply, trace};
use crate::model::Site;
use crate::model::block::{ChannelNorm, ChannelNormConfig, Linear, LinearConfig, Start};

/// Groups of channels that pass the one Mamba side by side.
const GROUPS: usize = 4;

/// What is added to the variance of the norm.
const EPSILON: f64 = 1e-5;

/// Settings of [`ParallelMamba`].
#[derive(Config, Debug)]
pub struct ParallelMambaConfig {
    /// Channels in, a multiple of 4, and out.
    pub channels: [usize; 2],
}

/// Quarters of the channels, each a sequence of pixels through the same [`Mamba`] and around it, between two passes
/// of the same norm, then a linear layer.
#[derive(Module, Debug)]
pub struct ParallelMamba {
    norm: ChannelNorm,
    mamba: Mamba,
    /// `[1]`: how much of a sequence goes around
    skip_scale: Param<Tensor<1>>,
    project: Linear,
}

impl ParallelMambaConfig {
    /// Makes the block.
    pub fn init(&self, site: &Site) -> ParallelMamba {
        let channels_in = self.channels[0];
        ParallelMamba {
            norm: ChannelNormConfig::new(channels_in).with_epsilon(EPSILON).init(&site.at("norm")),
            mamba: MambaConfig::new(channels_in / GROUPS).init(&site.at("mamba")),
            skip_scale: site.constant("skip_scale", [1], 1.0),
            project: LinearConfig::new(self.channels)
                .with_start(Start::Truncated(0.02))
                .init(&site.at("proj")),
        }
    }
}

impl ParallelMamba {
    /// Applies the block.
    ///
    /// # Shapes
    /// - `x`: `[batch, channels_in, height, width]`
    /// - output: `[batch, channels_out, height, width]`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [batch, channels, height, width] = x.dims();
        // Groups stand beside the images of the batch.
        let sequences =
            self.norm.forward(x).reshape([batch * GROUPS, channels / GROUPS, height * width]).swap_dims(1, 2);
        let around = trace::layer(&[self.skip_scale.id], || {
            multiply(sequences.clone(), self.skip_scale.val().reshape([1, 1, 1]))
        });
        let mixed = add(self.mamba.forward(sequences), around);
        let map = mixed.swap_dims(1, 2).reshape([batch, channels, height, width]);
        self.project.forward_channels(self.norm.forward(map))
    }
}
