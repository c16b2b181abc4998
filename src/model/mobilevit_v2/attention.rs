//! The block of `MobileViTv2` (paper figure 3): convolutions, then attention between the patches of 2x2 pixels.

use burn::config::Config;
use burn::module::Module;
use burn::tensor::Tensor;

use super::encoder::{Layer, conv_norm};
use crate::kernel::{
    add, merge_patches, multiply, relu, resize_bilinear, silu, softmax, split_patches, sum_last,
};
use crate::model::Site;
use crate::model::block::{Conv2d, Conv2dConfig, ConvNorm, GroupNorm, GroupNormConfig, Start};

/// Height and width of a patch.
const PATCH: usize = 2;

/// A pointwise convolution.
fn pointwise(site: &Site, channels: [usize; 2], bias: bool) -> Conv2d {
    Conv2dConfig::pointwise(channels).with_bias(bias).with_start(Start::Default).init(&site.at("block.conv"))
}

/// Attention of linear cost (paper section 3.2): one query for all patches, whose shares make one context of all keys,
/// by which the values are multiplied.
#[derive(Module, Debug)]
pub struct SeparableAttention {
    query_keys_values: Conv2d,
    out: Conv2d,
    channels: usize,
}

impl SeparableAttention {
    /// Makes the layer.
    pub fn init(site: &Site, channels: usize) -> Self {
        Self {
            query_keys_values: pointwise(&site.at("qkv_proj"), [channels, 1 + 2 * channels], true),
            out: pointwise(&site.at("out_proj"), [channels; 2], true),
            channels,
        }
    }

    /// Applies the layer; pixels at the same place of their patches see each other.
    ///
    /// # Shapes
    /// - `x` and output: `[batch, channels, pixels of a patch, patches]`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let all = self.query_keys_values.forward(x);
        let shares = softmax(all.clone().narrow(1, 0, 1), 3);
        let context = sum_last(multiply(all.clone().narrow(1, 1, self.channels), shares));
        let values = relu(all.narrow(1, 1 + self.channels, self.channels));
        self.out.forward(multiply(values, context))
    }
}

/// Attention and two pointwise convolutions, the input passed around each.
#[derive(Module, Debug)]
struct Transformer {
    attention_norm: GroupNorm,
    attention: SeparableAttention,
    feedforward_norm: GroupNorm,
    wide: Conv2d,
    narrow: Conv2d,
}

/// Normalisation over all channels and pixels of an image.
fn norm(site: &Site, channels: usize) -> GroupNorm {
    GroupNormConfig::new(1, channels).init(site)
}

impl Transformer {
    fn init(site: &Site, channels: usize) -> Self {
        // Both inner layers have twice the channels, in whole sixteens.
        let wide = 2 * channels / 16 * 16;
        let feedforward = site.at("pre_norm_ffn");
        Self {
            attention_norm: norm(&site.at("pre_norm_attn.0"), channels),
            attention: SeparableAttention::init(&site.at("pre_norm_attn.1"), channels),
            feedforward_norm: norm(&feedforward.at("0"), channels),
            wide: pointwise(&feedforward.at("1"), [channels, wide], true),
            narrow: pointwise(&feedforward.at("3"), [wide, channels], true),
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let x = add(x.clone(), self.attention.forward(self.attention_norm.forward(x)));
        let inner = silu(self.wide.forward(self.feedforward_norm.forward(x.clone())));
        add(x, self.narrow.forward(inner))
    }
}

/// Settings of [`AttentionBlock`].
#[derive(Config, Debug)]
pub struct AttentionBlockConfig {
    /// Channels in and out.
    pub channels: usize,
    /// Channels of the attention.
    pub inner: usize,
    /// Layers of attention.
    pub depth: usize,
    /// Distance between the taps of the depthwise convolution.
    pub dilation: usize,
}

/// A depthwise convolution, attention between patches, and a pointwise convolution.
#[derive(Module, Debug)]
pub struct AttentionBlock {
    local: Layer,
    enter: Conv2d,
    transformers: Vec<Transformer>,
    norm: GroupNorm,
    leave: ConvNorm,
}

impl AttentionBlockConfig {
    /// Makes the block.
    pub fn init(&self, site: &Site) -> AttentionBlock {
        let Self { channels, inner, depth, dilation } = *self;
        let global = site.at("global_rep");
        let transformer = |index: usize| Transformer::init(&global.at(&index.to_string()), inner);
        let depthwise = Conv2dConfig::depthwise(channels, 3).with_dilation(dilation);
        AttentionBlock {
            local: Layer::init(&site.at("local_rep.0"), depthwise),
            enter: pointwise(&site.at("local_rep.1"), [channels, inner], false),
            transformers: (0..depth).map(transformer).collect(),
            norm: norm(&global.at(&depth.to_string()), inner),
            leave: conv_norm(&site.at("conv_proj"), Conv2dConfig::pointwise([inner, channels])),
        }
    }
}

impl AttentionBlock {
    /// Applies the block.
    ///
    /// # Shapes
    /// - `x`: `[batch, channels, height, width]`
    /// - output: the same, odd sides one longer
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [_, _, height, width] = x.dims();
        let size = [height, width].map(|side| side.next_multiple_of(PATCH));
        let x = self.enter.forward(self.local.forward(resize_bilinear(x, size)));
        let patches = self.transformers.iter().fold(split_patches(x, PATCH), |x, layer| layer.forward(x));
        self.leave.forward(merge_patches(self.norm.forward(patches), PATCH, size))
    }
}
