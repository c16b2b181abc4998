//! Each operation by functions of aten, on tensors of any device; gradients are aten's own.

use burn::backend::DispatchTensor;
use tch::{Kind, Tensor};

use super::loss::deep_bce_dice;
use super::shim;
use super::tensors::{inner, outer};
use crate::kernel::native::Native;

/// Computes an operation; in the order of its inputs, as the function of `kernel` has them.
pub(in crate::kernel) fn compute(operation: &Native, inputs: Vec<DispatchTensor>) -> Vec<DispatchTensor> {
    let inputs: Vec<Tensor> = inputs.into_iter().map(inner).collect();
    if let Native::BatchNormTrain { epsilon } = *operation {
        return batch_norm_train(&inputs[0], &inputs[1], &inputs[2], epsilon).map(outer).into();
    }
    vec![outer(one(operation, &inputs))]
}

fn one(operation: &Native, inputs: &[Tensor]) -> Tensor {
    let x = &inputs[0];
    match *operation {
        Native::Gelu => x.gelu("none"),
        Native::Relu => x.relu(),
        Native::Sigmoid => x.sigmoid(),
        Native::Silu => x.silu(),
        Native::Softplus => x.softplus(),
        Native::HardSigmoid => x.hardsigmoid(),
        Native::HardSwish => x.hardswish(),
        Native::Exp => x.exp(),
        Native::Softmax { axis } => x.softmax(axis as i64, None),
        Native::Add => x + &inputs[1],
        Native::Multiply => x * &inputs[1],
        Native::MatMul => x.matmul(&inputs[1]),
        Native::Linear => x.linear(&inputs[1], inputs.get(2)),
        Native::Scale { factor } => x * factor,
        Native::MeanPixels => x.mean_dim([2_i64, 3].as_slice(), true, None),
        Native::MeanChannels => x.mean_dim([1_i64].as_slice(), true, None),
        // The gradient goes to one channel, as burn has it; `amax` would share it among equals.
        Native::MaxChannels => x.max_dim(1, true).0,
        Native::SumLast => x.sum_dim_intlist([-1_i64].as_slice(), true, None),
        Native::Shares { axis, epsilon } => {
            x / (x.sum_dim_intlist([axis as i64].as_slice(), true, None) + epsilon)
        }
        Native::Convolution { stride, ref padding, dilation, groups, transposed } => {
            let padding: Vec<i64> = padding.iter().map(|&border| border as i64).collect();
            let (weight, bias) = (&inputs[1], inputs.get(2));
            let (stride, dilation, groups) = (stride as i64, dilation as i64, groups as i64);
            // On a processor, mixed precision knows these functions and not the `convolution` below them.
            match padding[..] {
                [line] => x.conv1d(weight, bias, [stride], [line], [dilation], groups),
                _ if transposed => {
                    let [stride, dilation] = [stride, dilation].map(|pixels| [pixels; 2]);
                    x.conv_transpose2d(weight, bias, stride, padding, [0, 0], groups, dilation)
                }
                _ => x.conv2d(weight, bias, [stride; 2], padding, [dilation; 2], groups),
            }
        }
        Native::GroupNorm { groups, epsilon } => {
            x.group_norm(groups as i64, Some(&inputs[1]), Some(&inputs[2]), epsilon, true)
        }
        Native::InstanceNorm { epsilon } => {
            x.group_norm(x.size()[1], None::<Tensor>, None::<Tensor>, epsilon, true)
        }
        Native::ChannelNorm { epsilon } => channel_norm(x, &inputs[1], &inputs[2], epsilon),
        Native::LayerNorm { epsilon } => {
            let channels = inputs[1].size();
            x.layer_norm(channels, Some(&inputs[1]), Some(&inputs[2]), epsilon, true)
        }
        Native::BatchNorm { epsilon } => {
            let [weight, bias, mean, variance] = [1, 2, 3, 4].map(|index| Some(&inputs[index]));
            x.batch_norm(weight, bias, mean, variance, false, 0.0, epsilon, true)
        }
        Native::MaxPool { kernel, stride, padding } => {
            let [kernel, stride, padding] = [kernel, stride, padding].map(|pixels| [pixels as i64; 2]);
            x.max_pool2d(kernel, stride, padding, [1, 1], false)
        }
        Native::AveragePool { kernel, stride, padding } => {
            let [kernel, stride, padding] = [kernel, stride, padding].map(|pixels| [pixels as i64; 2]);
            x.avg_pool2d(kernel, stride, padding, false, true, None)
        }
        Native::ResizeBilinear { size, align_corners } => resize_bilinear(x, size, align_corners),
        Native::PadReflect { border } => x.reflection_pad2d([border as i64; 4]),
        Native::CausalConv1d => causal_conv1d(x, &inputs[1], &inputs[2]),
        Native::SelectiveScan => super::scan::selective_scan(inputs),
        Native::MultiplyAxes => multiply_axes(inputs),
        Native::BridgeGroups { ref dilations, mask, epsilon, tail_epsilon } => {
            bridge_groups(inputs, dilations, mask, epsilon, tail_epsilon)
        }
        Native::DeepBceDice { form, ref weights } => deep_bce_dice(inputs, form, weights),
        Native::Detach => x.detach(),
        Native::BatchNormTrain { .. } => unreachable!("it has several outputs"),
    }
}

