//! The five levels of Attention U-Net (paper, figure 1).

use burn::module::Module;
use burn::tensor::Tensor;

use super::{AttentionGate, AttentionGateConfig};
use crate::kernel::{concat, max_pool2, relu, repeat_pixels};
use crate::model::block::{
    BatchNorm2d, BatchNorm2dConfig, Conv2d, Conv2dConfig, DoubleConv, DoubleConvConfig, Start,
};
use crate::model::{Prediction, Site};

/// Channels of the levels, from the finest.
const WIDTHS: [usize; 5] = [32, 64, 128, 256, 512];

/// Attention U-Net.
#[derive(Module, Debug)]
pub struct AttUnet {
    encoders: Vec<DoubleConv>,
    /// From the coarsest.
    decoders: Vec<Decoder>,
    head: Conv2d,
}

/// A step up: to twice the size, and joined with the gated skip.
#[derive(Module, Debug)]
struct Decoder {
    conv: Conv2d,
    norm: BatchNorm2d,
    gate: AttentionGate,
    double: DoubleConv,
}

impl Decoder {
    /// The step to the level `level`, counted from 0 at the finest; the names count the level above it from 1.
    fn init(level: usize, site: &Site) -> Self {
        let [narrow, wide] = [WIDTHS[level], WIDTHS[level + 1]];
        let number = level + 2;
        let up = site.at(&format!("Up{number}.up"));
        Self {
            conv: Conv2dConfig::new([wide, narrow], 3).with_start(Start::Default).init(&up.at("1")),
            norm: BatchNorm2dConfig::new(narrow).init(&up.at("2")),
            gate: AttentionGateConfig::new(narrow, narrow / 2).init(&site.at(&format!("Att{number}"))),
            double: DoubleConvConfig::new([wide, narrow, narrow])
                .init(&site.at(&format!("Up_conv{number}.conv"))),
        }
    }

    fn forward(&self, x: Tensor<4>, skip: Tensor<4>) -> Tensor<4> {
        let up = relu(self.norm.forward(self.conv.forward(repeat_pixels(x, 2))));
        let skip = self.gate.forward(up.clone(), skip);
        self.double.forward(concat(vec![skip, up], 1))
    }
}

impl AttUnet {
    /// Makes the network for RGB input and one output channel.
    pub fn init(site: &Site) -> Self {
        let encoder = |level: usize| {
            let channels_in = if level == 0 { 3 } else { WIDTHS[level - 1] };
            DoubleConvConfig::new([channels_in, WIDTHS[level], WIDTHS[level]])
                .init(&site.at(&format!("Conv{}.conv", level + 1)))
        };
        let head = Conv2dConfig::pointwise([WIDTHS[0], 1]).with_start(Start::Default);
        Self {
            encoders: (0..5).map(encoder).collect(),
            decoders: (0..4).rev().map(|level| Decoder::init(level, site)).collect(),
            head: head.init(&site.at("Conv_1x1")),
        }
    }

    /// Predicts lesions.
    ///
    /// # Shapes
    /// - `images`: `[batch, 3, height, width]`, values 0..255, both sides multiples of 16
    /// - output: `[batch, 1, height, width]`
    pub fn forward(&self, images: Tensor<4>) -> Prediction {
        let mut x = self.encoders[0].forward(images);
        let mut skips = Vec::with_capacity(self.decoders.len());
        for encoder in &self.encoders[1..] {
            skips.push(x.clone());
            x = encoder.forward(max_pool2(x));
        }
        for (decoder, skip) in self.decoders.iter().zip(skips.into_iter().rev()) {
            x = decoder.forward(x, skip);
        }
        Prediction { output: self.head.forward(x), sides: Vec::new() }
    }
}
