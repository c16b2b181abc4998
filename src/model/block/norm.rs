//! Normalisation layers with learned scale (starting at 1) and shift (starting at 0).

use burn::config::Config;
use burn::module::{Module, Param};
use burn::tensor::Tensor;

use super::Conv2d;
use crate::kernel;
use crate::model::Site;

/// Settings of [group normalisation](GroupNorm).
#[derive(Config, Debug)]
pub struct GroupNormConfig {
    /// Groups of channels that share mean and variance.
    pub groups: usize,
    /// Channels, a multiple of `groups`.
    pub channels: usize,
    /// Added to the variance.
    #[config(default = "1e-5")]
    pub epsilon: f64,
}

/// Group normalisation.
#[derive(Module, Debug)]
pub struct GroupNorm {
    /// `[channels]`
    weight: Param<Tensor<1>>,
    /// `[channels]`
    bias: Param<Tensor<1>>,
    groups: usize,
    epsilon: f64,
}

impl GroupNormConfig {
    /// Makes the layer.
    pub fn init(&self, site: &Site) -> GroupNorm {
        GroupNorm {
            weight: site.constant("weight", [self.channels], 1.0),
            bias: site.constant("bias", [self.channels], 0.0),
            groups: self.groups,
            epsilon: self.epsilon,
        }
    }
}

impl GroupNorm {
    /// Applies the layer.
    ///
    /// # Shapes
    /// - `x` and output: `[batch, channels, height, width]`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        kernel::group_norm(x, self.weight.val(), self.bias.val(), self.groups, self.epsilon)
    }

    /// Applies the layer, then 2x2 max pooling and GELU.
    ///
    /// # Shapes
    /// - `x`: `[batch, channels, height, width]`
    /// - output: `[batch, channels, height / 2, width / 2]`
    pub fn forward_pool_gelu(&self, x: Tensor<4>) -> Tensor<4> {
        kernel::norm_pool_gelu(x, self.weight.val(), self.bias.val(), self.groups, self.epsilon)
    }

    /// Applies a convolution, then the layer, 2x2 max pooling and GELU.
    ///
    /// # Shapes
    /// - `x`: `[batch, channels_in, height, width]`
    /// - output: `[batch, channels, height / 2, width / 2]`
    pub fn forward_conv_pool_gelu(&self, conv: &Conv2d, x: Tensor<4>) -> Tensor<4> {
        let norm = (self.weight.val(), self.bias.val());
        let (weight, bias) = conv.parameters();
        kernel::conv_norm_pool_gelu(x, (weight, bias, conv.slide()), norm, self.groups, self.epsilon)
    }
}

/// Settings of [layer normalisation over channels](ChannelNorm).
#[derive(Config, Debug)]
pub struct ChannelNormConfig {
    /// Channels.
    pub channels: usize,
    /// Added to the variance.
    #[config(default = "1e-6")]
    pub epsilon: f64,
}

/// Layer normalisation over the channels of each pixel.
#[derive(Module, Debug)]
pub struct ChannelNorm {
    /// `[channels]`
    weight: Param<Tensor<1>>,
    /// `[channels]`
    bias: Param<Tensor<1>>,
    epsilon: f64,
}

impl ChannelNormConfig {
    /// Makes the layer.
    pub fn init(&self, site: &Site) -> ChannelNorm {
        ChannelNorm {
            weight: site.constant("weight", [self.channels], 1.0),
            bias: site.constant("bias", [self.channels], 0.0),
            epsilon: self.epsilon,
        }
    }
}

impl ChannelNorm {
    /// Scale and shift, `[channels]` each.
    pub fn parameters(&self) -> (Tensor<1>, Tensor<1>) {
        (self.weight.val(), self.bias.val())
    }

    /// What is added to the variance.
    pub fn epsilon(&self) -> f64 {
        self.epsilon
    }

    /// Applies the layer.
    ///
    /// # Shapes
    /// - `x` and output: `[batch, channels, height, width]`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        kernel::channel_norm(x, self.weight.val(), self.bias.val(), self.epsilon)
    }
}
