//! The six-stage U of LB-UNet.

use burn::module::Module;
use burn::tensor::Tensor;

use super::{Gate, GateConfig, GroupShuffle, GroupShuffleConfig, LocalBlock, LocalBlockConfig};
use crate::kernel::{gelu, resize_bilinear};
use crate::model::block::{BatchNorm2d, BatchNorm2dConfig, Conv2d, Conv2dConfig, GroupNorm, GroupNormConfig};
use crate::model::{Prediction, Site};

/// Channels of the stages, from the finest.
const WIDTHS: [usize; 6] = [8, 16, 24, 32, 48, 64];

/// Stages that are plain convolutions: the finest of the encoder.
const PLAIN_ENCODERS: usize = 3;

/// Stages of the decoder, from the coarsest, that are group shuffle blocks.
const DEEP_DECODERS: usize = 3;

/// Stages of the decoder, from the coarsest, that predict no boundary.
const WITHOUT_BOUNDARY: usize = 2;

/// By how much a skip is raised where a stage's mask is, from the coarsest.
const MASK_SHARES: [f64; 5] = [0.1, 0.2, 0.3, 0.4, 0.5];

/// By how much a skip is raised where a stage's boundary is, from the coarsest that has one.
const BOUNDARY_SHARES: [f64; 3] = [0.1, 0.2, 0.3];

/// Batch normalisation and a convolution that halves both sides.
#[derive(Module, Debug)]
struct Down {
    norm: BatchNorm2d,
    conv: Conv2d,
}

impl Down {
    fn init(channels: usize, site: &Site) -> Self {
        let conv = Conv2dConfig::new([channels; 2], 2).with_stride(2).with_padding(Some(0));
        Self {
            norm: BatchNorm2dConfig::new(channels).init(&site.at("bn")),
            conv: conv.init(&site.at("conv")),
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.conv.forward(self.norm.forward(x))
    }
}

/// LB-UNet.
#[derive(Module, Debug)]
pub struct LbUnet {
    plain_encoders: Vec<Conv2d>,
    local: LocalBlock,
    downs: Vec<Down>,
    deep_encoders: Vec<GroupShuffle>,
    encoder_norms: Vec<GroupNorm>,
    deep_decoders: Vec<GroupShuffle>,
    plain_decoders: Vec<Conv2d>,
    decoder_norms: Vec<GroupNorm>,
    /// From the coarsest.
    gates: Vec<Gate>,
    head: Conv2d,
}

impl LbUnet {
    /// Makes the network for RGB input and one output channel.
    pub fn init(site: &Site) -> Self {
        let w = WIDTHS;
        let at = |name: &str, number: usize| site.at(&format!("{name}{number}"));
        let plain = |channels, site: Site| Conv2dConfig::new(channels, 3).init(&site.at("0"));
        let deep = |channels, site: Site| GroupShuffleConfig::new(channels).init(&site.at("0"));
        let norm = |channels, site: Site| GroupNormConfig::new(4, channels).init(&site);
        let channels_in = |stage: usize| if stage == 0 { 3 } else { w[stage - 1] };
        let gate = |step: usize| {
            let boundary = step.checked_sub(WITHOUT_BOUNDARY);
            let site = boundary.map_or_else(|| at("pred", step + 1), |finer| at("gate", finer + 1));
            let share = boundary.map(|finer| BOUNDARY_SHARES[finer]);
            GateConfig::new(w[4 - step], MASK_SHARES[step]).with_boundary_share(share).init(&site)
        };
        Self {
            plain_encoders: (0..PLAIN_ENCODERS)
                .map(|i| plain([channels_in(i), w[i]], at("encoder", i + 1)))
                .collect(),
            local: LocalBlockConfig::new(w[PLAIN_ENCODERS - 1]).init(&at("encoder", PLAIN_ENCODERS).at("1")),
            downs: (0..PLAIN_ENCODERS).map(|i| Down::init(w[i], &at("Down", i + 1))).collect(),
            deep_encoders: (PLAIN_ENCODERS..6)
                .map(|i| deep([w[i - 1], w[i]], at("encoder", i + 1)))
                .collect(),
            encoder_norms: (0..5).map(|i| norm(w[i], at("ebn", i + 1))).collect(),
            deep_decoders: (0..DEEP_DECODERS)
                .map(|step| deep([w[5 - step], w[4 - step]], at("decoder", step + 1)))
                .collect(),
            plain_decoders: (DEEP_DECODERS..5)
                .map(|step| plain([w[5 - step], w[4 - step]], at("decoder", step + 1)))
                .collect(),
            decoder_norms: (0..5).map(|step| norm(w[4 - step], at("dbn", step + 1))).collect(),
            gates: (0..5).map(gate).collect(),
            head: Conv2dConfig::pointwise([w[0], 1]).init(&site.at("final.0")),
        }
    }

    /// Predicts lesions.
    ///
    /// # Shapes
    /// - `images`: `[batch, 3, height, width]`, values 0..255, both sides multiples of 32
    /// - output: `[batch, 1, height, width]`
    /// - side outputs: `[batch, 1, height / 2^k, width / 2^k]` for k = 1 to 5
    pub fn forward(&self, images: Tensor<4>) -> Prediction {
        let (mut x, features) = self.encode(images);
        let mut sides = Vec::with_capacity(self.gates.len());
        for (step, skip) in features.into_iter().rev().enumerate() {
            let decoded = match self.deep_decoders.get(step) {
                Some(deep) => deep.forward(x),
                None => self.plain_decoders[step - DEEP_DECODERS].forward(x),
            };
            let [_, _, height, width] = skip.dims();
            // The first decoder stays at the bottom's resolution, where this resize changes nothing.
            let up = gelu(resize_bilinear(self.decoder_norms[step].forward(decoded), [height, width]));
            let (joined, mask) = self.gates[step].forward(up, skip);
            sides.push(mask);
            x = joined;
        }
        sides.reverse();
        let [_, _, height, width] = x.dims();
        let output = resize_bilinear(self.head.forward(x), [2 * height, 2 * width]);
        Prediction { output, sides }
    }

    /// The bottom's map, and those that the decoder joins, from the finest.
    fn encode(&self, images: Tensor<4>) -> (Tensor<4>, Vec<Tensor<4>>) {
        let mut features = Vec::with_capacity(5);
        let mut x = images;
        for (stage, (conv, down)) in self.plain_encoders.iter().zip(&self.downs).enumerate() {
            x = conv.forward(x);
            if stage + 1 == PLAIN_ENCODERS {
                x = self.local.forward(x);
            }
            x = gelu(down.forward(self.encoder_norms[stage].forward(x)));
            features.push(x.clone());
        }
        for (deep, norm) in self.deep_encoders.iter().zip(&self.encoder_norms[PLAIN_ENCODERS..]) {
            x = norm.forward_pool_gelu(deep.forward(x));
            features.push(x.clone());
        }
        // The last stage has neither norm nor pooling.
        if let Some(bottom) = self.deep_encoders.last() {
            x = gelu(bottom.forward(x));
        }
        (x, features)
    }
}
