//! The encoder of `MobileViTv2`: inverted residuals (`MobileNetV2`), and attention in its last three stages.

use burn::config::Config;
use burn::module::Module;
use burn::tensor::Tensor;

use super::attention::{AttentionBlock, AttentionBlockConfig};
use crate::kernel::{add, silu};
use crate::model::Site;
use crate::model::block::{Conv2dConfig, ConvNorm, Start};

/// Channels of the first layer and of the five stages: 32, 64, 128, 256, 384 and 512 times the width of 0.75.
pub(super) const WIDTHS: [usize; 6] = [24, 48, 96, 192, 288, 384];

/// Layers of attention in the last three stages; it has half of a stage's channels.
const DEPTHS: [usize; 3] = [2, 4, 3];

/// A convolution without bias and its normalisation, by the names of the original.
pub(super) fn conv_norm(site: &Site, conv: Conv2dConfig) -> ConvNorm {
    let conv = conv.with_bias(false).with_start(Start::Default);
    ConvNorm::init(&conv, &site.at("block.conv"), &site.at("block.norm"))
}

/// A convolution with batch normalisation and swish.
#[derive(Module, Debug)]
pub(super) struct Layer {
    conv: ConvNorm,
}

impl Layer {
    /// Makes the layer.
    pub(super) fn init(site: &Site, conv: Conv2dConfig) -> Self {
        Self { conv: conv_norm(site, conv) }
    }

    /// Applies the layer.
    ///
    /// # Shapes
    /// - `x`: `[batch, channels_in, height, width]`
    /// - output: `[batch, channels_out, height / stride, width / stride]`
    pub(super) fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        silu(self.conv.forward(x))
    }
}

/// Settings of [`InvertedResidual`].
#[derive(Config, Debug)]
pub struct InvertedResidualConfig {
    /// Channels in and out.
    pub channels: [usize; 2],
    /// Pixels from one output of the depthwise convolution to the next.
    pub stride: usize,
}

/// Twice the channels, a depthwise convolution of them, and channels made fewer again.
#[derive(Module, Debug)]
pub struct InvertedResidual {
    expand: Layer,
    depthwise: Layer,
    project: ConvNorm,
    around: bool,
}

impl InvertedResidualConfig {
    /// Makes the block.
    pub fn init(&self, site: &Site) -> InvertedResidual {
        let [channels_in, channels_out] = self.channels;
        let (wide, site) = (2 * channels_in, site.at("block"));
        let depthwise = Conv2dConfig::depthwise(wide, 3).with_stride(self.stride);
        InvertedResidual {
            expand: Layer::init(&site.at("exp_1x1"), Conv2dConfig::pointwise([channels_in, wide])),
            depthwise: Layer::init(&site.at("conv_3x3"), depthwise),
            project: conv_norm(&site.at("red_1x1"), Conv2dConfig::pointwise([wide, channels_out])),
            around: self.stride == 1 && channels_in == channels_out,
        }
    }
}

impl InvertedResidual {
    /// Applies the block.
    ///
    /// # Shapes
    /// - `x`: `[batch, channels_in, height, width]`
    /// - output: `[batch, channels_out, height / stride, width / stride]`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let wide = self.depthwise.forward(self.expand.forward(x.clone()));
        let output = self.project.forward(wide);
        if self.around { add(output, x) } else { output }
    }
}

/// The encoder, its last stage dilated instead of strided.
#[derive(Module, Debug)]
pub struct Encoder {
    stem: Layer,
    convs: Vec<InvertedResidual>,
    stages: Vec<(InvertedResidual, AttentionBlock)>,
}

impl Encoder {
    /// Makes the encoder for RGB input.
    pub fn init(site: &Site) -> Self {
        let residual =
            |channels, stride, name: &str| InvertedResidualConfig::new(channels, stride).init(&site.at(name));
        let stage = |(index, &depth): (usize, &usize)| {
            let [before, own] = [WIDTHS[2 + index], WIDTHS[3 + index]];
            let (number, last) = (3 + index, index + 1 == DEPTHS.len());
            // Where the stride is given up, the convolution in its place is still of the old distances.
            let (stride, dilation) = if last { (1, 2) } else { (2, 1) };
            let attention = AttentionBlockConfig::new(own, own / 2, depth, dilation);
            (
                residual([before, own], stride, &format!("layer_{number}.0")),
                attention.init(&site.at(&format!("layer_{number}.1"))),
            )
        };
        Self {
            stem: Layer::init(&site.at("conv_1"), Conv2dConfig::new([3, WIDTHS[0]], 3).with_stride(2)),
            convs: vec![
                residual([WIDTHS[0], WIDTHS[1]], 1, "layer_1.0"),
                residual([WIDTHS[1], WIDTHS[2]], 2, "layer_2.0"),
                residual([WIDTHS[2], WIDTHS[2]], 1, "layer_2.1"),
            ],
            stages: DEPTHS.iter().enumerate().map(stage).collect(),
        }
    }

    /// Features of the last stage.
    ///
    /// # Shapes
    /// - `images`: `[batch, 3, height, width]`
    /// - output: `[batch, 384, height / 16, width / 16]`
    pub fn forward(&self, images: Tensor<4>) -> Tensor<4> {
        let x = self.convs.iter().fold(self.stem.forward(images), |x, block| block.forward(x));
        self.stages.iter().fold(x, |x, (conv, attention)| attention.forward(conv.forward(x)))
    }
}
