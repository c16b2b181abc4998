//! The stages of UTNetV2: convolutions at the fine scales, attention at the coarse ones.

use burn::module::Module;
use burn::tensor::Tensor;

use super::attention::{AttentionBlock, Maps};
use super::block::{BasicBlock, SeparableConv, plain_conv};
use super::map::{MapFusion, MapGeneration};
use crate::kernel::{concat, merge_pixels, resize_bilinear};
use crate::model::block::{BatchNorm2d, BatchNorm2dConfig, Conv2d, Conv2dConfig, Start};
use crate::model::{Prediction, Site};

/// Channels of the stem and of the four stages of the encoder; the decoder has them in turn.
const WIDTHS: [usize; 5] = [32, 64, 128, 256, 512];

/// Channels that a head of the attention sees.
const HEAD: usize = 32;

/// Convolutional blocks of the stages, encoder and decoder.
const CONVS: [usize; 8] = [2, 1, 0, 0, 0, 1, 2, 2];

/// Attention blocks of the stages, encoder and decoder.
const ATTENTIONS: [usize; 8] = [0, 1, 2, 2, 2, 1, 0, 0];

fn convs(site: &Site, stage: usize, channels: usize) -> Vec<BasicBlock> {
    let block = |index: usize| BasicBlock::init(&site.at(&format!("conv_blocks.{index}")), channels);
    (0..CONVS[stage]).map(block).collect()
}

fn attentions(site: &Site, stage: usize, channels: usize) -> Vec<AttentionBlock> {
    let block = |index: usize| {
        let site = site.at(&format!("trans_blocks.blocks.{index}"));
        AttentionBlock::init(&site, channels, channels / HEAD)
    };
    (0..ATTENTIONS[stage]).map(block).collect()
}

/// Where a stage of the encoder has its semantic map from.
#[derive(Module, Debug)]
enum Source {
    /// From the map of the stage before.
    Before(Conv2d),
    /// From its own features.
    Features(MapGeneration),
}

/// A stage of the encoder.
#[derive(Module, Debug)]
pub struct Down {
    norm: BatchNorm2d,
    reduction: SeparableConv,
    convs: Vec<BasicBlock>,
    source: Option<Source>,
    attentions: Vec<AttentionBlock>,
}

impl Down {
    /// Makes the stage, counted from 0.
    pub fn init(site: &Site, stage: usize) -> Self {
        let [before, own] = [WIDTHS[stage], WIDTHS[stage + 1]];
        let merging = site.at("patch_merging");
        let source = match stage {
            0 => None,
            1 => Some(Source::Features(MapGeneration::init(&site.at("map_gen"), own))),
            _ => Some(Source::Before(plain_conv(&merging.at("map_projection"), [before, own], 1))),
        };
        Self {
            norm: BatchNorm2dConfig::new(4 * before).init(&merging.at("norm")),
            reduction: SeparableConv::init(&merging.at("reduction"), [4 * before, own]),
            convs: convs(site, stage, own),
            source,
            attentions: attentions(site, stage, own),
        }
    }

    /// Applies the stage.
    ///
    /// # Shapes
    /// - `x`: `[batch, channels_in, height, width]`
    /// - `codes`: `[batch, channels_in, 3, 3]`, the map of the stage before where there is one
    /// - output: `[batch, channels_out, height / 2, width / 2]` and `[batch, channels_out, 3, 3]`
    pub fn forward(&self, x: Tensor<4>, codes: Option<Tensor<4>>) -> (Tensor<4>, Option<Tensor<4>>) {
        let x = self.reduction.forward(self.norm.forward(merge_pixels(x)));
        let features = self.convs.iter().fold(x, |x, block| block.forward(x));
        let codes = match &self.source {
            None => None,
            Some(Source::Features(generation)) => Some(generation.forward(features.clone())),
            Some(Source::Before(projection)) => codes.map(|codes| projection.forward(codes)),
        };
        let Some(codes) = codes else { return (features, None) };
        let maps = self.attentions.iter().fold(Maps { features, codes }, |maps, block| block.forward(maps));
        (maps.features, Some(maps.codes))
    }
}

