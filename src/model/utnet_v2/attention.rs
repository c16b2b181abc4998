//! Attention between pixels and a semantic map of a few codes, both ways.

use burn::module::Module;
use burn::tensor::Tensor;

use super::block::{InvertedBlock, SeparableConv, plain_conv};
use crate::kernel::{add, matmul, scale, softmax};
use crate::model::Site;
use crate::model::block::{BatchNorm2d, BatchNorm2dConfig, Conv2d};

/// Features of the pixels and the semantic map beside them.
#[derive(Clone, Debug)]
pub struct Maps {
    /// `[batch, channels, height, width]`
    pub features: Tensor<4>,
    /// `[batch, channels, map_size, map_size]`
    pub codes: Tensor<4>,
}

/// Pixels read from the map and the map from pixels, by one matrix of likeness.
#[derive(Module, Debug)]
pub struct BidirectionAttention {
    features_in: SeparableConv,
    features_out: SeparableConv,
    codes_in: Conv2d,
    codes_out: Conv2d,
    heads: usize,
}

impl BidirectionAttention {
    /// Makes the layer for features and a map of as many channels.
    pub fn init(site: &Site, channels: usize, heads: usize) -> Self {
        Self {
            features_in: SeparableConv::init(&site.at("feat_qv"), [channels, 2 * channels]),
            features_out: SeparableConv::init(&site.at("feat_out"), [channels; 2]),
            codes_in: plain_conv(&site.at("map_qv"), [channels, 2 * channels], 1),
            codes_out: plain_conv(&site.at("map_out"), [channels; 2], 1),
            heads,
        }
    }

    /// Applies the layer.
    ///
    /// # Shapes
    /// - as [`Maps`]
    pub fn forward(&self, maps: Maps) -> Maps {
        let sides = |x: &Tensor<4>| [x.dims()[2], x.dims()[3]];
        let (plane, grid) = (sides(&maps.features), sides(&maps.codes));
        let [queries, values] = self.split(&self.features_in.forward(maps.features));
        let [code_queries, code_values] = self.split(&self.codes_in.forward(maps.codes));
        let own = queries.dims()[3];
        let likeness = scale(matmul(queries, code_queries.swap_dims(2, 3)), 1.0 / (own as f64).sqrt());
        let read = matmul(softmax(likeness.clone(), 3), code_values);
        let written = matmul(softmax(likeness, 2).swap_dims(2, 3), values);
        Maps {
            features: self.features_out.forward(joined(read, plane)),
            codes: self.codes_out.forward(joined(written, grid)),
        }
    }

    /// Queries and values of each head: `[batch, heads, pixels, channels / heads]` each. Neighbouring channels
    /// belong to different heads.
    fn split(&self, x: &Tensor<4>) -> [Tensor<4>; 2] {
        let [batch, double, height, width] = x.dims();
        let own = double / 2 / self.heads;
        let part = |index: usize| {
            x.clone()
                .narrow(1, index * double / 2, double / 2)
                .reshape([batch, own, self.heads, height * width])
                .permute([0, 2, 3, 1])
        };
        [part(0), part(1)]
    }
}

/// The heads as channels of a map again.
fn joined(x: Tensor<4>, [height, width]: [usize; 2]) -> Tensor<4> {
    let [batch, heads, _, own] = x.dims();
    x.permute([0, 3, 1, 2]).reshape([batch, own * heads, height, width])
}

/// Attention both ways with the inputs passed around it, and a block of convolutions for the features.
#[derive(Module, Debug)]
pub struct AttentionBlock {
    features_norm: BatchNorm2d,
    codes_norm: BatchNorm2d,
    attention: BidirectionAttention,
    feedforward: InvertedBlock,
}

impl AttentionBlock {
    /// Makes the block for features and a map of as many channels.
    pub fn init(site: &Site, channels: usize, heads: usize) -> Self {
        let norm = |name: &str| BatchNorm2dConfig::new(channels).init(&site.at(name));
        Self {
            features_norm: norm("norm1"),
            codes_norm: norm("norm2"),
            attention: BidirectionAttention::init(&site.at("attn"), channels, heads),
            feedforward: InvertedBlock::init(&site.at("feedforward"), channels),
        }
    }

    /// Applies the block.
    ///
    /// # Shapes
    /// - as [`Maps`]
    pub fn forward(&self, maps: Maps) -> Maps {
        let normal = Maps {
            features: self.features_norm.forward(maps.features.clone()),
            codes: self.codes_norm.forward(maps.codes.clone()),
        };
        let attended = self.attention.forward(normal);
        Maps {
            features: self.feedforward.forward(add(attended.features, maps.features)),
            codes: add(attended.codes, maps.codes),
        }
    }
}
