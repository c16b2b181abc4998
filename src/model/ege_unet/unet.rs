//! The six-stage U of EGE-UNet (paper section 2, figure 2).

use burn::module::Module;
use burn::tensor::Tensor;

use super::{Gab, GabConfig, Ghpa, GhpaConfig};
use crate::experiment::settings::EgeUnetSettings;
use crate::kernel::{gelu, resize_bilinear};
use crate::model::block::{Conv2d, Conv2dConfig, GroupNorm, GroupNormConfig};
use crate::model::{Prediction, Site};

/// Groups of every GroupNorm.
const NORM_GROUPS: usize = 4;

/// EGE-UNet: a U of plain and GHPA stages, joined by GABs that see a predicted mask.
#[derive(Module, Debug)]
pub struct EgeUnet {
    plain_encoders: Vec<Conv2d>,
    ghpa_encoders: Vec<Ghpa>,
    encoder_norms: Vec<GroupNorm>,
    ghpa_decoders: Vec<Ghpa>,
    plain_decoders: Vec<Conv2d>,
    decoder_norms: Vec<GroupNorm>,
    mask_heads: Vec<Conv2d>,
    bridges: Vec<Gab>,
    head: Conv2d,
}

impl EgeUnet {
    /// Makes the network for RGB input and one output channel.
    pub fn init(settings: &EgeUnetSettings, site: &Site) -> Self {
        let w = settings.widths;
        let plain = |name: String, channels| Conv2dConfig::new(channels, 3).init(&site.at(&name));
        let ghpa = |name: String, channels| {
            GhpaConfig::new(channels).init(&site.at(&format!("{name}.0")), settings.tensor_init)
        };
        let norm = |name: String, channels| GroupNormConfig::new(NORM_GROUPS, channels).init(&site.at(&name));
        Self {
            plain_encoders: vec![
                plain("encoder1.0".into(), [3, w[0]]),
                plain("encoder2.0".into(), [w[0], w[1]]),
                plain("encoder3.0".into(), [w[1], w[2]]),
            ],
            ghpa_encoders: (3..6).map(|i| ghpa(format!("encoder{}", i + 1), [w[i - 1], w[i]])).collect(),
            encoder_norms: (0..5).map(|i| norm(format!("ebn{}", i + 1), w[i])).collect(),
            ghpa_decoders: (0..3).map(|i| ghpa(format!("decoder{}", i + 1), [w[5 - i], w[4 - i]])).collect(),
            plain_decoders: (3..5)
                .map(|i| plain(format!("decoder{}.0", i + 1), [w[5 - i], w[4 - i]]))
                .collect(),
            decoder_norms: (0..5).map(|i| norm(format!("dbn{}", i + 1), w[4 - i])).collect(),
            mask_heads: (0..5)
                .map(|i| {
                    let site = site.at(&format!("gt_conv{}.0", i + 1));
                    Conv2dConfig::pointwise([w[4 - i], 1]).init(&site)
                })
                .collect(),
            bridges: (0..5)
                .map(|i| {
                    GabConfig::new(w[i + 1], w[i])
                        .with_dilations(settings.dilations)
                        .init(&site.at(&format!("GAB{}", i + 1)))
                })
                .collect(),
            head: Conv2dConfig::pointwise([w[0], 1]).init(&site.at("final")),
        }
    }

    /// Predicts lesions.
    ///
    /// # Shapes
    /// - `images`: `[batch, 3, height, width]`, values 0..255, both sides multiples of 32
    /// - output: `[batch, 1, height, width]`
    /// - side outputs: `[batch, 1, height / 2^k, width / 2^k]` for k = 1 to 5
    pub fn forward(&self, images: Tensor<4>) -> Prediction {
        let mut features = Vec::with_capacity(5);
        let mut x = images;
        for stage in 0..5 {
            let norm = &self.encoder_norms[stage];
            x = match stage {
                0..3 => norm.forward_conv_pool_gelu(&self.plain_encoders[stage], x),
                _ => norm.forward_pool_gelu(self.ghpa_encoders[stage - 3].forward(x)),
            };
            features.push(x.clone());
        }
        x = gelu(self.ghpa_encoders[2].forward(x));

        let mut bridge = x.clone();
        let mut sides = Vec::with_capacity(5);
        for stage in 0..5 {
            let conv = match stage {
                0..3 => self.ghpa_decoders[stage].forward(x),
                _ => self.plain_decoders[stage - 3].forward(x),
            };
            let skip = features[4 - stage].clone();
            let [_, _, height, width] = skip.dims();
            // The first decoder stays at the bottom's resolution, where this resize changes nothing.
            x = gelu(resize_bilinear(self.decoder_norms[stage].forward(conv), [height, width]));
            let mask = self.mask_heads[stage].forward(x.clone());
            bridge = self.bridges[4 - stage].forward(bridge, skip, mask.clone());
            sides.push(mask);
            x = x + bridge.clone();
        }
        sides.reverse();
        let [_, _, height, width] = x.dims();
        let output = resize_bilinear(self.head.forward(x), [height * 2, width * 2]);
        Prediction { output, sides }
    }
}
