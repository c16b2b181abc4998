//! What GHPA multiplies its channels with.

use burn::tensor::Tensor;

use super::activation::GELU;
use super::conv::{note_conv1d, note_conv2d};
use super::cpu::Factor;
use super::resize::note_resize;
use super::{Conv, conv1d, conv2d, fused, gelu, resize_bilinear, trace};

/// Parameters of a depthwise and of a pointwise convolution, weight and bias each: of rank 4 for planes, 3 for lines.
#[derive(Clone, Debug)]
pub struct FactorConvs<const D: usize> {
    /// `[channels, 1, 3, 3]` or `[channels, 1, 3]`
    pub depthwise_weight: Tensor<D>,
    /// `[channels]`
    pub depthwise_bias: Tensor<1>,
    /// `[channels, channels, 1, 1]` or `[channels, channels, 1]`
    pub pointwise_weight: Tensor<D>,
    /// `[channels]`
    pub pointwise_bias: Tensor<1>,
}

/// A tensor over height and width, resized, then through a depthwise 3x3 convolution, GELU and a pointwise convolution.
///
/// # Shapes
/// - `tensor`: `[1, channels, any, any]`
/// - output: `[1, channels, size[0], size[1]]`
pub fn plane_factor(tensor: Tensor<4>, convs: FactorConvs<4>, size: [usize; 2]) -> Tensor<4> {
    let channels = tensor.dims()[1];
    let shape = [1, channels, size[0], size[1]];
    if fused::available(&tensor) {
        note_resize(tensor.dims(), shape);
        note_conv2d(shape, convs.depthwise_weight.dims());
        trace::note_each("gelu", &shape, GELU);
        note_conv2d(shape, convs.pointwise_weight.dims());
        return factor(tensor, convs, shape);
    }
    let [depthwise, pointwise] = [channels, 1].map(|groups| Conv { dilation: 1, groups });
    let resized = resize_bilinear(tensor, size);
    let hidden = gelu(conv2d(resized, convs.depthwise_weight, convs.depthwise_bias, depthwise));
    conv2d(hidden, convs.pointwise_weight, convs.pointwise_bias, pointwise)
}

/// A tensor over channels and one spatial axis, resized along the latter, then through a depthwise convolution of three
/// taps, GELU and a pointwise convolution.
///
/// # Shapes
/// - `tensor`: `[1, 1, channels, any]`
/// - output: `shape`, `[1, channels, length, 1]` or `[1, channels, 1, length]`
pub fn line_factor(tensor: Tensor<4>, convs: FactorConvs<3>, shape: [usize; 4]) -> Tensor<4> {
    let (channels, length) = (shape[1], shape[2] * shape[3]);
    if fused::available(&tensor) {
        let line = [1, channels, length];
        note_resize(tensor.dims(), [1, 1, channels, length]);
        note_conv1d(line, convs.depthwise_weight.dims());
        trace::note_each("gelu", &line, GELU);
        note_conv1d(line, convs.pointwise_weight.dims());
        return factor(tensor, convs, shape);
    }
    let [depthwise, pointwise] = [channels, 1].map(|groups| Conv { dilation: 1, groups });
    let resized = resize_bilinear(tensor, [channels, length]).reshape([1, channels, length]);
    let hidden = gelu(conv1d(resized, convs.depthwise_weight, convs.depthwise_bias, depthwise));
    conv1d(hidden, convs.pointwise_weight, convs.pointwise_bias, pointwise).reshape(shape)
}

fn factor<const D: usize>(tensor: Tensor<4>, convs: FactorConvs<D>, shape: [usize; 4]) -> Tensor<4> {
    let inputs = vec![
        tensor.into(),
        convs.depthwise_weight.into(),
        convs.depthwise_bias.into(),
        convs.pointwise_weight.into(),
        convs.pointwise_bias.into(),
    ];
    fused::apply(Factor { shape }, inputs)
}
