//! Dilated Gated Attention, DGA.

use burn::config::Config;
use burn::module::Module;
use burn::tensor::Tensor;

use crate::kernel::{add, concat, gelu, multiply, sigmoid};
use crate::model::Site;
use crate::model::block::{Conv2d, Conv2dConfig, GroupNorm, GroupNormConfig};

/// Dilation of each quarter of the channels.
const DILATIONS: [usize; 4] = [7, 5, 2, 1];

/// Groups of every norm.
const NORM_GROUPS: usize = 4;

/// A depthwise convolution, a norm and a pointwise convolution.
#[derive(Module, Debug)]
struct Separable {
    depthwise: Conv2d,
    norm: GroupNorm,
    pointwise: Conv2d,
}

impl Separable {
    fn init([channels_in, channels_out]: [usize; 2], kernel: usize, site: &Site) -> Self {
        Self {
            depthwise: Conv2dConfig::depthwise(channels_in, kernel).init(&site.at("conv1")),
            norm: GroupNormConfig::new(NORM_GROUPS, channels_in).init(&site.at("norm_layer")),
            pointwise: Conv2dConfig::pointwise([channels_in, channels_out]).init(&site.at("conv2")),
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.pointwise.forward(self.norm.forward(self.depthwise.forward(x)))
    }
}

/// Settings of [`DilatedGatedAttention`].
#[derive(Config, Debug)]
pub struct DilatedGatedAttentionConfig {
    /// Channels in, a multiple of 4, and out.
    pub channels: [usize; 2],
}

/// Quarters of the channels at four dilations, mixed, then gated by a map of themselves.
#[derive(Module, Debug)]
pub struct DilatedGatedAttention {
    dilated: Vec<Conv2d>,
    norm: GroupNorm,
    mix: Conv2d,
    gate: Separable,
    value: Separable,
    out: Separable,
    shortcut: Conv2d,
}

impl DilatedGatedAttentionConfig {
    /// Makes the block.
    pub fn init(&self, site: &Site) -> DilatedGatedAttention {
        let [channels_in, channels_out] = self.channels;
        let inner = [channels_in; 2];
        let dilated = |(index, &dilation): (usize, &usize)| {
            Conv2dConfig::depthwise(channels_in / DILATIONS.len(), 3)
                .with_dilation(dilation)
                .init(&site.at(&format!("mda{index}")))
        };
        DilatedGatedAttention {
            dilated: DILATIONS.iter().enumerate().map(dilated).collect(),
            norm: GroupNormConfig::new(NORM_GROUPS, channels_in).init(&site.at("norm_layer")),
            mix: Conv2dConfig::pointwise(inner).init(&site.at("conv")),
            gate: Separable::init(inner, 3, &site.at("gau.w1.0")),
            value: Separable::init(inner, 5, &site.at("gau.w2.0")),
            out: Separable::init([channels_in, channels_out], 3, &site.at("gau.wo.0")),
            shortcut: Conv2dConfig::pointwise([channels_in, channels_out]).init(&site.at("gau.cw")),
        }
    }
}

impl DilatedGatedAttention {
    /// Applies the block.
    ///
    /// # Shapes
    /// - `x`: `[batch, channels_in, height, width]`
    /// - output: `[batch, channels_out, height, width]`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let quarter = x.dims()[1] / self.dilated.len();
        let parts = self.dilated.iter().zip(x.split(quarter, 1)).map(|(conv, part)| conv.forward(part));
        let x = gelu(self.mix.forward(self.norm.forward(concat(parts.collect(), 1))));
        let gated = multiply(sigmoid(self.gate.forward(x.clone())), gelu(self.value.forward(x.clone())));
        add(gelu(self.out.forward(gated)), self.shortcut.forward(x))
    }
}
