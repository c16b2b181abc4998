//! `BiFusion` (paper section 2, figure 1): features of both branches at one scale put together.

use burn::config::Config;
use burn::module::Module;
use burn::tensor::Tensor;

use crate::kernel::{add, concat, max_channels, mean_channels, mean_pixels, multiply, relu, sigmoid};
use crate::model::Site;
use crate::model::block::{BatchNorm2d, BatchNorm2dConfig, Conv2d, Conv2dConfig, ConvNorm, Start};

/// A convolution that starts as all of the decoder do.
pub(super) fn conv(channels: [usize; 2], kernel: usize) -> Conv2dConfig {
    Conv2dConfig::new(channels, kernel).with_start(Start::FanInBiased)
}

/// A convolution with batch normalisation where the original names the two `conv` and `bn`.
pub(super) fn conv_norm(site: &Site, conv: &Conv2dConfig) -> ConvNorm {
    ConvNorm::init(conv, &site.at("conv"), &site.at("bn"))
}

/// Three convolutions, each after a normalisation, and a fourth around them.
#[derive(Module, Debug)]
struct Residual {
    norms: Vec<BatchNorm2d>,
    convs: Vec<Conv2d>,
    around: Conv2d,
}

impl Residual {
    fn init(site: &Site, [channels, out]: [usize; 2]) -> Self {
        let half = out / 2;
        let norm =
            |channels, number: usize| BatchNorm2dConfig::new(channels).init(&site.at(&format!("bn{number}")));
        let inner = |channels, kernel, name: &str| conv(channels, kernel).init(&site.at(name).at("conv"));
        Self {
            norms: vec![norm(channels, 1), norm(half, 2), norm(half, 3)],
            convs: vec![
                inner([channels, half], 1, "conv1"),
                inner([half, half], 3, "conv2"),
                inner([half, out], 1, "conv3"),
            ],
            around: inner([channels, out], 1, "skip_layer"),
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let layers = self.norms.iter().zip(&self.convs);
        let inner = layers.fold(x.clone(), |x, (norm, conv)| conv.forward(relu(norm.forward(x))));
        add(inner, self.around.forward(x))
    }
}

/// Settings of [`Fusion`].
#[derive(Config, Debug)]
pub struct FusionConfig {
    /// Channels of the convolutional branch, and out.
    pub local: usize,
    /// Channels of the transformer branch.
    pub global: usize,
    /// How many times fewer the means of the channels become between two layers.
    pub narrowing: usize,
}

/// Both branches weighted, the one by pixels, the other by channels, beside the product of the two.
#[derive(Module, Debug)]
pub struct Fusion {
    squeeze: Conv2d,
    excite: Conv2d,
    pixels: ConvNorm,
    local: ConvNorm,
    global: ConvNorm,
    product: ConvNorm,
    residual: Residual,
}

impl FusionConfig {
    /// Makes the block.
    pub fn init(&self, site: &Site) -> Fusion {
        let Self { local, global, narrowing } = *self;
        let narrow = global / narrowing;
        let block = |channels, kernel, name: &str| conv_norm(&site.at(name), &conv(channels, kernel));
        Fusion {
            squeeze: conv([global, narrow], 1).init(&site.at("fc1")),
            excite: conv([narrow, global], 1).init(&site.at("fc2")),
            pixels: conv_norm(&site.at("spatial"), &conv([2, 1], 7).with_bias(false)),
            local: block([local, local], 1, "W_g"),
            global: block([global, local], 1, "W_x"),
            product: block([local, local], 3, "W"),
            residual: Residual::init(&site.at("residual"), [2 * local + global, local]),
        }
    }
}

impl Fusion {
    /// Applies the block.
    ///
    /// # Shapes
    /// - `local`: `[batch, local channels, height, width]`
    /// - `global`: `[batch, global channels, height, width]`
    /// - output: `[batch, local channels, height, width]`
    pub fn forward(&self, local: Tensor<4>, global: Tensor<4>) -> Tensor<4> {
        let both = multiply(self.local.forward(local.clone()), self.global.forward(global.clone()));
        let product = relu(self.product.forward(both));
        let summary = concat(vec![max_channels(local.clone()), mean_channels(local.clone())], 1);
        let local = multiply(sigmoid(self.pixels.forward(summary)), local);
        let means = relu(self.squeeze.forward(mean_pixels(global.clone())));
        let global = multiply(sigmoid(self.excite.forward(means)), global);
        self.residual.forward(concat(vec![local, global, product], 1))
    }
}
