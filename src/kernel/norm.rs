//! Normalisations with learned scale and shift.

use burn::tensor::Tensor;

use super::cpu::{ChannelNorm, ConvNormPoolGelu, GroupNorm, NormPoolGelu};
use super::{Conv, conv2d, fused, gelu, max_pool2, trace};

/// Group normalisation: each image's groups of channels to mean 0 and (biased) variance 1.
///
/// # Shapes
/// - `x` and output: `[batch, channels, height, width]`, channels a multiple of `groups`
/// - `weight` and `bias`: `[channels]`
pub fn group_norm(
    x: Tensor<4>,
    weight: Tensor<1>,
    bias: Tensor<1>,
    groups: usize,
    epsilon: f64,
) -> Tensor<4> {
    trace::note("group_norm", 0);
    if fused::available(&x) {
        let op = GroupNorm { groups, epsilon: epsilon as f32 };
        return fused::apply(op, vec![x.into(), weight.into(), bias.into()]);
    }
    let [batch, channels, height, width] = x.dims();
    let grouped = x.reshape([batch, groups, channels / groups * height * width]);
    let centred = grouped.clone() - grouped.mean_dim(2);
    let variance = centred.clone().powi_scalar(2).mean_dim(2);
    let normal = (centred / variance.add_scalar(epsilon).sqrt()).reshape([batch, channels, height, width]);
    scale_and_shift(normal, weight, bias)
}

/// Layer normalisation over channels: each pixel's channels to mean 0 and (biased) variance 1.
///
/// # Shapes
/// - `x` and output: `[batch, channels, height, width]`
/// - `weight` and `bias`: `[channels]`
pub fn channel_norm(x: Tensor<4>, weight: Tensor<1>, bias: Tensor<1>, epsilon: f64) -> Tensor<4> {
    trace::note("channel_norm", 0);
    if fused::available(&x) {
        let op = ChannelNorm { epsilon: epsilon as f32 };
        return fused::apply(op, vec![x.into(), weight.into(), bias.into()]);
    }
    let centred = x.clone() - x.mean_dim(1);
    let variance = centred.clone().powi_scalar(2).mean_dim(1);
    scale_and_shift(centred / variance.add_scalar(epsilon).sqrt(), weight, bias)
}

/// [`group_norm`], [`max_pool2`] and [`gelu`], the end of an encoder stage.
///
/// # Shapes
/// - `x`: `[batch, channels, height, width]`, channels a multiple of `groups`
/// - `weight` and `bias`: `[channels]`
/// - output: `[batch, channels, height / 2, width / 2]`
pub fn norm_pool_gelu(
    x: Tensor<4>,
    weight: Tensor<1>,
    bias: Tensor<1>,
    groups: usize,
    epsilon: f64,
) -> Tensor<4> {
    let [_, _, height, width] = x.dims();
    if fused::available(&x) && height > 1 && width > 1 {
        for name in ["group_norm", "max_pool2", "gelu"] {
            trace::note(name, 0);
        }
        let op = NormPoolGelu { groups, epsilon: epsilon as f32 };
        return fused::apply(op, vec![x.into(), weight.into(), bias.into()]);
    }
    gelu(max_pool2(group_norm(x, weight, bias, groups, epsilon)))
}

/// [`conv2d`] with a 3x3 kernel, then [`norm_pool_gelu`]: a whole encoder stage.
///
/// # Shapes
/// - `x`: `[batch, channels_in, height, width]`
/// - `convolution`: weight `[channels, channels_in / groups, kernel, kernel]` and bias `[channels]`
/// - `norm`: weight and bias, `[channels]` each, channels a multiple of `groups`
/// - output: `[batch, channels, height / 2, width / 2]`
pub fn conv_norm_pool_gelu(
    x: Tensor<4>,
    convolution: (Tensor<4>, Tensor<1>, Conv),
    norm: (Tensor<1>, Tensor<1>),
    groups: usize,
    epsilon: f64,
) -> Tensor<4> {
    let [batch, _, height, width] = x.dims();
    let (weight, bias, conv) = convolution;
    if fused::available(&x) && height > 1 && width > 1 && conv.direct(weight.dims()) {
        conv.note(batch * height * width, weight.dims());
        for name in ["group_norm", "max_pool2", "gelu"] {
            trace::note(name, 0);
        }
        let op = ConvNormPoolGelu { groups, epsilon: epsilon as f32 };
        return fused::apply(op, vec![x.into(), weight.into(), bias.into(), norm.0.into(), norm.1.into()]);
    }
    norm_pool_gelu(conv2d(x, weight, bias, conv), norm.0, norm.1, groups, epsilon)
}

fn scale_and_shift(x: Tensor<4>, weight: Tensor<1>, bias: Tensor<1>) -> Tensor<4> {
    let channels = x.dims()[1];
    x * weight.reshape([1, channels, 1, 1]) + bias.reshape([1, channels, 1, 1])
}
