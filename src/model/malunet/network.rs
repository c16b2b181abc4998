//! The six-stage U of MALUNet.

use burn::module::Module;
use burn::tensor::Tensor;

use super::{DilatedGatedAttention, DilatedGatedAttentionConfig, ExternalAttention, ExternalAttentionConfig};
use crate::kernel::{add, gelu, resize_bilinear};
use crate::model::block::{
    AttentionBridge, AttentionBridgeConfig, Conv2d, Conv2dConfig, GroupNorm, GroupNormConfig,
};
use crate::model::{Prediction, Site};

/// Channels of the stages, from the finest.
const WIDTHS: [usize; 6] = [8, 16, 24, 32, 48, 64];

/// Stages that are plain convolutions: the finest of the encoder.
const PLAIN_ENCODERS: usize = 3;

/// Stages of the decoder, from the coarsest, that are attentions.
const DEEP_DECODERS: usize = 3;

/// Both attentions of a deep stage; the encoder has the external one first, the decoder last.
#[derive(Module, Debug)]
struct Attentions {
    external: ExternalAttention,
    gated: DilatedGatedAttention,
}

/// What a stage of the decoder does before its norm.
#[derive(Module, Debug)]
#[expect(clippy::large_enum_variant, reason = "a network has five of them")]
enum Decoder {
    Plain(Conv2d),
    Deep(Attentions),
}

/// MALUNet.
#[derive(Module, Debug)]
pub struct Malunet {
    plain_encoders: Vec<Conv2d>,
    deep_encoders: Vec<Attentions>,
    encoder_norms: Vec<GroupNorm>,
    bridge: AttentionBridge,
    decoders: Vec<Decoder>,
    decoder_norms: Vec<GroupNorm>,
    head: Conv2d,
}

impl Malunet {
    /// Makes the network for RGB input and one output channel.
    pub fn init(site: &Site) -> Self {
        let w = WIDTHS;
        let norm = |name: String, channels| GroupNormConfig::new(4, channels).init(&site.at(&name));
        let gated = |channels, site: Site| DilatedGatedAttentionConfig::new(channels).init(&site);
        let external = |channels, site: Site| ExternalAttentionConfig::new(channels).init(&site);
        let plain = |channels, site: Site| Conv2dConfig::new(channels, 3).init(&site.at("0"));
        let deep_encoder = |stage: usize| {
            let site = site.at(&format!("encoder{}", stage + 1));
            Attentions {
                external: external(w[stage - 1], site.at("0")),
                gated: gated([w[stage - 1], w[stage]], site.at("1")),
            }
        };
        let decoder = |step: usize| {
            let site = site.at(&format!("decoder{}", step + 1));
            let channels = [w[5 - step], w[4 - step]];
            if step >= DEEP_DECODERS {
                return Decoder::Plain(plain(channels, site));
            }
            Decoder::Deep(Attentions {
                gated: gated(channels, site.at("0")),
                external: external(channels[1], site.at("1")),
            })
        };
        let channels_in = |stage: usize| if stage == 0 { 3 } else { w[stage - 1] };
        Self {
            plain_encoders: (0..PLAIN_ENCODERS)
                .map(|i| plain([channels_in(i), w[i]], site.at(&format!("encoder{}", i + 1))))
                .collect(),
            deep_encoders: (PLAIN_ENCODERS..6).map(deep_encoder).collect(),
            encoder_norms: (0..5).map(|i| norm(format!("ebn{}", i + 1), w[i])).collect(),
            bridge: AttentionBridgeConfig::new(w[..5].to_vec()).init(&site.at("scab")),
            decoders: (0..5).map(decoder).collect(),
            decoder_norms: (0..5).map(|i| norm(format!("dbn{}", i + 1), w[4 - i])).collect(),
            head: Conv2dConfig::pointwise([w[0], 1]).init(&site.at("final")),
        }
    }

    /// Predicts lesions.
    ///
    /// # Shapes
    /// - `images`: `[batch, 3, height, width]`, values 0..255, both sides multiples of 32
    /// - output: `[batch, 1, height, width]`
    pub fn forward(&self, images: Tensor<4>) -> Prediction {
        let mut features = Vec::with_capacity(5);
        let mut x = images;
        for (conv, norm) in self.plain_encoders.iter().zip(&self.encoder_norms) {
            x = norm.forward_conv_pool_gelu(conv, x);
            features.push(x.clone());
        }
        for (stage, norm) in self.deep_encoders.iter().zip(&self.encoder_norms[PLAIN_ENCODERS..]) {
            x = norm.forward_pool_gelu(stage.gated.forward(stage.external.forward(x)));
            features.push(x.clone());
        }
        // The last stage has neither norm nor pooling, and sees its input without the bridge.
        if let Some(bottom) = self.deep_encoders.last() {
            x = gelu(bottom.gated.forward(bottom.external.forward(x)));
        }
        let skips = self.bridge.forward(&features);
        for ((decoder, norm), skip) in
            self.decoders.iter().zip(&self.decoder_norms).zip(skips.into_iter().rev())
        {
            let decoded = match decoder {
                Decoder::Plain(conv) => conv.forward(x),
                Decoder::Deep(stage) => stage.external.forward(stage.gated.forward(x)),
            };
            let [_, _, height, width] = skip.dims();
            // The first decoder stays at the bottom's resolution, where this resize changes nothing.
            x = add(gelu(resize_bilinear(norm.forward(decoded), [height, width])), skip);
        }
        let [_, _, height, width] = x.dims();
        let output = resize_bilinear(self.head.forward(x), [height * 2, width * 2]);
        Prediction { output, sides: Vec::new() }
    }
}
