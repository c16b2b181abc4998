//! Group Aggregation Bridge, GAB (paper section 2, figure 4).

use burn::config::Config;
use burn::module::Module;
use burn::tensor::Tensor;

use crate::kernel::{BridgeGroup, BridgeTail, bridge_groups, resize_bilinear};
use crate::model::Site;
use crate::model::block::{ChannelNorm, ChannelNormConfig, Conv2d, Conv2dConfig};

/// Settings of [`Gab`].
#[derive(Config, Debug)]
pub struct GabConfig {
    /// Channels of the coarser feature map.
    pub high: usize,
    /// Channels of the finer feature map and of the output; a multiple of 4.
    pub low: usize,
    /// Dilations of the four groups.
    #[config(default = "[1, 2, 5, 7]")]
    pub dilations: [usize; 4],
}

/// Joins a coarser feature map, a finer one and a predicted mask in four groups of different dilation.
#[derive(Module, Debug)]
pub struct Gab {
    project: Conv2d,
    group_norms: Vec<ChannelNorm>,
    group_convs: Vec<Conv2d>,
    tail_norm: ChannelNorm,
    tail_conv: Conv2d,
}

impl GabConfig {
    /// Makes the block.
    pub fn init(&self, site: &Site) -> Gab {
        let group = self.low / 2 + 1;
        let joined = self.low * 2 + 4;
        let conv = |(index, &dilation): (usize, &usize)| {
            Conv2dConfig::depthwise(group, 3).with_dilation(dilation).init(&site.at(&format!("g{index}.1")))
        };
        Gab {
            project: Conv2dConfig::pointwise([self.high, self.low]).init(&site.at("pre_project")),
            group_norms: (0..4)
                .map(|index| ChannelNormConfig::new(group).init(&site.at(&format!("g{index}.0"))))
                .collect(),
            group_convs: self.dilations.iter().enumerate().map(conv).collect(),
            tail_norm: ChannelNormConfig::new(joined).init(&site.at("tail_conv.0")),
            tail_conv: Conv2dConfig::pointwise([joined, self.low]).init(&site.at("tail_conv.1")),
        }
    }
}

impl Gab {
    /// Applies the block.
    ///
    /// # Shapes
    /// - `high`: `[batch, high, any, any]`
    /// - `low`: `[batch, low, height, width]`
    /// - `mask`: `[batch, 1, height, width]`, logits
    /// - output: `[batch, low, height, width]`
    pub fn forward(&self, high: Tensor<4>, low: Tensor<4>, mask: Tensor<4>) -> Tensor<4> {
        let [_, _, height, width] = low.dims();
        let high = resize_bilinear(self.project.forward(high), [height, width]);
        let groups = std::array::from_fn(|index| {
            let (norm_weight, norm_bias) = self.group_norms[index].parameters();
            let (weight, bias) = self.group_convs[index].parameters();
            BridgeGroup {
                norm_weight,
                norm_bias,
                weight,
                bias,
                dilation: self.group_convs[index].slide().dilation,
            }
        });
        let (norm_weight, norm_bias) = self.tail_norm.parameters();
        let (weight, bias) = self.tail_conv.parameters();
        let tail = BridgeTail { norm_weight, norm_bias, weight, bias, epsilon: self.tail_norm.epsilon() };
        bridge_groups(high, low, mask, groups, tail, self.group_norms[0].epsilon())
    }
}
