//! The six stages that MALUNet, LB-UNet and UltraLight VM-UNet are built around, each with blocks of its own in the deep
//! ones, and the U that two of them make of it.

use burn::module::Module;
use burn::tensor::Tensor;

use super::{AttentionBridge, AttentionBridgeConfig, Conv2d, Conv2dConfig, GroupNorm, GroupNormConfig};
use crate::kernel::{add, gelu, resize_bilinear};
use crate::model::{Prediction, Site};

/// Channels of the stages, from the finest.
pub const WIDTHS: [usize; 6] = [8, 16, 24, 32, 48, 64];

/// Stages of the encoder, from the finest, that are plain convolutions.
pub const PLAIN_ENCODERS: usize = 3;

/// Stages of the decoder, from the coarsest, that are deep blocks.
const DEEP_DECODERS: usize = 3;

/// A block in the place of a convolution.
pub trait DeepBlock: Module {
    /// Applies the block.
    ///
    /// # Shapes
    /// - `x`: `[batch, channels_in, height, width]`
    /// - output: `[batch, channels_out, height, width]`
    fn forward(&self, x: Tensor<4>) -> Tensor<4>;
}

/// The stages of encoder and decoder, without what joins them.
#[derive(Module, Debug)]
pub struct SixStages<B: Module> {
    /// From the finest.
    pub plain_encoders: Vec<Conv2d>,
    /// From the finest.
    pub deep_encoders: Vec<B>,
    /// Of all encoders but the last, from the finest.
    pub encoder_norms: Vec<GroupNorm>,
    /// From the coarsest.
    pub deep_decoders: Vec<B>,
    /// From the coarsest.
    pub plain_decoders: Vec<Conv2d>,
    /// Of all decoders, from the coarsest.
    pub decoder_norms: Vec<GroupNorm>,
}

impl<B: DeepBlock> SixStages<B> {
    /// Makes the stages for RGB input; `encoder` and `decoder` make the deep blocks of so many channels in and out.
    pub fn init(
        site: &Site,
        encoder: impl Fn([usize; 2], &Site) -> B,
        decoder: impl Fn([usize; 2], &Site) -> B,
    ) -> Self {
        let w = WIDTHS;
        let at = |name: &str, number: usize| site.at(&format!("{name}{number}"));
        let plain = |channels, site: Site| Conv2dConfig::new(channels, 3).init(&site.at("0"));
        let norm = |channels, site: Site| GroupNormConfig::new(4, channels).init(&site);
        let channels_in = |stage: usize| if stage == 0 { 3 } else { w[stage - 1] };
        Self {
            plain_encoders: (0..PLAIN_ENCODERS)
                .map(|stage| plain([channels_in(stage), w[stage]], at("encoder", stage + 1)))
                .collect(),
            deep_encoders: (PLAIN_ENCODERS..6)
                .map(|stage| encoder([w[stage - 1], w[stage]], &at("encoder", stage + 1)))
                .collect(),
            encoder_norms: (0..5).map(|stage| norm(w[stage], at("ebn", stage + 1))).collect(),
            deep_decoders: (0..DEEP_DECODERS)
                .map(|step| decoder([w[5 - step], w[4 - step]], &at("decoder", step + 1)))
                .collect(),
            plain_decoders: (DEEP_DECODERS..5)
                .map(|step| plain([w[5 - step], w[4 - step]], at("decoder", step + 1)))
                .collect(),
            decoder_norms: (0..5).map(|step| norm(w[4 - step], at("dbn", step + 1))).collect(),
        }
    }

    /// The deep stages of the encoder: the bottom's map. What the decoder joins is added to `features`.
    ///
    /// # Shapes
    /// - `x`: `[batch, 24, height, width]`, both sides multiples of 4
    /// - output: `[batch, 64, height / 4, width / 4]`
    /// - added: `[batch, 32, height / 2, width / 2]` and `[batch, 48, height / 4, width / 4]`
    pub fn encode_deep(&self, mut x: Tensor<4>, features: &mut Vec<Tensor<4>>) -> Tensor<4> {
        for (deep, norm) in self.deep_encoders.iter().zip(&self.encoder_norms[PLAIN_ENCODERS..]) {
            x = norm.forward_pool_gelu(deep.forward(x));
            features.push(x.clone());
        }
        // The last stage has neither norm nor pooling.
        self.deep_encoders.last().map_or(x.clone(), |bottom| gelu(bottom.forward(x)))
    }

    /// A stage of the decoder, counted from the coarsest, at the size of what it is joined with.
    ///
    /// # Shapes
    /// - `x`: `[batch, channels_in, any, any]`
    /// - output: `[batch, channels_out, height, width]` of this `size`
    pub fn decode(&self, step: usize, x: Tensor<4>, size: [usize; 2]) -> Tensor<4> {
        let decoded = match self.deep_decoders.get(step) {
            Some(deep) => deep.forward(x),
            None => self.plain_decoders[step - DEEP_DECODERS].forward(x),
        };
        // The first decoder stays at the bottom's resolution, where this resize changes nothing.
        gelu(resize_bilinear(self.decoder_norms[step].forward(decoded), size))
    }
}

/// The stages with an attention bridge between them and one mask at their end: MALUNet and what follows it.
#[derive(Module, Debug)]
pub struct BridgedU<B: Module> {
    stages: SixStages<B>,
    bridge: AttentionBridge,
    head: Conv2d,
}

impl<B: DeepBlock> BridgedU<B> {
    /// Makes the network for RGB input and one output channel around these stages.
    pub fn init(site: &Site, stages: SixStages<B>) -> Self {
        Self {
            stages,
            bridge: AttentionBridgeConfig::new(WIDTHS[..5].to_vec()).init(&site.at("scab")),
            head: Conv2dConfig::pointwise([WIDTHS[0], 1]).init(&site.at("final")),
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
        for (conv, norm) in self.stages.plain_encoders.iter().zip(&self.stages.encoder_norms) {
            x = norm.forward_conv_pool_gelu(conv, x);
            features.push(x.clone());
        }
        // The bottom sees its input without the bridge.
        x = self.stages.encode_deep(x, &mut features);
        for (step, skip) in self.bridge.forward(&features).into_iter().rev().enumerate() {
            let [_, _, height, width] = skip.dims();
            x = add(self.stages.decode(step, x, [height, width]), skip);
        }
        let [_, _, height, width] = x.dims();
        let output = resize_bilinear(self.head.forward(x), [2 * height, 2 * width]);
        Prediction { output, sides: Vec::new() }
    }
}