/// A stage of the decoder.
#[derive(Module, Debug)]
pub struct Up {
    norm: BatchNorm2d,
    reduction: Conv2d,
    map_reduction: Conv2d,
    attentions: Vec<AttentionBlock>,
    convs: Vec<BasicBlock>,
}

impl Up {
    /// Makes the stage, counted from 0.
    pub fn init(site: &Site, stage: usize) -> Self {
        let [coarse, own] = [WIDTHS[4 - stage], WIDTHS[3 - stage]];
        // The encoder has maps for the first two stages only.
        let map = if stage < 2 { coarse + own } else { coarse };
        Self {
            norm: BatchNorm2dConfig::new(coarse + own).init(&site.at("norm")),
            reduction: plain_conv(&site.at("reduction"), [coarse + own, own], 1),
            map_reduction: plain_conv(&site.at("map_reduction"), [map, own], 1),
            attentions: attentions(site, 4 + stage, own),
            convs: convs(site, 4 + stage, own),
        }
    }

    /// Applies the stage.
    ///
    /// # Shapes
    /// - `maps`: of the stage before, `[batch, channels_in, height / 2, width / 2]`
    /// - `skip`: `[batch, channels_out, height, width]` and, where the encoder has one, its map
    /// - output: features `[batch, channels_out, height, width]`
    pub fn forward(&self, maps: Maps, skip: Tensor<4>, skip_codes: Option<Tensor<4>>) -> Maps {
        let [_, _, height, width] = skip.dims();
        let features = concat(vec![resize_bilinear(maps.features, [height, width]), skip], 1);
        let codes = match skip_codes {
            Some(skip) => concat(vec![maps.codes, skip], 1),
            None => maps.codes,
        };
        let maps = Maps {
            features: self.reduction.forward(self.norm.forward(features)),
            codes: self.map_reduction.forward(codes),
        };
        let maps = self.attentions.iter().fold(maps, |maps, block| block.forward(maps));
        Maps { features: self.convs.iter().fold(maps.features, |x, block| block.forward(x)), ..maps }
    }
}

/// UTNetV2.
#[derive(Module, Debug)]
pub struct UtnetV2 {
    stem: Conv2d,
    stem_block: BasicBlock,
    downs: Vec<Down>,
    fusion: MapFusion,
    ups: Vec<Up>,
    head: Conv2d,
}

impl UtnetV2 {
    /// Makes the network for RGB input and one output channel.
    pub fn init(site: &Site) -> Self {
        Self {
            stem: plain_conv(&site.at("inc.conv1"), [3, WIDTHS[0]], 3),
            stem_block: BasicBlock::init(&site.at("inc.conv2"), WIDTHS[0]),
            downs: (0..4).map(|stage| Down::init(&site.at(&format!("down{}", stage + 1)), stage)).collect(),
            fusion: MapFusion::init(&site.at("map_fusion"), &WIDTHS[2..]),
            ups: (0..4).map(|stage| Up::init(&site.at(&format!("up{}", stage + 1)), stage)).collect(),
            head: Conv2dConfig::pointwise([WIDTHS[0], 1]).with_start(Start::Default).init(&site.at("outc")),
        }
    }

    /// Predicts lesions.
    ///
    /// # Shapes
    /// - `images`: `[batch, 3, height, width]`, values 0..255, both sides multiples of 16
    /// - output: `[batch, 1, height, width]`
    pub fn forward(&self, images: Tensor<4>) -> Prediction {
        let mut x = self.stem_block.forward(self.stem.forward(images));
        let (mut codes, mut skips, mut maps) = (None, Vec::new(), Vec::new());
        for down in &self.downs {
            skips.push(x.clone());
            (x, codes) = down.forward(x, codes);
            maps.extend(codes.clone());
        }
        let mut maps = self.fusion.forward(maps);
        let coarsest = maps.pop().expect("three stages with attention");
        let mut state = Maps { features: x, codes: coarsest };
        for (up, skip) in self.ups.iter().zip(skips.into_iter().rev()) {
            state = up.forward(state, skip, maps.pop());
        }
        Prediction { output: self.head.forward(state.features), sides: Vec::new() }
    }
}
