//! Normalisations with learned scale and shift.

use burn::tensor::Tensor;

use super::cpu::{ChannelNorm, GroupNorm, NormPoolGelu};
use super::{fused, gelu, max_pool2, trace};

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

fn scale_and_shift(x: Tensor<4>, weight: Tensor<1>, bias: Tensor<1>) -> Tensor<4> {
    let channels = x.dims()[1];
    x * weight.reshape([1, channels, 1, 1]) + bias.reshape([1, channels, 1, 1])
}