pub(super) fn resize_bilinear(x: &Tensor, size: [usize; 2], align_corners: bool) -> Tensor {
    let resize =
        |x: &Tensor| x.upsample_bilinear2d(size.map(|pixels| pixels as i64), align_corners, None, None);
    match x.size()[..] {
        // aten takes a single channel for channels that lie next to one another, and has a slow backward for those.
        [images, 1, height, width] if images > 1 => resize(&x.reshape([1, images, height, width])).reshape([
            images,
            1,
            size[0] as i64,
            size[1] as i64,
        ]),
        _ => resize(x),
    }
}

/// aten normalises the last axis only.
fn channel_norm(x: &Tensor, weight: &Tensor, bias: &Tensor, epsilon: f64) -> Tensor {
    shim::channel_norm(&single(x), weight, bias, epsilon)
}

/// The map, and the moments by which running ones go on: they have no gradient.
fn batch_norm_train(x: &Tensor, weight: &Tensor, bias: &Tensor, epsilon: f64) -> [Tensor; 3] {
    let size = x.size();
    // Running moments that take over all of the batch's are the batch's.
    let [mean, variance] = [(); 2].map(|()| weight.detach().zeros_like());
    let output =
        x.batch_norm(Some(weight), Some(bias), Some(&mean), Some(&variance), true, 1.0, epsilon, true);
    // Of a single value there is no unbiased variance; the built-in path has its biased one.
    let single = size[0] * size[2..].iter().product::<i64>() == 1;
    let variance = if single { mean.zeros_like() } else { variance.copy() };
    // Copies: the backward wants the others as they are, and burn may change what it is given in place.
    [output, mean.copy(), variance]
}

fn causal_conv1d(x: &Tensor, weight: &Tensor, bias: &Tensor) -> Tensor {
    let (length, channels, kernel) = (x.size()[1], x.size()[2], weight.size()[2]);
    let by_channel = x.transpose(1, 2);
    let output = by_channel.conv1d(weight, Some(bias), [1], [kernel - 1], [1], channels);
    output.narrow(2, 0, length).transpose(1, 2)
}

fn conv(x: &Tensor, weight: &Tensor, bias: &Tensor, dilation: usize, groups: i64) -> Tensor {
    let padding = dilation as i64 * (weight.size()[2] - 1) / 2;
    let dilation = dilation as i64;
    x.conv2d(weight, Some(bias), [1, 1], [padding; 2], [dilation; 2], groups)
}

fn multiply_axes(inputs: &[Tensor]) -> Tensor {
    let [x, plane, rows, columns, pointwise, pointwise_bias, depthwise, depthwise_bias] = inputs else {
        unreachable!("{} inputs", inputs.len())
    };
    let parts = x.chunk(4, 1);
    let rest = conv(&parts[3], pointwise, pointwise_bias, 1, 1).gelu("none");
    let rest = conv(&rest, depthwise, depthwise_bias, 1, depthwise.size()[0]);
    Tensor::cat(&[&parts[0] * plane, &parts[1] * rows, &parts[2] * columns, rest], 1)
}

fn bridge_groups(
    inputs: &[Tensor],
    dilations: &[usize],
    mask: bool,
    epsilon: f64,
    tail_epsilon: f64,
) -> Tensor {
    let count = dilations.len() as i64;
    let (high, low) = (inputs[0].chunk(count, 1), inputs[1].chunk(count, 1));
    let parameters = &inputs[2 + usize::from(mask)..];
    let (groups, tail) = parameters.split_at(4 * dilations.len());
    let outputs: Vec<Tensor> = groups
        .chunks_exact(4)
        .zip(dilations)
        .enumerate()
        .map(|(index, (own, &dilation))| {
            let mut seen = vec![&high[index], &low[index]];
            seen.extend(mask.then(|| &inputs[2]));
            let normal = channel_norm(&Tensor::cat(&seen, 1), &own[0], &own[1], epsilon);
            conv(&normal, &own[2], &own[3], dilation, own[2].size()[0])
        })
        .collect();
    let normal = channel_norm(&Tensor::cat(&outputs, 1), &tail[0], &tail[1], tail_epsilon);
    conv(&normal, &tail[2], &tail[3], 1, 1)
}

/// In single precision, whatever a network computes in.
pub(super) fn single(x: &Tensor) -> Tensor {
    if x.kind() == Kind::Float { x.shallow_clone() } else { x.to_kind(Kind::Float) }
}
