//! Normalisations with learned scale and shift.

use burn::module::ParamId;
use burn::tensor::{Tensor, module};

use super::activation::GELU;
use super::conv::note_conv2d;
use super::cpu::{ChannelNorm, ConvNormPoolGelu, GroupNorm, NormPoolGelu};
use super::native::{self, Native};
use super::{Conv, conv2d, fused, gelu, max_pool2, trace};

/// Scalar operations of a normalisation for each element: one for the mean, three for the variance, two to
/// normalise, two to scale and shift.
pub(super) const NORM: usize = 8;

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
    trace::note_each("group_norm", &x.dims(), NORM);
    if fused::available(&x) {
        let op = GroupNorm { groups, epsilon: epsilon as f32 };
        return fused::apply(op, vec![x.into(), weight.into(), bias.into()]);
    }
    if native::available(&x) {
        let tensors = vec![x.into_dispatch(), weight.into_dispatch(), bias.into_dispatch()];
        return native::apply(&Native::GroupNorm { groups, epsilon }, tensors);
    }
    let [batch, channels, height, width] = x.dims();
    let grouped = x.reshape([batch, groups, channels / groups * height * width]);
    let centred = grouped.clone() - grouped.mean_dim(2);
    let variance = centred.clone().powi_scalar(2).mean_dim(2);
    let normal = (centred / variance.add_scalar(epsilon).sqrt()).reshape([batch, channels, height, width]);
    scale_and_shift(normal, weight, bias)
}

/// Instance normalisation without scale and shift: each channel of each image to mean 0 and (biased) variance 1.
///
/// # Shapes
/// - `x` and output: `[batch, channels, height, width]`
pub fn instance_norm(x: Tensor<4>, epsilon: f64) -> Tensor<4> {
    // Nothing to scale and shift by.
    trace::note_each("instance_norm", &x.dims(), NORM - 2);
    let [batch, channels, height, width] = x.dims();
    if fused::available(&x) {
        let op = GroupNorm { groups: channels, epsilon: epsilon as f32 };
        let (ones, zeros) = (Tensor::ones([channels], &x.device()), Tensor::zeros([channels], &x.device()));
        return fused::apply(op, vec![x.into(), Tensor::<1>::into(ones), Tensor::<1>::into(zeros)]);
    }
    if native::available(&x) {
        return native::apply(&Native::InstanceNorm { epsilon }, vec![x.into_dispatch()]);
    }
    let planes = x.reshape([batch, channels, height * width]);
    let centred = planes.clone() - planes.mean_dim(2);
    let variance = centred.clone().powi_scalar(2).mean_dim(2);
    (centred / variance.add_scalar(epsilon).sqrt()).reshape([batch, channels, height, width])
}

