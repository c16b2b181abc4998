//! The six-stage U of LB-UNet.

use burn::module::Module;
use burn::tensor::Tensor;

use super::{Gate, GateConfig, GroupShuffle, GroupShuffleConfig, LocalBlock, LocalBlockConfig};
use crate::kernel::{gelu, resize_bilinear};
use crate::model::block::{
    BatchNorm2d, BatchNorm2dConfig, Conv2d, Conv2dConfig, DeepBlock, PLAIN_ENCODERS, SixStages, WIDTHS,
};
use crate::model::{Prediction, Site};

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
    stages: SixStages<GroupShuffle>,
    local: LocalBlock,
    downs: Vec<Down>,
    /// From the coarsest.
    gates: Vec<Gate>,
    head: Conv2d,
}

impl DeepBlock for GroupShuffle {
    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.forward(x)
    }
}

impl LbUnet {
    /// Makes the network for RGB input and one output channel.
    pub fn init(site: &Site) -> Self {
        let at = |name: &str, number: usize| site.at(&format!("{name}{number}"));
        let deep = |channels, site: &Site| GroupShuffleConfig::new(channels).init(&site.at("0"));
        let gate = |step: usize| {
            let boundary = step.checked_sub(WITHOUT_BOUNDARY);
            let site = boundary.map_or_else(|| at("pred", step + 1), |finer| at("gate", finer + 1));
            let share = boundary.map(|finer| BOUNDARY_SHARES[finer]);
            GateConfig::new(WIDTHS[4 - step], MASK_SHARES[step]).with_boundary_share(share).init(&site)
        };
        let local = LocalBlockConfig::new(WIDTHS[PLAIN_ENCODERS - 1]);
        Self {
            stages: SixStages::init(site, deep, deep),
            local: local.init(&at("encoder", PLAIN_ENCODERS).at("1")),
            downs: (0..PLAIN_ENCODERS)
                .map(|stage| Down::init(WIDTHS[stage], &at("Down", stage + 1)))
                .collect(),
            gates: (0..5).map(gate).collect(),
            head: Conv2dConfig::pointwise([WIDTHS[0], 1]).init(&site.at("final.0")),
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
            let [_, _, height, width] = skip.dims();
            let (joined, mask) = self.gates[step].forward(self.stages.decode(step, x, [height, width]), skip);
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
        for (stage, (conv, down)) in self.stages.plain_encoders.iter().zip(&self.downs).enumerate() {
            x = conv.forward(x);
            if stage + 1 == PLAIN_ENCODERS {
                x = self.local.forward(x);
            }
            x = gelu(down.forward(self.stages.encoder_norms[stage].forward(x)));
            features.push(x.clone());
        }
        x = self.stages.encode_deep(x, &mut features);
        (x, features)
    }
}
