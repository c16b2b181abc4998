//! Depthwise-separable convolutions, of which several light networks are made.

use burn::module::Module;
use burn::tensor::Tensor;

use super::{Conv2d, Conv2dConfig};
use crate::kernel::gelu;
use crate::model::Site;

/// A depthwise 3x3 convolution, GELU and a pointwise convolution.
#[derive(Module, Debug)]
pub struct DepthwiseSeparable {
    /// Of each channel by itself.
    pub depthwise: Conv2d,
    /// Of single pixels.
    pub pointwise: Conv2d,
}

impl DepthwiseSeparable {
    /// Makes the convolutions of so many channels in and out.
    pub fn init(channels: [usize; 2], site: &Site) -> Self {
        Self {
            depthwise: Conv2dConfig::depthwise(channels[0], 3).init(&site.at("0")),
            pointwise: Conv2dConfig::pointwise(channels).init(&site.at("2")),
        }
    }

    /// Applies the convolutions.
    ///
    /// # Shapes
    /// - `x`: `[batch, channels_in, height, width]`
    /// - output: `[batch, channels_out, height, width]`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.pointwise.forward(gelu(self.depthwise.forward(x)))
    }
}
