//! The inner parts of EGE-UNet's two blocks.

use burn::tensor::Tensor;

use super::cpu::{Axes, Bridge};
use super::{Conv, channel_norm, conv2d, fused, gelu, trace};

/// Parameters of the fourth quarter of [`multiply_axes`].
#[derive(Clone, Debug)]
pub struct AxesConvs {
    /// `[quarter, quarter, 1, 1]`
    pub pointwise_weight: Tensor<4>,
    /// `[quarter]`
    pub pointwise_bias: Tensor<1>,
    /// `[quarter, 1, 3, 3]`
    pub depthwise_weight: Tensor<4>,
    /// `[quarter]`
    pub depthwise_bias: Tensor<1>,
}

/// The first three quarters of the channels times a tensor of their own; the fourth through a pointwise
/// convolution, GELU and a depthwise 3x3 convolution.
///
/// # Shapes
/// - `x` and output: `[batch, channels, height, width]`
/// - `plane`: `[1, channels / 4, height, width]`
/// - `rows`: `[1, channels / 4, height, 1]`
/// - `columns`: `[1, channels / 4, 1, width]`
pub fn multiply_axes(
    x: Tensor<4>,
    plane: Tensor<4>,
    rows: Tensor<4>,
    columns: Tensor<4>,
    convs: AxesConvs,
) -> Tensor<4> {
    let [batch, channels, height, width] = x.dims();
    let quarter = channels / 4;
    let depthwise = Conv { dilation: 1, groups: quarter };
    if fused::available(&x) {
        let pixels = batch * quarter * height * width;
        trace::note("multiply", 0);
        trace::note("conv2d", (pixels * quarter) as u64);
        trace::note("gelu", 0);
        trace::note("conv2d", (pixels * 9) as u64);
        let tensors = vec![
            x.into(),
            plane.into(),
            rows.into(),
            columns.into(),
            convs.pointwise_weight.into(),
            convs.pointwise_bias.into(),
            convs.depthwise_weight.into(),
            convs.depthwise_bias.into(),
        ];
        return fused::apply(Axes, tensors);
    }
    trace::note("multiply", 0);
    let part = |index: usize| x.clone().narrow(1, index * quarter, quarter);
    let plain = Conv { dilation: 1, groups: 1 };
    let rest = gelu(conv2d(part(3), convs.pointwise_weight, convs.pointwise_bias, plain));
    let rest = conv2d(rest, convs.depthwise_weight, convs.depthwise_bias, depthwise);
    Tensor::cat(vec![part(0) * plane, part(1) * rows, part(2) * columns, rest], 1)
}

/// Parameters of one group of [`bridge_groups`].
#[derive(Clone, Debug)]
pub struct BridgeGroup {
    /// `[channels / 2 + 1]`
    pub norm_weight: Tensor<1>,
    /// `[channels / 2 + 1]`
    pub norm_bias: Tensor<1>,
    /// `[channels / 2 + 1, 1, 3, 3]`
    pub weight: Tensor<4>,
    /// `[channels / 2 + 1]`
    pub bias: Tensor<1>,
    /// Distance between the kernel's taps.
    pub dilation: usize,
}

/// What [`bridge_groups`] does to the joined channels.
#[derive(Clone, Debug)]
pub struct BridgeTail {
    /// `[2 * channels + 4]`
    pub norm_weight: Tensor<1>,
    /// `[2 * channels + 4]`
    pub norm_bias: Tensor<1>,
    /// `[channels_out, 2 * channels + 4, 1, 1]`
    pub weight: Tensor<4>,
    /// `[channels_out]`
    pub bias: Tensor<1>,
    /// Added to the norm's variance.
    pub epsilon: f64,
}

/// For each of four groups: a quarter of `high`, a quarter of `low` and the mask, layer-normalised over these
/// channels, then a depthwise 3x3 convolution; all groups' channels after one another, layer-normalised, then a 1x1
/// convolution.
///
/// # Shapes
/// - `high` and `low`: `[batch, channels, height, width]`
/// - `mask`: `[batch, 1, height, width]`
/// - output: `[batch, channels_out, height, width]`
pub fn bridge_groups(
    high: Tensor<4>,
    low: Tensor<4>,
    mask: Tensor<4>,
    groups: [BridgeGroup; 4],
    tail: BridgeTail,
    epsilon: f64,
) -> Tensor<4> {
    let [batch, channels, height, width] = low.dims();
    let quarter = channels / 4;
    let own = 2 * quarter + 1;
    if fused::available(&low) {
        for _ in 0..4 {
            trace::note("channel_norm", 0);
            trace::note("conv2d", (batch * own * height * width * 9) as u64);
        }
        trace::note("channel_norm", 0);
        trace::note("conv2d", (batch * tail.weight.dims()[0] * 4 * own * height * width) as u64);
        let op = Bridge {
            dilations: groups.each_ref().map(|group| group.dilation),
            epsilon: epsilon as f32,
            tail_epsilon: tail.epsilon as f32,
        };
        let mut tensors = vec![high.into(), low.into(), mask.into()];
        for group in groups {
            tensors.extend([
                group.norm_weight.into(),
                group.norm_bias.into(),
                group.weight.into(),
                group.bias.into(),
            ]);
        }
        tensors.extend([
            tail.norm_weight.into(),
            tail.norm_bias.into(),
            tail.weight.into(),
            tail.bias.into(),
        ]);
        return fused::apply(op, tensors);
    }
    let outputs = groups.into_iter().enumerate().map(|(index, group)| {
        let part = |x: &Tensor<4>| x.clone().narrow(1, index * quarter, quarter);
        let joined = Tensor::cat(vec![part(&high), part(&low), mask.clone()], 1);
        let normal = channel_norm(joined, group.norm_weight, group.norm_bias, epsilon);
        conv2d(normal, group.weight, group.bias, Conv { dilation: group.dilation, groups: own })
    });
    let normal =
        channel_norm(Tensor::cat(outputs.collect(), 1), tail.norm_weight, tail.norm_bias, tail.epsilon);
    conv2d(normal, tail.weight, tail.bias, Conv { dilation: 1, groups: 1 })
}
