//! The transformer branch: the first eight layers of DeiT-S (Touvron et al., 2020, arXiv 2012.12877).

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use crate::kernel::{add, gelu, resize_bilinear, self_attention};
use crate::model::Site;
use crate::model::block::{Conv2d, Conv2dConfig, LayerNorm, LayerNormConfig, Linear, LinearConfig, Start};

/// Channels of a token.
pub(super) const WIDTH: usize = 384;

/// Height and width of a patch.
const PATCH: usize = 16;

/// Rows and columns of the position embedding.
const GRID: [usize; 2] = [12, 16];

/// Layers.
const DEPTH: usize = 8;

/// Heads of the attention.
const HEADS: usize = 6;

fn norm(site: &Site) -> LayerNorm {
    LayerNormConfig::new(WIDTH).with_epsilon(1e-6).init(site)
}

/// A layer of the transformer.
#[derive(Module, Debug)]
struct Layer {
    attention_norm: LayerNorm,
    queries_keys_values: Linear,
    attention_out: Linear,
    feedforward_norm: LayerNorm,
    wide: Linear,
    narrow: Linear,
}

impl Layer {
    fn init(site: &Site) -> Self {
        let linear = |channels, name: &str| {
            LinearConfig::new(channels).with_start(Start::Truncated(0.02)).init(&site.at(name))
        };
        Self {
            attention_norm: norm(&site.at("norm1")),
            queries_keys_values: linear([WIDTH, 3 * WIDTH], "attn.qkv"),
            attention_out: linear([WIDTH, WIDTH], "attn.proj"),
            feedforward_norm: norm(&site.at("norm2")),
            wide: linear([WIDTH, 4 * WIDTH], "mlp.fc1"),
            narrow: linear([4 * WIDTH, WIDTH], "mlp.fc2"),
        }
    }

    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let inner = self.queries_keys_values.forward(self.attention_norm.forward(x.clone()));
        let x = add(x, self.attention_out.forward(self_attention(&inner, HEADS)));
        let inner = gelu(self.wide.forward(self.feedforward_norm.forward(x.clone())));
        add(x, self.narrow.forward(inner))
    }
}

/// The branch.
#[derive(Module, Debug)]
pub struct Transformer {
    patches: Conv2d,
    /// `[1, patches, channels]`
    positions: Param<Tensor<3>>,
    /// `[1, 1, channels]`, of no use here
    class_token: Param<Tensor<3>>,
    layers: Vec<Layer>,
    norm: LayerNorm,
}

impl Transformer {
    /// Makes the branch for RGB input.
    pub fn init(site: &Site) -> Self {
        let patches = Conv2dConfig::new([3, WIDTH], PATCH).with_stride(PATCH).with_padding(Some(0));
        Self {
            patches: patches.with_start(Start::Default).init(&site.at("patch_embed.proj")),
            positions: site.constant("pos_embed", [1, GRID[0] * GRID[1], WIDTH], 0.0),
            class_token: site.truncated_normal("cls_token", [1, 1, WIDTH], 0.02, 2.0),
            layers: (0..DEPTH).map(|index| Layer::init(&site.at(&format!("blocks.{index}")))).collect(),
            norm: norm(&site.at("norm")),
        }
    }

    /// Features of the patches.
    ///
    /// # Shapes
    /// - `images`: `[batch, 3, height, width]`, both sides multiples of 16
    /// - output: `[batch, 384, height / 16, width / 16]`
    pub fn forward(&self, images: Tensor<4>) -> Tensor<4> {
        let patches = self.patches.forward(images);
        let [batch, _, rows, columns] = patches.dims();
        let positions = self.positions.val().swap_dims(1, 2).reshape([1, WIDTH, GRID[0], GRID[1]]);
        let placed = add(patches, resize_bilinear(positions, [rows, columns]));
        let tokens = placed.reshape([batch, WIDTH, rows * columns]).swap_dims(1, 2);
        let tokens = self.layers.iter().fold(tokens, |x, layer| layer.forward(x));
        self.norm.forward(tokens).swap_dims(1, 2).reshape([batch, WIDTH, rows, columns])
    }
}
