//! Normalisation layers with learned scale (starting at 1) and shift (starting at 0).

use burn::config::Config;
use burn::module::{Module, Param, ParamId, RunningState};
use burn::tensor::Tensor;

use super::Conv2d;
use crate::kernel::{self, trace};
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
        trace::layer(&[self.weight.id, self.bias.id], || {
            kernel::group_norm(x, self.weight.val(), self.bias.val(), self.groups, self.epsilon)
        })
    }

    /// Applies the layer, then 2x2 max pooling and GELU.
    ///
    /// # Shapes
    /// - `x`: `[batch, channels, height, width]`
    /// - output: `[batch, channels, height / 2, width / 2]`
    pub fn forward_pool_gelu(&self, x: Tensor<4>) -> Tensor<4> {
        trace::layer(&[self.weight.id, self.bias.id], || {
            kernel::norm_pool_gelu(x, self.weight.val(), self.bias.val(), self.groups, self.epsilon)
        })
    }

    /// Applies a convolution, then the layer, 2x2 max pooling and GELU.
    ///
    /// # Shapes
    /// - `x`: `[batch, channels_in, height, width]`
    /// - output: `[batch, channels, height / 2, width / 2]`
    pub fn forward_conv_pool_gelu(&self, conv: &Conv2d, x: Tensor<4>) -> Tensor<4> {
        let norm = (self.weight.val(), self.bias.val(), [self.weight.id, self.bias.id]);
        let (weight, bias) = conv.parameters();
        trace::layer(&conv.ids(), || {
            kernel::conv_norm_pool_gelu(x, (weight, bias, conv.conv()), norm, self.groups, self.epsilon)
        })
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

    /// Identities of the parameters.
    pub fn ids(&self) -> [ParamId; 2] {
        [self.weight.id, self.bias.id]
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
        trace::layer(&[self.weight.id, self.bias.id], || {
            kernel::channel_norm(x, self.weight.val(), self.bias.val(), self.epsilon)
        })
    }
}

/// Settings of [batch normalisation](BatchNorm2d).
#[derive(Config, Debug)]
pub struct BatchNorm2dConfig {
    /// Channels.
    pub channels: usize,
    /// Added to the variance.
    #[config(default = "1e-5")]
    pub epsilon: f64,
    /// The share of a batch's moments in the running ones.
    #[config(default = "0.1")]
    pub momentum: f64,
}

/// Batch normalisation: by the batch's moments in training, by the running ones otherwise.
///
/// Whether it is in training, it sees from its input: gradients are computed there or not.
#[derive(Module, Debug)]
pub struct BatchNorm2d {
    /// `[channels]`
    weight: Param<Tensor<1>>,
    /// `[channels]`
    bias: Param<Tensor<1>>,
    /// `[channels]`, starting at 0
    running_mean: RunningState<Tensor<1>>,
    /// `[channels]`, starting at 1
    running_var: RunningState<Tensor<1>>,
    epsilon: f64,
    momentum: f64,
}

impl BatchNorm2dConfig {
    /// Makes the layer.
    pub fn init(&self, site: &Site) -> BatchNorm2d {
        BatchNorm2d {
            weight: site.constant("weight", [self.channels], 1.0),
            bias: site.constant("bias", [self.channels], 0.0),
            running_mean: site.buffer("running_mean", self.channels, 0.0),
            running_var: site.buffer("running_var", self.channels, 1.0),
            epsilon: self.epsilon,
            momentum: self.momentum,
        }
    }
}

impl BatchNorm2d {
    /// Applies the layer.
    ///
    /// # Shapes
    /// - `x` and output: `[batch, channels, height, width]`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let parameters = (self.weight.val(), self.bias.val());
        trace::layer(&[self.weight.id, self.bias.id], || {
            if !kernel::in_training(&x) {
                let moments = (self.running_mean.value_sync(), self.running_var.value_sync());
                return kernel::batch_norm(x, parameters, moments, self.epsilon);
            }
            let (weight, bias) = parameters;
            let result = kernel::batch_norm_train(x, weight, bias, self.epsilon);
            self.keep(&self.running_mean, result.mean);
            self.keep(&self.running_var, result.variance);
            result.output
        })
    }

    fn keep(&self, running: &RunningState<Tensor<1>>, own: Tensor<1>) {
        let before = running.value_sync().mul_scalar(1.0 - self.momentum);
        running.update((before + own.detach().mul_scalar(self.momentum)).detach());
        // An update counts from the next reading on, this one.
        running.value_sync();
    }
}

/// Settings of [layer normalisation over the last axis](LayerNorm).
#[derive(Config, Debug)]
pub struct LayerNormConfig {
    /// Length of the last axis.
    pub channels: usize,
    /// Added to the variance.
    #[config(default = "1e-5")]
    pub epsilon: f64,
}

/// Layer normalisation over the last axis.
#[derive(Module, Debug)]
pub struct LayerNorm {
    /// `[channels]`
    weight: Param<Tensor<1>>,
    /// `[channels]`
    bias: Param<Tensor<1>>,
    epsilon: f64,
}

impl LayerNormConfig {
    /// Makes the layer.
    pub fn init(&self, site: &Site) -> LayerNorm {
        LayerNorm {
            weight: site.constant("weight", [self.channels], 1.0),
            bias: site.constant("bias", [self.channels], 0.0),
            epsilon: self.epsilon,
        }
    }
}

impl LayerNorm {
    /// Applies the layer.
    ///
    /// # Shapes
    /// - `x` and output: `[.., channels]`
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        trace::layer(&[self.weight.id, self.bias.id], || {
            kernel::layer_norm(x, self.weight.val(), self.bias.val(), self.epsilon)
        })
    }
}
