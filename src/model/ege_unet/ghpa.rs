//! Group multi-axis Hadamard Product Attention, GHPA (paper section 2, figure 3).

use burn::config::Config;
use burn::module::{Module, Param};
use burn::tensor::Tensor;

use crate::experiment::settings::TensorInit;
use crate::kernel::{AxesConvs, gelu, multiply_axes, resize_bilinear};
use crate::model::Site;
use crate::model::block::{ChannelNorm, ChannelNormConfig, Conv1d, Conv1dConfig, Conv2d, Conv2dConfig};

/// Height and width at which the learnable tensors are kept.
const TENSOR_SIZE: usize = 8;

/// Settings of [`Ghpa`].
#[derive(Config, Debug)]
pub struct GhpaConfig {
    /// Channels in and out; in must be a multiple of 4.
    pub channels: [usize; 2],
}

/// Quarters of the channels, three of them multiplied with a learnable tensor along a pair of axes.
///
/// The tensors are small (8 along each spatial axis), are resized to the feature map, and pass a depthwise
/// and a pointwise convolution before they multiply it. The fourth quarter passes a pointwise and a
/// depthwise convolution, in that order (deviation 18).
#[derive(Module, Debug)]
pub struct Ghpa {
    norm_in: ChannelNorm,
    /// `[1, channels / 4, 8, 8]`
    tensor_xy: Param<Tensor<4>>,
    xy_depthwise: Conv2d,
    xy_pointwise: Conv2d,
    /// `[1, 1, channels / 4, 8]`, along channels and height
    tensor_zx: Param<Tensor<4>>,
    zx_depthwise: Conv1d,
    zx_pointwise: Conv1d,
    /// `[1, 1, channels / 4, 8]`, along channels and width
    tensor_zy: Param<Tensor<4>>,
    zy_depthwise: Conv1d,
    zy_pointwise: Conv1d,
    plain_pointwise: Conv2d,
    plain_depthwise: Conv2d,
    norm_out: ChannelNorm,
    out_depthwise: Conv2d,
    out_pointwise: Conv2d,
}

impl GhpaConfig {
    /// Makes the block.
    pub fn init(&self, site: &Site, tensor_init: TensorInit) -> Ghpa {
        let [channels_in, channels_out] = self.channels;
        let quarter = channels_in / 4;
        let tensor = |name: &str, shape: [usize; 4]| match tensor_init {
            TensorInit::Ones => site.constant(name, shape, 1.0),
            TensorInit::Random => site.normal(name, shape, 1.0),
        };
        let line_depthwise =
            |name: &str| Conv1dConfig::new([quarter, quarter], 3).with_groups(quarter).init(&site.at(name));
        let line_pointwise = |name: &str| Conv1dConfig::new([quarter, quarter], 1).init(&site.at(name));
        let depthwise = |name: &str, channels| Conv2dConfig::depthwise(channels, 3).init(&site.at(name));
        let pointwise = |name: &str, channels| Conv2dConfig::pointwise(channels).init(&site.at(name));
        Ghpa {
            norm_in: ChannelNormConfig::new(channels_in).init(&site.at("norm1")),
            tensor_xy: tensor("params_xy", [1, quarter, TENSOR_SIZE, TENSOR_SIZE]),
            xy_depthwise: depthwise("conv_xy.0", quarter),
            xy_pointwise: pointwise("conv_xy.2", [quarter, quarter]),
            tensor_zx: tensor("params_zx", [1, 1, quarter, TENSOR_SIZE]),
            zx_depthwise: line_depthwise("conv_zx.0"),
            zx_pointwise: line_pointwise("conv_zx.2"),
            tensor_zy: tensor("params_zy", [1, 1, quarter, TENSOR_SIZE]),
            zy_depthwise: line_depthwise("conv_zy.0"),
            zy_pointwise: line_pointwise("conv_zy.2"),
            plain_pointwise: pointwise("dw.0", [quarter, quarter]),
            plain_depthwise: depthwise("dw.2", quarter),
            norm_out: ChannelNormConfig::new(channels_in).init(&site.at("norm2")),
            out_depthwise: depthwise("ldw.0", channels_in),
            out_pointwise: pointwise("ldw.2", [channels_in, channels_out]),
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
        let [_, channels, height, width] = x.dims();
        let quarter = channels / 4;
        let plane = resize_bilinear(self.tensor_xy.val(), [height, width]);
        let plane = self.xy_pointwise.forward(gelu(self.xy_depthwise.forward(plane)));
        let rows = axis_weights(&self.tensor_zx, [quarter, height], &self.zx_depthwise, &self.zx_pointwise);
        let columns = axis_weights(&self.tensor_zy, [quarter, width], &self.zy_depthwise, &self.zy_pointwise);
        let (pointwise_weight, pointwise_bias) = self.plain_pointwise.parameters();
        let (depthwise_weight, depthwise_bias) = self.plain_depthwise.parameters();
        let joined = multiply_axes(
            self.norm_in.forward(x),
            plane,
            rows.reshape([1, quarter, height, 1]),
            columns.reshape([1, quarter, 1, width]),
            AxesConvs { pointwise_weight, pointwise_bias, depthwise_weight, depthwise_bias },
        );
        let joined = self.norm_out.forward(joined);
        self.out_pointwise.forward(gelu(self.out_depthwise.forward(joined)))
    }
}

/// A learnable tensor over channels and one spatial axis, resized and convolved: `[1, channels, length]`.
fn axis_weights(
    tensor: &Param<Tensor<4>>,
    [channels, length]: [usize; 2],
    depthwise: &Conv1d,
    pointwise: &Conv1d,
) -> Tensor<3> {
    let line = resize_bilinear(tensor.val(), [channels, length]).reshape([1, channels, length]);
    pointwise.forward(gelu(depthwise.forward(line)))
}
