//! The attention gate on a skip (paper section 2, figure 2).

use burn::config::Config;
use burn::module::Module;
use burn::tensor::Tensor;

use crate::kernel::{add, multiply, relu, sigmoid};
use crate::model::Site;
use crate::model::block::{BatchNorm2d, BatchNorm2dConfig, Conv2d, Conv2dConfig, Start};

/// Settings of [`AttentionGate`].
#[derive(Config, Debug)]
pub struct AttentionGateConfig {
    /// Channels of the skip and of the map that gates it.
    pub channels: usize,
    /// Channels in which the two are compared.
    pub inner: usize,
}

/// Weighs each pixel of a skip by how it goes with the decoder's map.
#[derive(Module, Debug)]
pub struct AttentionGate {
    gate: NormalConv,
    skip: NormalConv,
    weight: NormalConv,
}

/// A pointwise convolution and batch normalisation.
#[derive(Module, Debug)]
struct NormalConv {
    conv: Conv2d,
    norm: BatchNorm2d,
}

impl NormalConv {
    fn init(channels: [usize; 2], site: &Site) -> Self {
        Self {
            conv: Conv2dConfig::pointwise(channels).with_start(Start::Default).init(&site.at("0")),
            norm: BatchNorm2dConfig::new(channels[1]).init(&site.at("1")),
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.norm.forward(self.conv.forward(x))
    }
}

impl AttentionGateConfig {
    /// Makes the block.
    pub fn init(&self, site: &Site) -> AttentionGate {
        AttentionGate {
            gate: NormalConv::init([self.channels, self.inner], &site.at("W_g")),
            skip: NormalConv::init([self.channels, self.inner], &site.at("W_x")),
            weight: NormalConv::init([self.inner, 1], &site.at("psi")),
        }
    }
}

impl AttentionGate {
    /// Applies the block.
    ///
    /// # Shapes
    /// - `gate`, `skip` and output: `[batch, channels, height, width]`
    pub fn forward(&self, gate: Tensor<4>, skip: Tensor<4>) -> Tensor<4> {
        let compared = relu(add(self.gate.forward(gate), self.skip.forward(skip.clone())));
        multiply(skip, sigmoid(self.weight.forward(compared)))
    }
}
