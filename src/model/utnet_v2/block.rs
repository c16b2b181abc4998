//! The convolutional blocks of UTNetV2, normalised before they convolve.

use burn::module::Module;
use burn::tensor::Tensor;

use crate::kernel::{add, gelu, mean_pixels, multiply, relu, sigmoid};
use crate::model::Site;
use crate::model::block::{BatchNorm2d, BatchNorm2dConfig, Conv2d, Conv2dConfig, Start};

/// A convolution without bias that starts as PyTorch's do.
pub(super) fn plain_conv(site: &Site, channels: [usize; 2], kernel: usize) -> Conv2d {
    Conv2dConfig::new(channels, kernel).with_bias(false).with_start(Start::Default).init(site)
}

/// A depthwise 3x3 convolution without bias.
fn depthwise(site: &Site, channels: usize) -> Conv2d {
    Conv2dConfig::depthwise(channels, 3).with_bias(false).with_start(Start::Default).init(site)
}

/// Batch normalisation, GELU and a convolution.
#[derive(Module, Debug)]
pub struct NormActConv {
    norm: BatchNorm2d,
    conv: Conv2d,
}

impl NormActConv {
    fn new(site: &Site, channels: usize, conv: Conv2d) -> Self {
        Self { norm: BatchNorm2dConfig::new(channels).init(&site.at("norm")), conv }
    }

    /// Applies the block.
    ///
    /// # Shapes
    /// - `x`: `[batch, channels_in, height, width]`
    /// - output: `[batch, channels_out, height, width]`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.conv.forward(gelu(self.norm.forward(x)))
    }

    /// The same without GELU.
    fn forward_linear(&self, x: Tensor<4>) -> Tensor<4> {
        self.conv.forward(self.norm.forward(x))
    }
}

/// Two 3x3 convolutions around which the input is passed.
#[derive(Module, Debug)]
pub struct BasicBlock {
    convs: Vec<NormActConv>,
}

impl BasicBlock {
    /// Makes the block.
    pub fn init(site: &Site, channels: usize) -> Self {
        let conv = |name: &str| {
            let site = site.at(name);
            NormActConv::new(&site, channels, plain_conv(&site.at("conv"), [channels; 2], 3))
        };
        Self { convs: vec![conv("conv1"), conv("conv2")] }
    }

    /// Applies the block.
    ///
    /// # Shapes
    /// - `x` and output: `[batch, channels, height, width]`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let inner = self.convs.iter().fold(x.clone(), |x, conv| conv.forward(x));
        add(inner, x)
    }
}

/// A depthwise 3x3 convolution and a pointwise one.
#[derive(Module, Debug)]
pub struct SeparableConv {
    depthwise: Conv2d,
    pointwise: Conv2d,
}

impl SeparableConv {
    /// Makes the layer.
    pub fn init(site: &Site, channels: [usize; 2]) -> Self {
        Self {
            depthwise: depthwise(&site.at("depthwise"), channels[0]),
            pointwise: plain_conv(&site.at("pointwise"), channels, 1),
        }
    }

    /// Applies the layer.
    ///
    /// # Shapes
    /// - `x`: `[batch, channels_in, height, width]`
    /// - output: `[batch, channels_out, height, width]`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.pointwise.forward(self.depthwise.forward(x))
    }
}

/// A depthwise convolution, channels weighted by their means, and a pointwise convolution; the input is passed around
/// them. This is `MBConv` of the original where nothing is expanded.
#[derive(Module, Debug)]
pub struct InvertedBlock {
    depthwise: NormActConv,
    squeeze: Conv2d,
    excite: Conv2d,
    pointwise: NormActConv,
}

impl InvertedBlock {
    /// Makes the block; the means pass a quarter of the channels.
    pub fn init(site: &Site, channels: usize) -> Self {
        let (wide, last) = (site.at("depthwise"), site.at("pointwise"));
        let weight = |channels, position: &str| {
            let site = site.at("se_block.excitation").at(position);
            Conv2dConfig::pointwise(channels).with_start(Start::Default).init(&site)
        };
        Self {
            depthwise: NormActConv::new(&wide, channels, depthwise(&wide.at("conv"), channels)),
            squeeze: weight([channels, channels / 4], "0"),
            excite: weight([channels / 4, channels], "2"),
            pointwise: NormActConv::new(&last, channels, plain_conv(&last.at("conv"), [channels; 2], 1)),
        }
    }

    /// Applies the block.
    ///
    /// # Shapes
    /// - `x` and output: `[batch, channels, height, width]`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let inner = self.depthwise.forward(x.clone());
        let means = relu(self.squeeze.forward(mean_pixels(inner.clone())));
        let weighted = multiply(inner, sigmoid(self.excite.forward(means)));
        add(self.pointwise.forward_linear(weighted), x)
    }
}
