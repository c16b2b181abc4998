//! The six-stage U of UCM-Net.

use burn::module::Module;
use burn::tensor::Tensor;

use super::ucm_block::EPSILON;
use super::{UcmBlock, UcmBlockConfig};
use crate::kernel::{add, max_pool2, relu, resize_bilinear_areas};
use crate::model::block::{
    ChannelNorm, ChannelNormConfig, Conv2d, Conv2dConfig, GroupNorm, GroupNormConfig, Start,
};
use crate::model::{Prediction, Site};

/// Channels of the stages, from the finest.
const WIDTHS: [usize; 6] = [8, 16, 24, 32, 48, 64];

/// Channels before the head.
const LAST_WIDTH: usize = 3;

/// Names of the blocks of the encoder.
const BLOCKS: [&str; 5] = ["block_0_1", "block0", "block1", "block2", "block3"];

/// A UCM block and a norm after it.
#[derive(Module, Debug)]
struct NormalBlock {
    block: UcmBlock,
    norm: ChannelNorm,
}

/// A step down: every other pixel through a linear layer and a norm, then a block.
#[derive(Module, Debug)]
struct Encoder {
    patches: Conv2d,
    patch_norm: ChannelNorm,
    block: NormalBlock,
}

/// A step up.
#[derive(Module, Debug)]
struct Decoder {
    conv: Conv2d,
    norm: GroupNorm,
    side_head: Conv2d,
    block: NormalBlock,
}

/// UCM-Net.
#[derive(Module, Debug)]
pub struct UcmNet {
    stem: Conv2d,
    stem_norm: GroupNorm,
    encoders: Vec<Encoder>,
    /// From the coarsest.
    decoders: Vec<Decoder>,
    last_decoder: Conv2d,
    head: Conv2d,
}

impl NormalBlock {
    fn init(channels: usize, block: &Site, norm: &Site) -> Self {
        Self {
            block: UcmBlockConfig::new(channels).init(&block.at("0")),
            norm: ChannelNormConfig::new(channels).with_epsilon(EPSILON).init(norm),
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.norm.forward(self.block.forward(x))
    }
}

impl Encoder {
    /// The step number `step` of five.
    fn init(step: usize, site: &Site) -> Self {
        let [channels_in, channels] = [WIDTHS[step], WIDTHS[step + 1]];
        let patches = site.at(&format!("patch_embed{}", step + 1));
        Self {
            patches: Conv2dConfig::pointwise([channels_in, channels])
                .with_stride(2)
                .with_start(Start::Default)
                .init(&patches.at("proj")),
            patch_norm: ChannelNormConfig::new(channels).with_epsilon(EPSILON).init(&patches.at("norm")),
            block: NormalBlock::init(
                channels,
                &site.at(BLOCKS[step]),
                &site.at(&format!("norm{}", step + 1)),
            ),
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.block.forward(self.patch_norm.forward(self.patches.forward(x)))
    }
}

impl Decoder {
    /// The step number `step` of five.
    fn init(step: usize, site: &Site) -> Self {
        let [channels_in, channels] = [WIDTHS[5 - step], WIDTHS[4 - step]];
        let at = |name: &str, number: usize| site.at(&format!("{name}{number}"));
        let pointwise =
            |channels, site: Site| Conv2dConfig::pointwise(channels).with_start(Start::Default).init(&site);
        Self {
            conv: pointwise([channels_in, channels], at("decoder", step)),
            norm: GroupNormConfig::new(4, channels).init(&at("dbn", step)),
            side_head: pointwise([channels, 1], at("finalpre", step)),
            block: NormalBlock::init(channels, &at("dblock", step), &at("dnorm", step + 2)),
        }
    }
}

impl UcmNet {
    /// Makes the network for RGB input and one output channel.
    pub fn init(site: &Site) -> Self {
        let conv = |channels, kernel, name: &str| {
            Conv2dConfig::new(channels, kernel).with_start(Start::Default).init(&site.at(name))
        };
        Self {
            stem: conv([3, WIDTHS[0]], 3, "encoder1"),
            stem_norm: GroupNormConfig::new(4, WIDTHS[0]).init(&site.at("ebn1")),
            encoders: (0..5).map(|step| Encoder::init(step, site)).collect(),
            decoders: (0..5).map(|step| Decoder::init(step, site)).collect(),
            last_decoder: conv([WIDTHS[0], LAST_WIDTH], 1, "decoder5"),
            head: conv([LAST_WIDTH, 1], 1, "final"),
        }
    }

    /// Predicts lesions.
    ///
    /// # Shapes
    /// - `images`: `[batch, 3, height, width]`, values 0..255, both sides multiples of 32
    /// - output: `[batch, 1, height, width]`
    /// - side outputs: `[batch, 1, height / 2^k, width / 2^k]` for k = 1 to 5
    pub fn forward(&self, images: Tensor<4>) -> Prediction {
        let [_, _, height, width] = images.dims();
        let mut x = relu(max_pool2(self.stem_norm.forward(self.stem.forward(images))));
        let mut skips = Vec::with_capacity(self.encoders.len());
        for encoder in &self.encoders {
            skips.push(x.clone());
            x = encoder.forward(x);
        }
        let mut sides = Vec::with_capacity(self.decoders.len());
        for (decoder, skip) in self.decoders.iter().zip(skips.into_iter().rev()) {
            let [_, _, height, width] = skip.dims();
            let up = resize_bilinear_areas(decoder.norm.forward(decoder.conv.forward(x)), [height, width]);
            x = add(relu(up), skip);
            // The original predicts from the resized map, which is the same for a layer over single pixels.
            sides.push(decoder.side_head.forward(x.clone()));
            x = decoder.block.forward(x);
        }
        sides.reverse();
        let last = relu(resize_bilinear_areas(self.last_decoder.forward(x), [height, width]));
        Prediction { output: self.head.forward(last), sides }
    }
}
