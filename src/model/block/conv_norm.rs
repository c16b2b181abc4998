//! A convolution with batch normalisation.

use burn::module::Module;
use burn::tensor::Tensor;

use super::{BatchNorm2d, BatchNorm2dConfig, Conv2d, Conv2dConfig};
use crate::model::Site;

/// A convolution with batch normalisation.
#[derive(Module, Debug)]
pub struct ConvNorm {
    conv: Conv2d,
    norm: BatchNorm2d,
}

impl ConvNorm {
    /// Makes both layers, each at its site.
    pub fn init(conv: &Conv2dConfig, conv_site: &Site, norm_site: &Site) -> Self {
        Self::with_norm(conv, &BatchNorm2dConfig::new(conv.channels[1]), [conv_site, norm_site])
    }

    /// The same with a normalisation that isn't the default.
    pub fn with_norm(
        conv: &Conv2dConfig,
        norm: &BatchNorm2dConfig,
        [conv_site, norm_site]: [&Site; 2],
    ) -> Self {
        Self { conv: conv.init(conv_site), norm: norm.init(norm_site) }
    }

    /// Applies both.
    ///
    /// # Shapes
    /// - `x`: `[batch, channels_in, height, width]`
    /// - output: `[batch, channels_out, h, w]` as [`Conv2d`] has it
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.norm.forward(self.conv.forward(x))
    }
}
