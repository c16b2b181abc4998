//! The block of convolutions behind the third stage of the encoder, `ConvLayer` in the original.

use burn::config::Config;
use burn::module::Module;
use burn::tensor::Tensor;

use crate::kernel::{gelu, pad_reflect};
use crate::model::Site;
use crate::model::block::{BatchNorm2d, BatchNorm2dConfig, Conv2d, Conv2dConfig};

/// Height and width of the depthwise kernel.
const KERNEL: usize = 7;

/// How many times the channels are widened between the pointwise convolutions.
const EXPANSION: usize = 4;

/// Settings of [`LocalBlock`].
#[derive(Config, Debug)]
pub struct LocalBlockConfig {
    /// Channels in and out.
    pub channels: usize,
}

/// A depthwise convolution over a reflected border, then two pointwise ones around a wider layer.
#[derive(Module, Debug)]
pub struct LocalBlock {
    depthwise: Conv2d,
    norm_in: BatchNorm2d,
    widen: Conv2d,
    narrow: Conv2d,
    norm_out: BatchNorm2d,
}

impl LocalBlockConfig {
    /// Makes the block.
    pub fn init(&self, site: &Site) -> LocalBlock {
        let [channels, wide] = [self.channels, EXPANSION * self.channels];
        LocalBlock {
            depthwise: Conv2dConfig::depthwise(channels, KERNEL)
                .with_padding(Some(0))
                .init(&site.at("conv1")),
            norm_in: BatchNorm2dConfig::new(channels).init(&site.at("norm1")),
            widen: Conv2dConfig::pointwise([channels, wide]).init(&site.at("conv2")),
            narrow: Conv2dConfig::pointwise([wide, channels]).init(&site.at("conv3")),
            norm_out: BatchNorm2dConfig::new(channels).init(&site.at("norm2")),
        }
    }
}

impl LocalBlock {
    /// Applies the block.
    ///
    /// # Shapes
    /// - `x` and output: `[batch, channels, height, width]`, both sides of 4 or more
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let x = self.norm_in.forward(self.depthwise.forward(pad_reflect(x, KERNEL / 2)));
        gelu(self.norm_out.forward(self.narrow.forward(gelu(self.widen.forward(x)))))
    }
}
