//! Inverted External Attention, IEA: attention to a learned memory instead of to the map itself.

use burn::config::Config;
use burn::module::Module;
use burn::tensor::Tensor;

use crate::kernel::{add, gelu, shares, softmax};
use crate::model::Site;
use crate::model::block::{Conv1d, Conv1dConfig, Conv2d, Conv2dConfig, GroupNorm, GroupNormConfig};

/// Entries of the memory for each channel.
const MEMORY: usize = 4;

/// Settings of [`ExternalAttention`].
#[derive(Config, Debug)]
pub struct ExternalAttentionConfig {
    /// Channels, a multiple of 4.
    pub channels: usize,
}

/// Attention of pixels to a learned memory.
#[derive(Module, Debug)]
pub struct ExternalAttention {
    before: Conv2d,
    keys: Conv1d,
    values: Conv1d,
    after: Conv2d,
    norm: GroupNorm,
}

impl ExternalAttentionConfig {
    /// Makes the block; the keys start as the transpose of the values.
    pub fn init(&self, site: &Site) -> ExternalAttention {
        let channels = self.channels;
        let inner = [channels; 2];
        let line = |channels| Conv1dConfig::new(channels, 1).with_bias(false);
        let values = line([MEMORY * channels, channels]).init(&site.at("linear_1"));
        ExternalAttention {
            before: Conv2dConfig::pointwise(inner).init(&site.at("conv1")),
            keys: line([channels, MEMORY * channels]).init_transposed(&values, &site.at("linear_0")),
            values,
            after: Conv2dConfig::pointwise(inner).with_bias(false).init(&site.at("conv2")),
            norm: GroupNormConfig::new(4, channels).init(&site.at("norm_layer")),
        }
    }
}

impl ExternalAttention {
    /// Applies the block.
    ///
    /// # Shapes
    /// - `x` and output: `[batch, channels, height, width]`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [batch, channels, height, width] = x.dims();
        let pixels = self.before.forward(x.clone()).reshape([batch, channels, height * width]);
        // Over the pixels first, then over the memory.
        let attention = shares(softmax(self.keys.forward(pixels), 2), 1, 1e-9);
        let read = self.values.forward(attention).reshape([batch, channels, height, width]);
        gelu(add(self.norm.forward(self.after.forward(read)), x))
    }
}