/// Layer normalisation over channels: each pixel's channels to mean 0 and (biased) variance 1.
///
/// # Shapes
/// - `x` and output: `[batch, channels, height, width]`
/// - `weight` and `bias`: `[channels]`
pub fn channel_norm(x: Tensor<4>, weight: Tensor<1>, bias: Tensor<1>, epsilon: f64) -> Tensor<4> {
    trace::note_each("channel_norm", &x.dims(), NORM);
    if fused::available(&x) {
        let op = ChannelNorm { epsilon: epsilon as f32 };
        return fused::apply(op, vec![x.into(), weight.into(), bias.into()]);
    }
    if native::available(&x) {
        let tensors = vec![x.into_dispatch(), weight.into_dispatch(), bias.into_dispatch()];
        return native::apply(&Native::ChannelNorm { epsilon }, tensors);
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
        note_stage_end(x.dims());
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
/// - `norm`: weight and bias, `[channels]` each, channels a multiple of `groups`; and what names their layer in a
///   recording
/// - output: `[batch, channels, height / 2, width / 2]`
pub fn conv_norm_pool_gelu(
    x: Tensor<4>,
    convolution: (Tensor<4>, Tensor<1>, Conv),
    norm: (Tensor<1>, Tensor<1>, [ParamId; 2]),
    groups: usize,
    epsilon: f64,
) -> Tensor<4> {
    let [batch, _, height, width] = x.dims();
    let (weight, bias, conv) = convolution;
    if fused::available(&x) && height > 1 && width > 1 && conv.direct(weight.dims()) {
        let channels = weight.dims()[0];
        note_conv2d([batch, channels, height, width], weight.dims());
        trace::layer(&norm.2, || note_stage_end([batch, channels, height, width]));
        let op = ConvNormPoolGelu { groups, epsilon: epsilon as f32 };
        return fused::apply(op, vec![x.into(), weight.into(), bias.into(), norm.0.into(), norm.1.into()]);
    }
    let dense = conv2d(x, weight, bias, conv);
    trace::layer(&norm.2, || norm_pool_gelu(dense, norm.0, norm.1, groups, epsilon))
}

/// What a batch normalisation in training gives.
#[derive(Clone, Debug)]
pub struct BatchMoments {
    /// The normalised map.
    pub output: Tensor<4>,
    /// Mean of each channel over the batch: `[channels]`.
    pub mean: Tensor<1>,
    /// Unbiased variance of each channel over the batch: `[channels]`.
    pub variance: Tensor<1>,
}

/// Batch normalisation by the batch's own moments.
///
/// # Shapes
/// - `x`: `[batch, channels, height, width]`
/// - `weight` and `bias`: `[channels]`
pub fn batch_norm_train(x: Tensor<4>, weight: Tensor<1>, bias: Tensor<1>, epsilon: f64) -> BatchMoments {
    trace::note_each("batch_norm", &x.dims(), NORM);
    if native::available(&x) {
        let tensors = vec![x.into_dispatch(), weight.into_dispatch(), bias.into_dispatch()];
        let [output, mean, variance] = native::apply_several(&Native::BatchNormTrain { epsilon }, tensors);
        return BatchMoments {
            output: Tensor::from_dispatch(output),
            mean: Tensor::from_dispatch(mean),
            variance: Tensor::from_dispatch(variance),
        };
    }
    let [batch, _, height, width] = x.dims();
    let count = (batch * height * width) as f64;
    let result = module::batch_norm_train(x, weight, bias, epsilon);
    let variance = result.variance.mul_scalar(count / (count - 1.0).max(1.0));
    BatchMoments { output: result.output, mean: result.mean, variance }
}

/// Batch normalisation by given moments.
///
/// # Shapes
/// - `x` and output: `[batch, channels, height, width]`
/// - `weight`, `bias`, `mean` and `variance`: `[channels]`
pub fn batch_norm(
    x: Tensor<4>,
    (weight, bias): (Tensor<1>, Tensor<1>),
    (mean, variance): (Tensor<1>, Tensor<1>),
    epsilon: f64,
) -> Tensor<4> {
    trace::note_each("batch_norm", &x.dims(), 2);
    if native::available(&x) {
        let tensors = [weight, bias, mean, variance].map(Tensor::into_dispatch);
        let tensors = std::iter::once(x.into_dispatch()).chain(tensors).collect();
        return native::apply(&Native::BatchNorm { epsilon }, tensors);
    }
    let channels = x.dims()[1];
    let factor = weight / variance.add_scalar(epsilon).sqrt();
    let shift = bias - mean * factor.clone();
    x * factor.reshape([1, channels, 1, 1]) + shift.reshape([1, channels, 1, 1])
}

/// Layer normalisation over the last axis, as transformers have it.
///
/// # Shapes
/// - `x` and output: `[.., channels]`
/// - `weight` and `bias`: `[channels]`
pub fn layer_norm<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<1>,
    bias: Tensor<1>,
    epsilon: f64,
) -> Tensor<D> {
    trace::note_each("layer_norm", &x.dims(), NORM);
    if native::available(&x) {
        let tensors = vec![x.into_dispatch(), weight.into_dispatch(), bias.into_dispatch()];
        return native::apply(&Native::LayerNorm { epsilon }, tensors);
    }
    let shape = x.dims();
    let channels = shape[D - 1];
    let rows = x.reshape([shape[..D - 1].iter().product(), channels]);
    let centred = rows.clone() - rows.mean_dim(1);
    let variance = centred.clone().powi_scalar(2).mean_dim(1);
    let normal = centred / variance.add_scalar(epsilon).sqrt();
    (normal * weight.reshape([1, channels]) + bias.reshape([1, channels])).reshape(shape)
}

/// Each element's share of the sum along an axis, with `epsilon` added to the sum.
///
/// # Shapes
/// - `x` and output: `[..]`
pub fn shares<const D: usize>(x: Tensor<D>, axis: usize, epsilon: f64) -> Tensor<D> {
    trace::note_each("shares", &x.dims(), 2);
    if native::available(&x) {
        return native::apply(&Native::Shares { axis, epsilon }, vec![x.into_dispatch()]);
    }
    x.clone() / x.sum_dim(axis).add_scalar(epsilon)
}

/// Notes a norm, 2x2 pooling and GELU of a map of this shape.
fn note_stage_end([batch, channels, height, width]: [usize; 4]) {
    trace::note_each("group_norm", &[batch, channels, height, width], NORM);
    let pooled = [batch, channels, height / 2, width / 2];
    trace::note_each("max_pool2d", &pooled, 3);
    trace::note_each("gelu", &pooled, GELU);
}

fn scale_and_shift(x: Tensor<4>, weight: Tensor<1>, bias: Tensor<1>) -> Tensor<4> {
    let channels = x.dims()[1];
    x * weight.reshape([1, channels, 1, 1]) + bias.reshape([1, channels, 1, 1])
}
