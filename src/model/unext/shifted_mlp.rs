//! The tokenized block of UNeXt: a perceptron over channels that were shifted along one axis, then along the other.

use burn::config::Config;
use burn::module::Module;
use burn::tensor::Tensor;

use crate::kernel::{add, gelu, shift_chunks};
use crate::model::Site;
use crate::model::block::{
    ChannelNorm, ChannelNormConfig, Conv2d, Conv2dConfig, Linear, LinearConfig, Start,
};

/// Chunks of channels, each shifted by a distance of its own: -2 to 2 pixels.
const CHUNKS: usize = 5;

/// What is added to the variance of every norm of tokens.
pub(super) const EPSILON: f64 = 1e-5;

/// Settings of [`ShiftedMlp`].
#[derive(Config, Debug)]
pub struct ShiftedMlpConfig {
    /// Channels.
    pub channels: usize,
}

/// Adds to a map what a perceptron of shifted channels makes of it.
#[derive(Module, Debug)]
pub struct ShiftedMlp {
    norm: ChannelNorm,
    inner: Linear,
    depthwise: Conv2d,
    outer: Linear,
}

impl ShiftedMlpConfig {
    /// Makes the block.
    pub fn init(&self, site: &Site) -> ShiftedMlp {
        let mlp = site.at("mlp");
        let linear = |name: &str| {
            LinearConfig::new([self.channels; 2]).with_start(Start::Truncated(0.02)).init(&mlp.at(name))
        };
        ShiftedMlp {
            norm: ChannelNormConfig::new(self.channels).with_epsilon(EPSILON).init(&site.at("norm2")),
            inner: linear("fc1"),
            depthwise: Conv2dConfig::depthwise(self.channels, 3).init(&mlp.at("dwconv.dwconv")),
            outer: linear("fc2"),
        }
    }
}

impl ShiftedMlp {
    /// Applies the block.
    ///
    /// # Shapes
    /// - `x` and output: `[batch, channels, height, width]`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let inner = self.inner.forward_channels(shift_chunks(self.norm.forward(x.clone()), CHUNKS, 2));
        let inner = gelu(self.depthwise.forward(inner));
        add(x, self.outer.forward_channels(shift_chunks(inner, CHUNKS, 3)))
    }
}
