//! Group multi-axis Hadamard Product Attention, GHPA (paper section 2, figure 3).

use burn::config::Config;
use burn::module::Module;
use burn::tensor::Tensor;

use super::axis_group::{Group, group};
use crate::experiment::settings::EgeUnetSettings;
use crate::kernel::{AxesConvs, concat, multiply_axes, trace};
use crate::model::Site;
use crate::model::block::{ChannelNorm, ChannelNormConfig, DepthwiseSeparable};

/// Settings of [`Ghpa`].
#[derive(Config, Debug)]
pub struct GhpaConfig {
    /// Channels in and out; in must be a multiple of the number of groups.
    pub channels: [usize; 2],
}

/// Groups of the channels, most of them multiplied with a learnable tensor along a pair of axes, between two
/// normalisations and a depthwise-separable convolution.
#[derive(Module, Debug)]
pub struct Ghpa {
    norm_in: ChannelNorm,
    groups: Vec<Group>,
    norm_out: ChannelNorm,
    out: DepthwiseSeparable,
}

impl GhpaConfig {
    /// Makes the block as the network's settings have it.
    pub fn init(&self, settings: &EgeUnetSettings, site: &Site) -> Ghpa {
        let [channels_in, channels_out] = self.channels;
        let count = settings.axes.len();
        let axes = (0..settings.groups).map(|index| (settings.axes[index % count], index / count));
        let channels = channels_in / settings.groups;
        Ghpa {
            norm_in: ChannelNormConfig::new(channels_in).init(&site.at("norm1")),
            groups: axes.map(|(axis, index)| group(axis, index, channels, settings, site)).collect(),
            norm_out: ChannelNormConfig::new(channels_in).init(&site.at("norm2")),
            out: DepthwiseSeparable::init([channels_in, channels_out], &site.at("ldw")),
        }
    }
}

impl Ghpa {
    /// Applies the block.
    ///
    /// # Shapes
    /// - `x`: `[batch, channels_in, height, width]`
    /// - output: `[batch, channels_out, height, width]`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let joined = self.mix(self.norm_in.forward(x));
        let joined = self.norm_out.forward(joined);
        self.out.forward(joined)
    }

    /// Every group's channels through its own operation.
    fn mix(&self, x: Tensor<4>) -> Tensor<4> {
        let [_, channels, height, width] = x.dims();
        let (size, quarter) = ([height, width], channels / 4);
        // The paper's own choice of axes is one operation.
        if let [Group::Plane(plane), Group::Rows(rows), Group::Columns(columns), Group::Plain(plain)] =
            self.groups.as_slice()
            && let (Some(plane), Some(rows), Some(columns)) = (
                plane.factor(size),
                rows.factor([1, quarter, height, 1]),
                columns.factor([1, quarter, 1, width]),
            )
        {
            let (pointwise_weight, pointwise_bias) = plain.pointwise.parameters();
            let (depthwise_weight, depthwise_bias) = plain.depthwise.parameters();
            let convs = AxesConvs { pointwise_weight, pointwise_bias, depthwise_weight, depthwise_bias };
            let ids = [plain.pointwise.ids(), self.norm_in.ids().to_vec()].concat();
            return trace::layer(&ids, || multiply_axes(x, plane, rows, columns, convs));
        }
        let own = channels / self.groups.len();
        let parts = self.groups.iter().enumerate();
        let mixed = parts.map(|(index, group)| group.forward(x.clone().narrow(1, index * own, own)));
        concat(mixed.collect(), 1)
    }
}
