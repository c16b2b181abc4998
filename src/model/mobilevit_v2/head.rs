//! The head of `DeepLabv3`: convolutions of several dilations side by side (atrous spatial pyramid pooling).

use burn::module::Module;
use burn::tensor::Tensor;

use super::encoder::{WIDTHS, conv_norm};
use crate::kernel::{concat, mean_pixels, relu, resize_bilinear};
use crate::model::Site;
use crate::model::block::{Conv2dConfig, ConvNorm};

/// Channels of every part of the head.
pub(super) const CHANNELS: usize = 256;

/// Distances between the taps of the 3x3 convolutions.
const DILATIONS: [usize; 3] = [6, 12, 18];

/// A pointwise convolution, dilated ones and the mean of all pixels, beside one another and put together.
#[derive(Module, Debug)]
pub struct Pyramid {
    convs: Vec<ConvNorm>,
    mean: ConvNorm,
    project: ConvNorm,
}

impl Pyramid {
    /// Makes the layer for the encoder's features.
    pub fn init(site: &Site) -> Self {
        let channels = [WIDTHS[5], CHANNELS];
        let pointwise = Conv2dConfig::pointwise;
        let dilated = DILATIONS.map(|dilation| Conv2dConfig::new(channels, 3).with_dilation(dilation));
        let convs = std::iter::once(pointwise(channels)).chain(dilated).enumerate();
        let mean = site.at(&format!("convs.{}.aspp_pool.conv_1x1", 1 + DILATIONS.len()));
        let all = (2 + DILATIONS.len()) * CHANNELS;
        Self {
            convs: convs.map(|(index, conv)| conv_norm(&site.at(&format!("convs.{index}")), conv)).collect(),
            mean: conv_norm(&mean, pointwise(channels)),
            project: conv_norm(&site.at("project"), pointwise([all, CHANNELS])),
        }
    }

    /// Applies the layer.
    ///
    /// # Shapes
    /// - `x`: `[batch, 384, height, width]`
    /// - output: `[batch, 256, height, width]`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [_, _, height, width] = x.dims();
        let mut parts: Vec<Tensor<4>> = self.convs.iter().map(|conv| relu(conv.forward(x.clone()))).collect();
        let mean = relu(self.mean.forward(mean_pixels(x)));
        parts.push(resize_bilinear(mean, [height, width]));
        relu(self.project.forward(concat(parts, 1)))
    }
}
