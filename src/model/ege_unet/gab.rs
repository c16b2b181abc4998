//! Group Aggregation Bridge, GAB (paper section 2, figure 4).

use burn::config::Config;
use burn::module::Module;
use burn::tensor::Tensor;

use crate::kernel::{BridgeGroup, BridgeTail, bridge_groups, resize_bilinear, trace};
use crate::model::Site;
use crate::model::block::{ChannelNorm, ChannelNormConfig, Conv2d, Conv2dConfig};

/// Settings of [`Gab`].
#[derive(Config, Debug)]
pub struct GabConfig {
    /// Channels of the coarser feature map.
    pub high: usize,
    /// Channels of the finer feature map and of the output; a multiple of the number of groups.
    pub low: usize,
    /// Dilation of each group.
    pub dilations: Vec<usize>,
    /// Whether the groups see the predicted mask.
    pub mask: bool,
}

/// Joins a coarser feature map, a finer one and a predicted mask in groups of different dilation.
#[derive(Module, Debug)]
pub struct Gab {
    project: Conv2d,
    group_norms: Vec<ChannelNorm>,
    group_convs: Vec<Conv2d>,
    tail_norm: ChannelNorm,
    tail_conv: Conv2d,
    mask: bool,
}

impl GabConfig {
    /// Makes the block.
    pub fn init(&self, site: &Site) -> Gab {
        let count = self.dilations.len();
        let group = 2 * (self.low / count) + usize::from(self.mask);
        let joined = group * count;
        let conv = |(index, &dilation): (usize, &usize)| {
            Conv2dConfig::depthwise(group, 3).with_dilation(dilation).init(&site.at(&format!("g{index}.1")))
        };
        Gab {
            project: Conv2dConfig::pointwise([self.high, self.low]).init(&site.at("pre_project")),
            group_norms: (0..count)
                .map(|index| ChannelNormConfig::new(group).init(&site.at(&format!("g{index}.0"))))
                .collect(),
            group_convs: self.dilations.iter().enumerate().map(conv).collect(),
            tail_norm: ChannelNormConfig::new(joined).init(&site.at("tail_conv.0")),
            tail_conv: Conv2dConfig::pointwise([joined, self.low]).init(&site.at("tail_conv.1")),
            mask: self.mask,
        }
    }
}

impl Gab {
    /// Applies the block.
    ///
    /// # Shapes
    /// - `high`: `[batch, high, any, any]`
    /// - `low`: `[batch, low, height, width]`
    /// - `mask`: `[batch, 1, height, width]`, logits; only a block that sees the mask uses it
    /// - output: `[batch, low, height, width]`
    ///
    /// # Panics
    /// When the block sees the mask and there is none.
    pub fn forward(&self, high: Tensor<4>, low: Tensor<4>, mask: Option<Tensor<4>>) -> Tensor<4> {
        let [_, _, height, width] = low.dims();
        let high = resize_bilinear(self.project.forward(high), [height, width]);
        let mask = self.mask.then(|| mask.expect("a network whose bridges see masks predicts them"));
        let groups = self.group_norms.iter().zip(&self.group_convs).map(|(norm, conv)| {
            let ((norm_weight, norm_bias), (weight, bias)) = (norm.parameters(), conv.parameters());
            BridgeGroup { norm_weight, norm_bias, weight, bias, dilation: conv.conv().dilation }
        });
        let (norm_weight, norm_bias) = self.tail_norm.parameters();
        let (weight, bias) = self.tail_conv.parameters();
        let tail = BridgeTail { norm_weight, norm_bias, weight, bias, epsilon: self.tail_norm.epsilon() };
        let ids = [self.group_norms[0].ids(), self.tail_norm.ids()].concat();
        trace::layer(&ids, || {
            bridge_groups(high, low, mask, groups.collect(), tail, self.group_norms[0].epsilon())
        })
    }
}
