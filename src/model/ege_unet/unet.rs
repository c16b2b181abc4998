//! The six-stage U of EGE-UNet (paper section 2, figure 2).

use burn::module::Module;
use burn::tensor::Tensor;

use super::{Gab, GabConfig, Ghpa, GhpaConfig};
use crate::experiment::settings::EgeUnetSettings;
use crate::kernel::{add, gelu, resize_bilinear};
use crate::model::block::{Conv2d, Conv2dConfig, GroupNorm, GroupNormConfig};
use crate::model::{Prediction, Site};

/// Groups of every GroupNorm.
const NORM_GROUPS: usize = 4;

/// Stages at either end that are plain convolutions whatever the settings: the three finest of the encoder.
const PLAIN_ENCODERS: usize = 3;

/// Stages of the decoder, from the coarsest, that may be GHPA.
const DEEP_DECODERS: usize = 3;

/// EGE-UNet: a U of plain and GHPA stages, joined by GABs that see a predicted mask.
#[derive(Module, Debug)]
pub struct EgeUnet {
    encoders: Vec<Stage>,
    encoder_norms: Vec<GroupNorm>,
    decoders: Vec<Stage>,
    decoder_norms: Vec<GroupNorm>,
    /// None where neither a bridge nor the loss sees a mask.
    mask_heads: Option<Vec<Conv2d>>,
    /// None where skips are added.
    bridges: Option<Vec<Gab>>,
    head: Conv2d,
    deep_supervision: bool,
}

/// What a stage does before its norm.
#[derive(Module, Debug)]
#[expect(clippy::large_enum_variant, reason = "a network has eleven of them")]
pub enum Stage {
    /// A 3x3 convolution.
    Plain(Conv2d),
    /// Group multi-axis Hadamard product attention.
    Ghpa(Ghpa),
}

impl Stage {
    fn init(deep: bool, channels: [usize; 2], settings: &EgeUnetSettings, site: &Site) -> Self {
        if deep && settings.ghpa {
            Self::Ghpa(GhpaConfig::new(channels).init(settings, &site.at("0")))
        } else {
            Self::Plain(Conv2dConfig::new(channels, 3).init(&site.at("0")))
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Plain(conv) => conv.forward(x),
            Self::Ghpa(ghpa) => ghpa.forward(x),
        }
    }
}

impl EgeUnet {
    /// Makes the network for RGB input and one output channel.
    pub fn init(settings: &EgeUnetSettings, site: &Site) -> Self {
        let w = settings.widths;
        let norm = |name: String, channels| GroupNormConfig::new(NORM_GROUPS, channels).init(&site.at(&name));
        let encoder = |i: usize| {
            let channels = [if i == 0 { 3 } else { w[i - 1] }, w[i]];
            Stage::init(i >= PLAIN_ENCODERS, channels, settings, &site.at(&format!("encoder{}", i + 1)))
        };
        let decoder = |i: usize| {
            let channels = [w[5 - i], w[4 - i]];
            Stage::init(i < DEEP_DECODERS, channels, settings, &site.at(&format!("decoder{}", i + 1)))
        };
        let mask_head =
            |i: usize| Conv2dConfig::pointwise([w[4 - i], 1]).init(&site.at(&format!("gt_conv{}.0", i + 1)));
        let bridge = |i: usize| {
            GabConfig::new(w[i + 1], w[i], settings.dilations.clone(), settings.gab_mask)
                .init(&site.at(&format!("GAB{}", i + 1)))
        };
        let masks = settings.deep_supervision || (settings.gab && settings.gab_mask);
        Self {
            encoders: (0..6).map(encoder).collect(),
            encoder_norms: (0..5).map(|i| norm(format!("ebn{}", i + 1), w[i])).collect(),
            decoders: (0..5).map(decoder).collect(),
            decoder_norms: (0..5).map(|i| norm(format!("dbn{}", i + 1), w[4 - i])).collect(),
            mask_heads: masks.then(|| (0..5).map(mask_head).collect()),
            bridges: settings.gab.then(|| (0..5).map(bridge).collect()),
            head: Conv2dConfig::pointwise([w[0], 1]).init(&site.at("final")),
            deep_supervision: settings.deep_supervision,
        }
    }

    /// Predicts lesions.
    ///
    /// # Shapes
    /// - `images`: `[batch, 3, height, width]`, values 0..255, both sides multiples of 32
    /// - output: `[batch, 1, height, width]`
    /// - side outputs, if the network has deep supervision: `[batch, 1, height / 2^k, width / 2^k]` for k = 1 to 5
    pub fn forward(&self, images: Tensor<4>) -> Prediction {
        let mut features = Vec::with_capacity(5);
        let mut x = images;
        for (encoder, norm) in self.encoders.iter().zip(&self.encoder_norms) {
            x = match encoder {
                Stage::Plain(conv) => norm.forward_conv_pool_gelu(conv, x),
                Stage::Ghpa(ghpa) => norm.forward_pool_gelu(ghpa.forward(x)),
            };
            features.push(x.clone());
        }
        x = gelu(self.encoders[5].forward(x));

        let mut bridge = x.clone();
        let mut sides = Vec::with_capacity(5);
        for stage in 0..5 {
            let skip = features[4 - stage].clone();
            let [_, _, height, width] = skip.dims();
            // The first decoder stays at the bottom's resolution, where this resize changes nothing.
            let normal = self.decoder_norms[stage].forward(self.decoders[stage].forward(x));
            x = gelu(resize_bilinear(normal, [height, width]));
            let mask = self.mask_heads.as_ref().map(|heads| heads[stage].forward(x.clone()));
            bridge = match &self.bridges {
                Some(bridges) => bridges[4 - stage].forward(bridge, skip, mask.clone()),
                None => skip,
            };
            sides.extend(mask.filter(|_| self.deep_supervision));
            x = add(x, bridge.clone());
        }
        sides.reverse();
        let [_, _, height, width] = x.dims();
        let output = resize_bilinear(self.head.forward(x), [height * 2, width * 2]);
        Prediction { output, sides }
    }
}
