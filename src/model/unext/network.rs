//! The U of UNeXt: three convolutional stages, then two of tokens (paper, figure 2).

use burn::module::Module;
use burn::tensor::Tensor;

use super::shifted_mlp::EPSILON;
use super::{ShiftedMlp, ShiftedMlpConfig};
use crate::kernel::{add, max_pool2, relu, resize_bilinear_areas};
use crate::model::block::{
    BatchNorm2d, BatchNorm2dConfig, ChannelNorm, ChannelNormConfig, Conv2d, Conv2dConfig, Start,
};
use crate::model::{Prediction, Site};

/// Channels of the stages, from the finest.
const WIDTHS: [usize; 5] = [8, 16, 32, 64, 128];

/// Stages of the encoder that are plain convolutions: the finest.
const PLAIN_ENCODERS: usize = 3;

/// UNeXt-S.
#[derive(Module, Debug)]
pub struct UnextS {
    encoders: Vec<NormalConv>,
    token_encoders: Vec<TokenEncoder>,
    /// From the coarsest; the last step up has a convolution only.
    decoders: Vec<NormalConv>,
    token_decoders: Vec<Tokens>,
    last_decoder: Conv2d,
    head: Conv2d,
}

/// A 3x3 convolution and batch normalisation.
#[derive(Module, Debug)]
struct NormalConv {
    conv: Conv2d,
    norm: BatchNorm2d,
}

/// A shifted perceptron and a norm after it.
#[derive(Module, Debug)]
struct Tokens {
    block: ShiftedMlp,
    norm: ChannelNorm,
}

/// Overlapping patches become tokens of half the resolution, which pass a shifted perceptron.
#[derive(Module, Debug)]
struct TokenEncoder {
    patches: Conv2d,
    patch_norm: ChannelNorm,
    tokens: Tokens,
}

impl NormalConv {
    fn init(channels: [usize; 2], conv: &Site, norm: &Site) -> Self {
        Self {
            conv: Conv2dConfig::new(channels, 3).with_start(Start::Default).init(conv),
            norm: BatchNorm2dConfig::new(channels[1]).init(norm),
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.norm.forward(self.conv.forward(x))
    }
}

impl Tokens {
    fn init(channels: usize, block: &Site, norm: &Site) -> Self {
        Self {
            block: ShiftedMlpConfig::new(channels).init(&block.at("0")),
            norm: ChannelNormConfig::new(channels).with_epsilon(EPSILON).init(norm),
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.norm.forward(self.block.forward(x))
    }
}

impl TokenEncoder {
    /// The stage number `index` of those with tokens, whose names count on from the plain ones.
    fn init(index: usize, site: &Site) -> Self {
        let stage = PLAIN_ENCODERS + index;
        let patches = site.at(&format!("patch_embed{stage}"));
        let [channels_in, channels] = [WIDTHS[stage - 1], WIDTHS[stage]];
        Self {
            patches: Conv2dConfig::new([channels_in, channels], 3).with_stride(2).init(&patches.at("proj")),
            patch_norm: ChannelNormConfig::new(channels).with_epsilon(EPSILON).init(&patches.at("norm")),
            tokens: Tokens::init(
                channels,
                &site.at(&format!("block{}", index + 1)),
                &site.at(&format!("norm{stage}")),
            ),
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.tokens.forward(self.patch_norm.forward(self.patches.forward(x)))
    }
}

impl UnextS {
    /// Makes the network for RGB input and one output channel.
    pub fn init(site: &Site) -> Self {
        let at = |name: &str, number: usize| site.at(&format!("{name}{number}"));
        let encoder = |i: usize| {
            let channels_in = if i == 0 { 3 } else { WIDTHS[i - 1] };
            NormalConv::init([channels_in, WIDTHS[i]], &at("encoder", i + 1), &at("ebn", i + 1))
        };
        let decoder = |step: usize| {
            let channels = [WIDTHS[4 - step], WIDTHS[3 - step]];
            NormalConv::init(channels, &at("decoder", step + 1), &at("dbn", step + 1))
        };
        let token_decoder = |step: usize| {
            Tokens::init(WIDTHS[3 - step], &at("dblock", step + 1), &at("dnorm", PLAIN_ENCODERS + step))
        };
        let last = Conv2dConfig::new([WIDTHS[0]; 2], 3).with_start(Start::Default);
        Self {
            encoders: (0..PLAIN_ENCODERS).map(encoder).collect(),
            token_encoders: (0..2).map(|index| TokenEncoder::init(index, site)).collect(),
            decoders: (0..4).map(decoder).collect(),
            token_decoders: (0..2).map(token_decoder).collect(),
            last_decoder: last.init(&at("decoder", 5)),
            head: Conv2dConfig::pointwise([WIDTHS[0], 1]).with_start(Start::Default).init(&site.at("final")),
        }
    }

    /// Predicts lesions.
    ///
    /// # Shapes
    /// - `images`: `[batch, 3, height, width]`, values 0..255, both sides multiples of 32
    /// - output: `[batch, 1, height, width]`
    pub fn forward(&self, images: Tensor<4>) -> Prediction {
        let mut features = Vec::with_capacity(WIDTHS.len());
        let mut x = images;
        for encoder in &self.encoders {
            x = relu(max_pool2(encoder.forward(x)));
            features.push(x.clone());
        }
        for encoder in &self.token_encoders {
            x = encoder.forward(x);
            features.push(x.clone());
        }
        // The coarsest is what the decoder starts from, no skip.
        let skips = features.into_iter().rev().skip(1);
        for (step, (decoder, skip)) in self.decoders.iter().zip(skips).enumerate() {
            x = add(relu(twice(decoder.forward(x))), skip);
            if let Some(tokens) = self.token_decoders.get(step) {
                x = tokens.forward(x);
            }
        }
        x = relu(twice(self.last_decoder.forward(x)));
        Prediction { output: self.head.forward(x), sides: Vec::new() }
    }
}

/// The map at twice its height and width.
fn twice(x: Tensor<4>) -> Tensor<4> {
    let [_, _, height, width] = x.dims();
    resize_bilinear_areas(x, [2 * height, 2 * width])
}
