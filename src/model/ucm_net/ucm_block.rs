//! The UCM block: linear layers over channels between depthwise convolutions of normalised planes.

use burn::config::Config;
use burn::module::{Module, Param};
use burn::tensor::Tensor;

use crate::kernel::{add, detach, gelu, instance_norm};
use crate::model::Site;
use crate::model::block::{
    ChannelNorm, ChannelNormConfig, Conv2d, Conv2dConfig, Linear, LinearConfig, Start,
};

/// What is added to the variance of every norm.
pub(super) const EPSILON: f64 = 1e-5;

/// Each channel's plane normalised, then a depthwise convolution.
#[derive(Module, Debug)]
struct PlaneConv {
    conv: Conv2d,
    /// `[channels]`, in no use
    weight: Param<Tensor<1>>,
    /// `[channels]`, in no use
    bias: Param<Tensor<1>>,
}

impl PlaneConv {
    fn init(channels: usize, site: &Site) -> Self {
        Self {
            conv: Conv2dConfig::depthwise(channels, 3).init(&site.at("dwconv")),
            weight: site.frozen(site.constant("weight", [channels], 1.0)),
            bias: site.frozen(site.constant("bias", [channels], 0.0)),
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.conv.forward(instance_norm(x, EPSILON))
    }
}

/// Settings of [`UcmBlock`].
#[derive(Config, Debug)]
pub struct UcmBlockConfig {
    /// Channels.
    pub channels: usize,
}

/// A perceptron over channels with depthwise convolutions in it, around it a shortcut without gradient.
#[derive(Module, Debug)]
pub struct UcmBlock {
    norm: ChannelNorm,
    inner: Linear,
    inner_conv: PlaneConv,
    outer: Linear,
    outer_conv: PlaneConv,
}

impl UcmBlockConfig {
    /// Makes the block.
    pub fn init(&self, site: &Site) -> UcmBlock {
        let channels = self.channels;
        let linear = |name: &str| {
            LinearConfig::new([channels; 2]).with_start(Start::Truncated(0.02)).init(&site.at(name))
        };
        UcmBlock {
            norm: ChannelNormConfig::new(channels).with_epsilon(EPSILON).init(&site.at("norm2")),
            inner: linear("fc1"),
            inner_conv: PlaneConv::init(channels, &site.at("dwconv")),
            outer: linear("fc2"),
            outer_conv: PlaneConv::init(channels, &site.at("dwconv1")),
        }
    }
}

impl UcmBlock {
    /// Applies the block.
    ///
    /// # Shapes
    /// - `x` and output: `[batch, channels, height, width]`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let x = self.norm.forward(x);
        let shortcut = detach(x.clone());
        let inner = gelu(self.inner_conv.forward(self.inner.forward_channels(x)));
        let sum = add(self.outer_conv.forward(self.outer.forward_channels(inner)), shortcut);
        // The branch that may be dropped is the block itself.
        add(sum.clone(), sum)
    }
}
