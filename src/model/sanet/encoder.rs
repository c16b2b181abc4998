//! Res2Net-50 (Gao et al., 2019, arXiv 1904.01169) in the variant "v1b" with four scales of width 26.

use burn::config::Config;
use burn::module::Module;
use burn::tensor::Tensor;

use crate::kernel::{add, average_pool, concat, max_pool, relu};
use crate::model::Site;
use crate::model::block::{Conv2dConfig, ConvNorm, Start};

/// Parts that a block cuts its channels into.
const SCALES: usize = 4;

/// Channels of the three convolutions of the stem.
const STEM: [usize; 4] = [3, 32, 32, 64];

/// Blocks of the four stages.
const BLOCKS: [usize; 4] = [3, 4, 6, 3];

fn conv(channels: [usize; 2], kernel: usize) -> Conv2dConfig {
    Conv2dConfig::new(channels, kernel).with_bias(false).with_start(Start::Default)
}

/// Settings of [`Res2NetBlock`].
#[derive(Config, Debug)]
pub struct Res2NetBlockConfig {
    /// Channels in.
    pub channels: usize,
    /// A quarter of the channels out.
    pub planes: usize,
    /// Pixels from one output to the next.
    pub stride: usize,
    /// Whether the block begins a stage.
    pub first: bool,
}

/// A bottleneck whose channels are cut into parts, each but the last convolved after the one before is added.
#[derive(Module, Debug)]
pub struct Res2NetBlock {
    entry: ConvNorm,
    parts: Vec<ConvNorm>,
    exit: ConvNorm,
    around: Option<ConvNorm>,
    width: usize,
    stride: usize,
}

impl Res2NetBlockConfig {
    /// Makes the block.
    pub fn init(&self, site: &Site) -> Res2NetBlock {
        let width = self.planes * 26 / 64;
        let out = 4 * self.planes;
        let part = |index: usize| {
            let conv = conv([width; 2], 3).with_stride(self.stride);
            ConvNorm::init(&conv, &site.at(&format!("convs.{index}")), &site.at(&format!("bns.{index}")))
        };
        let pointwise = |channels, conv_name: &str, norm_name: &str| {
            ConvNorm::init(&conv(channels, 1), &site.at(conv_name), &site.at(norm_name))
        };
        Res2NetBlock {
            entry: pointwise([self.channels, SCALES * width], "conv1", "bn1"),
            parts: (0..SCALES - 1).map(part).collect(),
            exit: pointwise([SCALES * width, out], "conv3", "bn3"),
            around: self.first.then(|| pointwise([self.channels, out], "downsample.1", "downsample.2")),
            width,
            stride: self.stride,
        }
    }
}

impl Res2NetBlock {
    /// Applies the block.
    ///
    /// # Shapes
    /// - `x`: `[batch, channels, height, width]`, both sides multiples of the stride
    /// - output: `[batch, 4 * planes, height / stride, width / stride]`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let wide = relu(self.entry.forward(x.clone()));
        let cut = |index: usize| wide.clone().narrow(1, index * self.width, self.width);
        let mut outputs: Vec<Tensor<4>> = Vec::with_capacity(SCALES);
        for (index, part) in self.parts.iter().enumerate() {
            // The first block of a stage convolves each part alone.
            let input = match outputs.last() {
                Some(before) if self.around.is_none() => add(before.clone(), cut(index)),
                _ => cut(index),
            };
            outputs.push(relu(part.forward(input)));
        }
        let last = cut(SCALES - 1);
        outputs.push(if self.around.is_some() { average_pool(last, 3, self.stride, 1) } else { last });
        let output = self.exit.forward(concat(outputs, 1));
        let around = match &self.around {
            Some(around) if self.stride > 1 => around.forward(average_pool(x, self.stride, self.stride, 0)),
            Some(around) => around.forward(x),
            None => x,
        };
        relu(add(output, around))
    }
}

/// The encoder.
#[derive(Module, Debug)]
pub struct Res2Net {
    stem: Vec<ConvNorm>,
    stages: Vec<Vec<Res2NetBlock>>,
}

impl Res2Net {
    /// Makes the encoder for RGB input.
    pub fn init(site: &Site) -> Self {
        let norms = ["conv1.1", "conv1.4", "bn1"];
        let stem = |index: usize| {
            let conv = conv([STEM[index], STEM[index + 1]], 3).with_stride(if index == 0 { 2 } else { 1 });
            ConvNorm::init(&conv, &site.at(&format!("conv1.{}", 3 * index)), &site.at(norms[index]))
        };
        let stage = |stage: usize| {
            let planes = 64 << stage;
            let before = if stage == 0 { 64 } else { 2 * planes };
            let block = |index: usize| {
                let first = index == 0;
                let channels = if first { before } else { 4 * planes };
                let stride = if first && stage > 0 { 2 } else { 1 };
                let site = site.at(&format!("layer{}.{index}", stage + 1));
                Res2NetBlockConfig::new(channels, planes, stride, first).init(&site)
            };
            (0..BLOCKS[stage]).map(block).collect()
        };
        Self { stem: (0..3).map(stem).collect(), stages: (0..4).map(stage).collect() }
    }

    /// Features of the four stages, from the finest.
    ///
    /// # Shapes
    /// - `images`: `[batch, 3, height, width]`, both sides multiples of 32
    /// - output: `[batch, 256 << stage, height / 4 >> stage, width / 4 >> stage]`
    pub fn forward(&self, images: Tensor<4>) -> Vec<Tensor<4>> {
        let mut x = self.stem.iter().fold(images, |x, conv| relu(conv.forward(x)));
        x = max_pool(x, 3, 2, 1);
        let mut features = Vec::with_capacity(self.stages.len());
        for stage in &self.stages {
            x = stage.iter().fold(x, |x, block| block.forward(x));
            features.push(x.clone());
        }
        features
    }
}
