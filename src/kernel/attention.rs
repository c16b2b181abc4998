//! The inner parts of EGE-UNet's two blocks.

use burn::tensor::Tensor;

use super::activation::GELU;
use super::conv::note_conv2d;
use super::cpu::{Axes, Bridge};
use super::native::{self, Native};
use super::norm::NORM;
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
    let plain = Conv { dilation: 1, groups: 1 };
    let native = native::available(&x);
    if native || fused::available(&x) {
        let part = [batch, quarter, height, width];
        trace::note_each("multiply", &[batch, 3 * quarter, height, width], 1);
        note_conv2d(part, convs.pointwise_weight.dims());
        trace::note_each("gelu", &part, GELU);
        note_conv2d(part, convs.depthwise_weight.dims());
        if native {
            let tensors = [x, plane, rows, columns].map(Tensor::into_dispatch).into_iter();
            let convs = [
                convs.pointwise_weight.into_dispatch(),
                convs.pointwise_bias.into_dispatch(),
                convs.depthwise_weight.into_dispatch(),
                convs.depthwise_bias.into_dispatch(),
            ];
            return native::apply(&Native::MultiplyAxes, tensors.chain(convs).collect());
        }
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
    trace::note_each("multiply", &[batch, 3 * quarter, height, width], 1);
    let part = |index: usize| x.clone().narrow(1, index * quarter, quarter);
    let rest = gelu(conv2d(part(3), convs.pointwise_weight, convs.pointwise_bias, plain));
    let rest = conv2d(rest, convs.depthwise_weight, convs.depthwise_bias, depthwise);
    Tensor::cat(vec![part(0) * plane, part(1) * rows, part(2) * columns, rest], 1)
}

/// Parameters of one group of [`bridge_groups`].
#[derive(Clone, Debug)]
pub struct BridgeGroup {
    /// `[own]`: the group's channels of both maps, and one more for a mask
    pub norm_weight: Tensor<1>,
    /// `[own]`
    pub norm_bias: Tensor<1>,
    /// `[own, 1, 3, 3]`
    pub weight: Tensor<4>,
    /// `[own]`
    pub bias: Tensor<1>,
    /// Distance between the kernel's taps.
    pub dilation: usize,
}

/// What [`bridge_groups`] does to the joined channels.
#[derive(Clone, Debug)]
pub struct BridgeTail {
    /// `[groups * own]`
    pub norm_weight: Tensor<1>,
    /// `[groups * own]`
    pub norm_bias: Tensor<1>,
    /// `[channels_out, groups * own, 1, 1]`
    pub weight: Tensor<4>,
    /// `[channels_out]`
    pub bias: Tensor<1>,
    /// Added to the norm's variance.
    pub epsilon: f64,
}

/// For each group: its part of `high`, its part of `low` and the mask, layer-normalised over these channels, then a
/// depthwise 3x3 convolution; all groups' channels after one another, layer-normalised, then a 1x1 convolution.
///
/// # Shapes
/// - `high` and `low`: `[batch, channels, height, width]`, channels a multiple of the number of groups
/// - `mask`: `[batch, 1, height, width]`
/// - output: `[batch, channels_out, height, width]`
pub fn bridge_groups(
    high: Tensor<4>,
    low: Tensor<4>,
    mask: Option<Tensor<4>>,
    groups: Vec<BridgeGroup>,
    tail: BridgeTail,
    epsilon: f64,
) -> Tensor<4> {
    let [batch, channels, height, width] = low.dims();
    let part = channels / groups.len();
    let own = 2 * part + usize::from(mask.is_some());
    // The kernel is there for the numbers of groups that a dispatch has a method for.
    let native = native::available(&low);
    if native || fused::available(&low) && [1, 2, 4, 8].contains(&groups.len()) {
        for group in &groups {
            trace::note_each("channel_norm", &[batch, own, height, width], NORM);
            note_conv2d([batch, own, height, width], group.weight.dims());
        }
        trace::note_each("channel_norm", &[batch, groups.len() * own, height, width], NORM);
        note_conv2d([batch, tail.weight.dims()[0], height, width], tail.weight.dims());
        if native {
            let operation = Native::BridgeGroups {
                dilations: groups.iter().map(|group| group.dilation).collect(),
                mask: mask.is_some(),
                epsilon,
                tail_epsilon: tail.epsilon,
            };
            let maps = [high, low].into_iter().chain(mask).map(Tensor::into_dispatch);
            let groups = groups.into_iter().flat_map(|group| {
                let norm = [group.norm_weight, group.norm_bias].map(Tensor::into_dispatch);
                norm.into_iter().chain([group.weight.into_dispatch(), group.bias.into_dispatch()])
            });
            let tail = [
                tail.norm_weight.into_dispatch(),
                tail.norm_bias.into_dispatch(),
                tail.weight.into_dispatch(),
                tail.bias.into_dispatch(),
            ];
            return native::apply(&operation, maps.chain(groups).chain(tail).collect());
        }
        let op = Bridge {
            dilations: groups.iter().map(|group| group.dilation).collect(),
            mask: mask.is_some(),
            epsilon: epsilon as f32,
            tail_epsilon: tail.epsilon as f32,
        };
        let mut tensors = vec![high.into(), low.into()];
        tensors.extend(mask.map(Into::into));
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
        let of = |x: &Tensor<4>| x.clone().narrow(1, index * part, part);
        let seen = [of(&high), of(&low)].into_iter().chain(mask.clone());
        let normal =
            channel_norm(Tensor::cat(seen.collect(), 1), group.norm_weight, group.norm_bias, epsilon);
        conv2d(normal, group.weight, group.bias, Conv { dilation: group.dilation, groups: own })
    });
    let normal =
        channel_norm(Tensor::cat(outputs.collect(), 1), tail.norm_weight, tail.norm_bias, tail.epsilon);
    conv2d(normal, tail.weight, tail.bias, Conv { dilation: 1, groups: 1 })
}
