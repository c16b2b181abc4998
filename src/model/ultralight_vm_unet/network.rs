//! The six-stage U of UltraLight VM-UNet.

use burn::module::Module;
use burn::tensor::Tensor;

use super::{ParallelMamba, ParallelMambaConfig};
use crate::kernel::{add, gelu, resize_bilinear};
use crate::model::block::{
    AttentionBridge, AttentionBridgeConfig, Conv2d, Conv2dConfig, GroupNorm, GroupNormConfig,
};
use crate::model::{Prediction, Site};

/// Channels of the stages, from the finest.
const WIDTHS: [usize; 6] = [8, 16, 24, 32, 48, 64];

/// Stages that are plain convolutions: the finest of the encoder.
const PLAIN_ENCODERS: usize = 3;

/// Stages of the decoder, from the coarsest, that are of Mamba.
const DEEP_DECODERS: usize = 3;

/// UltraLight VM-UNet.
#[derive(Module, Debug)]
pub struct UltralightVmUnet {
    plain_encoders: Vec<Conv2d>,
    deep_encoders: Vec<ParallelMamba>,
    encoder_norms: Vec<GroupNorm>,
    bridge: AttentionBridge,
    deep_decoders: Vec<ParallelMamba>,
    plain_decoders: Vec<Conv2d>,
    decoder_norms: Vec<GroupNorm>,
    head: Conv2d,
}

impl UltralightVmUnet {
    /// Makes the network for RGB input and one output channel.
    pub fn init(site: &Site) -> Self {
        let w = WIDTHS;
        let at = |name: &str, number: usize| site.at(&format!("{name}{number}"));
        let plain = |channels, site: Site| Conv2dConfig::new(channels, 3).init(&site.at("0"));
        let deep = |channels, site: Site| ParallelMambaConfig::new(channels).init(&site.at("0"));
        let norm = |channels, site: Site| GroupNormConfig::new(4, channels).init(&site);
        let channels_in = |stage: usize| if stage == 0 { 3 } else { w[stage - 1] };
        Self {
            plain_encoders: (0..PLAIN_ENCODERS)
                .map(|i| plain([channels_in(i), w[i]], at("encoder", i + 1)))
                .collect(),
            deep_encoders: (PLAIN_ENCODERS..6)
                .map(|i| deep([w[i - 1], w[i]], at("encoder", i + 1)))
                .collect(),
            encoder_norms: (0..5).map(|i| norm(w[i], at("ebn", i + 1))).collect(),
            bridge: AttentionBridgeConfig::new(w[..5].to_vec()).init(&site.at("scab")),
            deep_decoders: (0..DEEP_DECODERS)
                .map(|step| deep([w[5 - step], w[4 - step]], at("decoder", step + 1)))
                .collect(),
            plain_decoders: (DEEP_DECODERS..5)
                .map(|step| plain([w[5 - step], w[4 - step]], at("decoder", step + 1)))
                .collect(),
            decoder_norms: (0..5).map(|step| norm(w[4 - step], at("dbn", step + 1))).collect(),
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
        for (deep, norm) in self.deep_encoders.iter().zip(&self.encoder_norms[PLAIN_ENCODERS..]) {
            x = norm.forward_pool_gelu(deep.forward(x));
            features.push(x.clone());
        }
        // The last stage has neither norm nor pooling, and sees its input without the bridge.
        if let Some(bottom) = self.deep_encoders.last() {
            x = gelu(bottom.forward(x));
        }
        for (step, skip) in self.bridge.forward(&features).into_iter().rev().enumerate() {
            let decoded = match self.deep_decoders.get(step) {
                Some(deep) => deep.forward(x),
                None => self.plain_decoders[step - DEEP_DECODERS].forward(x),
            };
            let [_, _, height, width] = skip.dims();
            // The first decoder stays at the bottom's resolution, where this resize changes nothing.
            let up = resize_bilinear(self.decoder_norms[step].forward(decoded), [height, width]);
            x = add(gelu(up), skip);
        }
        let [_, _, height, width] = x.dims();
        let output = resize_bilinear(self.head.forward(x), [2 * height, 2 * width]);
        Prediction { output, sides: Vec::new() }
    }
}
