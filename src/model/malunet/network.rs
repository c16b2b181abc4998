//! The six-stage U of MALUNet.

use burn::module::Module;
use burn::tensor::Tensor;

use super::{DilatedGatedAttention, DilatedGatedAttentionConfig, ExternalAttention, ExternalAttentionConfig};
use crate::model::block::{BridgedU, DeepBlock, SixStages};
use crate::model::{Prediction, Site};

/// Both attentions of a deep stage; the encoder has the external one first, the decoder last.
#[derive(Module, Debug)]
struct Attentions {
    external: ExternalAttention,
    gated: DilatedGatedAttention,
    external_first: bool,
}

impl Attentions {
    fn init(channels: [usize; 2], external_first: bool, site: &Site) -> Self {
        let (external, gated, width) =
            if external_first { ("0", "1", channels[0]) } else { ("1", "0", channels[1]) };
        Self {
            external: ExternalAttentionConfig::new(width).init(&site.at(external)),
            gated: DilatedGatedAttentionConfig::new(channels).init(&site.at(gated)),
            external_first,
        }
    }
}

impl DeepBlock for Attentions {
    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        if self.external_first {
            self.gated.forward(self.external.forward(x))
        } else {
            self.external.forward(self.gated.forward(x))
        }
    }
}

/// MALUNet.
#[derive(Module, Debug)]
pub struct Malunet {
    u: BridgedU<Attentions>,
}

impl Malunet {
    /// Makes the network for RGB input and one output channel.
    pub fn init(site: &Site) -> Self {
        let encoder = |channels, site: &Site| Attentions::init(channels, true, site);
        let decoder = |channels, site: &Site| Attentions::init(channels, false, site);
        Self { u: BridgedU::init(site, SixStages::init(site, encoder, decoder)) }
    }

    /// Predicts lesions.
    ///
    /// # Shapes
    /// - `images`: `[batch, 3, height, width]`, values 0..255, both sides multiples of 32
    /// - output: `[batch, 1, height, width]`
    pub fn forward(&self, images: Tensor<4>) -> Prediction {
        self.u.forward(images)
    }
}
