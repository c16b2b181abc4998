//! Semantic maps: how features become one, and how those of three scales see each other.

use burn::module::Module;
use burn::tensor::Tensor;

use super::block::plain_conv;
use crate::kernel::{add, concat, gelu, matmul, self_attention, softmax};
use crate::model::Site;
use crate::model::block::{Conv2d, LayerNorm, LayerNormConfig, Linear, LinearConfig};

/// Height and width of a semantic map.
pub(super) const MAP_SIZE: usize = 3;

/// Channels of the maps while they see each other.
const FUSED: usize = 512;

/// Heads of the attention between maps.
const HEADS: usize = 16;

/// Layers of the attention between maps.
const DEPTH: usize = 2;

/// A semantic map from features: each code is a weighted mean of all pixels.
#[derive(Module, Debug)]
pub struct MapGeneration {
    values: Conv2d,
    weights: Conv2d,
}

impl MapGeneration {
    /// Makes the layer.
    pub fn init(site: &Site, channels: usize) -> Self {
        Self {
            values: plain_conv(&site.at("base_proj"), [channels; 2], 3),
            weights: plain_conv(&site.at("semantic_proj"), [channels, MAP_SIZE * MAP_SIZE], 3),
        }
    }

    /// Applies the layer.
    ///
    /// # Shapes
    /// - `x`: `[batch, channels, height, width]`
    /// - output: `[batch, channels, 3, 3]`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [batch, channels, height, width] = x.dims();
        let pixels = height * width;
        let values = self.values.forward(x.clone()).reshape([batch, channels, pixels]);
        let weights = self.weights.forward(x).reshape([batch, MAP_SIZE * MAP_SIZE, pixels]);
        let codes = matmul(values, softmax(weights, 2).swap_dims(1, 2));
        codes.reshape([batch, channels, MAP_SIZE, MAP_SIZE])
    }
}

/// Channels that stood head after head, in an order in which neighbours are of different heads: the original cuts
/// queries, keys and values in the one order and joins what the heads found in the other.
fn heads_apart(x: Tensor<3>) -> Tensor<3> {
    let [batch, tokens, channels] = x.dims();
    let heads = x.reshape([batch, tokens, HEADS, channels / HEADS]);
    heads.swap_dims(2, 3).reshape([batch, tokens, channels])
}

/// A layer of a transformer over the codes of all maps.
#[derive(Module, Debug)]
struct FusionLayer {
    attention_norm: LayerNorm,
    queries_keys_values: Linear,
    attention_out: Linear,
    feedforward_norm: LayerNorm,
    feedforward: Vec<Linear>,
}

impl FusionLayer {
    fn init(site: &Site) -> Self {
        let norm = |name: &str| LayerNormConfig::new(FUSED).init(&site.at(name));
        let linear = |name: &str| LinearConfig::new([FUSED; 2]).init(&site.at(name));
        let wide = LinearConfig::new([FUSED, 3 * FUSED]).with_bias(false);
        Self {
            attention_norm: norm("0.norm"),
            queries_keys_values: wide.init(&site.at("0.fn.to_qkv")),
            attention_out: linear("0.fn.to_out"),
            feedforward_norm: norm("1.norm"),
            feedforward: vec![linear("1.fn.fc1"), linear("1.fn.fc2")],
        }
    }

    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let inner = self.queries_keys_values.forward(self.attention_norm.forward(x.clone()));
        let attended = heads_apart(self_attention(&inner, HEADS));
        let x = add(self.attention_out.forward(attended), x);
        let inner = gelu(self.feedforward[0].forward(self.feedforward_norm.forward(x.clone())));
        add(self.feedforward[1].forward(inner), x)
    }
}

/// The maps of several scales, each changed by what it sees in all of them.
#[derive(Module, Debug)]
pub struct MapFusion {
    entries: Vec<Conv2d>,
    layers: Vec<FusionLayer>,
    exits: Vec<Conv2d>,
}

impl MapFusion {
    /// Makes the layer for maps of these channels.
    pub fn init(site: &Site, channels: &[usize]) -> Self {
        let each = |name: &str, turn: fn(usize) -> [usize; 2]| {
            let conv = |(index, &own): (usize, &usize)| {
                plain_conv(&site.at(&format!("{name}.{index}")), turn(own), 1)
            };
            channels.iter().enumerate().map(conv).collect()
        };
        let layer = |index: usize| FusionLayer::init(&site.at(&format!("fusion.layers.{index}")));
        Self {
            entries: each("in_proj", |own| [own, FUSED]),
            layers: (0..DEPTH).map(layer).collect(),
            exits: each("out_proj", |own| [FUSED, own]),
        }
    }

    /// Applies the layer.
    ///
    /// # Shapes
    /// - `maps` and output: `[batch, channels of its scale, 3, 3]` each
    pub fn forward(&self, maps: Vec<Tensor<4>>) -> Vec<Tensor<4>> {
        let codes = MAP_SIZE * MAP_SIZE;
        let enter = |(map, entry): (Tensor<4>, &Conv2d)| {
            let batch = map.dims()[0];
            entry.forward(map).reshape([batch, FUSED, codes]).swap_dims(1, 2)
        };
        let tokens = concat(maps.into_iter().zip(&self.entries).map(enter).collect(), 1);
        let tokens = self.layers.iter().fold(tokens, |x, layer| layer.forward(x));
        let batch = tokens.dims()[0];
        let leave = |(index, exit): (usize, &Conv2d)| {
            let own = tokens.clone().narrow(1, index * codes, codes).swap_dims(1, 2);
            exit.forward(own.reshape([batch, FUSED, MAP_SIZE, MAP_SIZE]))
        };
        self.exits.iter().enumerate().map(leave).collect()
    }
}
