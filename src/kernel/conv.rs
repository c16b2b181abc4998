//! Convolutions in one and two dimensions, straight and transposed.

use burn::backend::DispatchTensor;
use burn::tensor::{
    Tensor, module,
    ops::{ConvOptions, ConvTransposeOptions},
};

use super::cpu::{Conv3x3, Depthwise, Line, Pointwise};
use super::native::{self, Native};
use super::{fused, trace};
use trace::Work;

/// How a convolution slides; the padding always keeps height and width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv {
    /// Distance between the kernel's taps.
    pub dilation: usize,
    /// Groups of channels that don't see each other; as many as channels for a depthwise convolution.
    pub groups: usize,
}

/// Pairs of input and output channel from which on burn's matrix product is the faster 3x3 convolution:
/// the weights of a tile no longer stay in the first-level cache (`cargo bench --bench kernels -- plain`).
const MATRIX_FROM: usize = 128 * 256;

impl Conv {
    /// Padding that keeps the size for an odd `kernel`.
    fn padding(self, kernel: usize) -> usize {
        self.dilation * (kernel - 1) / 2
    }

    /// The same for a library, with the padding of each axis.
    fn native(self, padding: &[usize]) -> Native {
        let Self { dilation, groups } = self;
        Native::Convolution { stride: 1, padding: padding.to_vec(), dilation, groups, transposed: false }
    }

    /// True if a weight of this shape has a fused kernel.
    fn fused(self, weight: [usize; 4]) -> bool {
        let [channels_out, channels_in, height, width] = weight;
        match [height, width] {
            [1, 1] => self.groups == 1,
            [3, 3] => self.direct(weight) || (channels_in == 1 && self.groups == channels_out),
            _ => false,
        }
    }

    /// True if a weight of this shape is for the direct 3x3 kernel.
    pub(super) fn direct(self, [channels_out, channels_in, height, width]: [usize; 4]) -> bool {
        [height, width] == [3, 3]
            && self == Self { dilation: 1, groups: 1 }
            && channels_in * channels_out < MATRIX_FROM
    }
}

/// Input, weight and bias as a library takes them.
fn dispatched<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<D>,
    bias: Option<Tensor<1>>,
) -> Vec<DispatchTensor> {
    let tensors = [x.into_dispatch(), weight.into_dispatch()];
    tensors.into_iter().chain(bias.map(Tensor::into_dispatch)).collect()
}

/// Notes a convolution with bias to an output from a weight of these shapes.
pub(super) fn note_conv2d(output: [usize; 4], weight: [usize; 4]) {
    let outputs = output.iter().product::<usize>();
    let macs = outputs * weight[1..].iter().product::<usize>();
    trace::note("conv2d", &output, Work::conv_with_bias(macs, outputs));
}

/// Notes a 1-D convolution with bias to an output from a weight of these shapes.
pub(super) fn note_conv1d(output: [usize; 3], weight: [usize; 3]) {
    let outputs = output.iter().product::<usize>();
    let macs = outputs * weight[1] * weight[2];
    trace::note("conv1d", &output, Work::conv_with_bias(macs, outputs));
}

/// A 2-D convolution with bias, zero-padded to keep the size.
///
/// # Shapes
/// - `x`: `[batch, channels_in, height, width]`
/// - `weight`: `[channels_out, channels_in / groups, kernel, kernel]`, kernel odd
/// - `bias`: `[channels_out]`
/// - output: `[batch, channels_out, height, width]`
pub fn conv2d(x: Tensor<4>, weight: Tensor<4>, bias: Tensor<1>, conv: Conv) -> Tensor<4> {
    let [batch, _, height, width] = x.dims();
    let [channels_out, channels_in, kernel_height, kernel_width] = weight.dims();
    note_conv2d([batch, channels_out, height, width], weight.dims());
    if fused::available(&x) {
        let inputs = |x: Tensor<4>| vec![x.into(), weight.clone().into(), bias.clone().into()];
        match ([kernel_height, kernel_width], conv) {
            ([1, 1], Conv { groups: 1, .. }) => return fused::apply(Pointwise, inputs(x)),
            _ if conv.direct(weight.dims()) => return fused::apply(Conv3x3, inputs(x)),
            ([3, 3], Conv { groups, dilation }) if channels_in == 1 && groups == channels_out => {
                return fused::apply(Depthwise { dilation }, inputs(x));
            }
            _ => {}
        }
    }
    let padding = [conv.padding(kernel_height), conv.padding(kernel_width)];
    if native::available(&x) {
        return native::apply(&conv.native(&padding), dispatched(x, weight, Some(bias)));
    }
    let options = ConvOptions::new([1, 1], padding, [conv.dilation; 2], conv.groups);
    module::conv2d(x, weight, Some(bias), options)
}

/// A 1-D convolution with bias, zero-padded to keep the length.
///
/// # Shapes
/// - `x`: `[batch, channels_in, length]`
/// - `weight`: `[channels_out, channels_in / groups, kernel]`, kernel odd
/// - `bias`: `[channels_out]`
/// - output: `[batch, channels_out, length]`
pub fn conv1d(x: Tensor<3>, weight: Tensor<3>, bias: Tensor<1>, conv: Conv) -> Tensor<3> {
    let [batch, _, length] = x.dims();
    let [channels_out, _, kernel] = weight.dims();
    note_conv1d([batch, channels_out, length], weight.dims());
    if fused::available(&x) && conv.dilation == 1 {
        return fused::apply(Line { groups: conv.groups }, vec![x.into(), weight.into(), bias.into()]);
    }
    if native::available(&x) {
        return native::apply(&conv.native(&[conv.padding(kernel)]), dispatched(x, weight, Some(bias)));
    }
    let options = ConvOptions::new([1], [conv.padding(kernel)], [conv.dilation], conv.groups);
    module::conv1d(x, weight, Some(bias), options)
}

/// A [`conv1d`] without bias.
///
/// # Shapes
/// - `x`: `[batch, channels_in, length]`
/// - `weight`: `[channels_out, channels_in / groups, kernel]`, kernel odd
/// - output: `[batch, channels_out, length]`
pub fn conv1d_without_bias(x: Tensor<3>, weight: Tensor<3>, conv: Conv) -> Tensor<3> {
    let zeros = Tensor::zeros([weight.dims()[0]], (&x.device(), x.dtype()));
    trace::without_bias(|| conv1d(x, weight, zeros, conv))
}

/// How a convolution of any kind slides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slide {
    /// Pixels from one output to the next.
    pub stride: usize,
    /// Zeros around the input.
    pub padding: usize,
    /// Distance between the kernel's taps.
    pub dilation: usize,
    /// Groups of channels that don't see each other.
    pub groups: usize,
}

impl Slide {
    /// The same as one that keeps the size for an odd kernel, if it is one.
    fn keeping(self, kernel: [usize; 2]) -> Option<Conv> {
        let Self { stride, padding, dilation, groups } = self;
        let conv = Conv { dilation, groups };
        let keeps = kernel.iter().all(|&side| side % 2 == 1 && conv.padding(side) == padding);
        (stride == 1 && keeps).then_some(conv)
    }
}

/// A 2-D convolution of any stride and padding, with or without bias.
///
/// # Shapes
/// - `x`: `[batch, channels_in, height, width]`
/// - `weight`: `[channels_out, channels_in / groups, kernel_height, kernel_width]`
/// - `bias`: `[channels_out]`
/// - output: `[batch, channels_out, h, w]`, `h = (height + 2 padding - dilation (kernel_height - 1) - 1) / stride + 1`
pub fn convolve(x: Tensor<4>, weight: Tensor<4>, bias: Option<Tensor<1>>, slide: Slide) -> Tensor<4> {
    let [channels_out, _, kernel_height, kernel_width] = weight.dims();
    match (slide.keeping([kernel_height, kernel_width]), &bias) {
        (Some(conv), Some(bias)) => return conv2d(x, weight, bias.clone(), conv),
        (Some(conv), None) if fused::available(&x) && conv.fused(weight.dims()) => {
            // The kernels add a bias; the zeros that stand for none are no part of the network.
            let zeros = Tensor::zeros([channels_out], &x.device());
            return trace::without_bias(|| conv2d(x, weight, zeros, conv));
        }
        _ => {}
    }
    let Slide { stride, padding, dilation, groups } = slide;
    let taps = weight.dims()[1..].iter().product::<usize>();
    let options = ConvOptions::new([stride; 2], [padding; 2], [dilation; 2], groups);
    let with_bias = bias.is_some();
    let output = if native::available(&x) {
        let padding = vec![padding; 2];
        let operation = Native::Convolution { stride, padding, dilation, groups, transposed: false };
        native::apply(&operation, dispatched(x, weight, bias))
    } else {
        module::conv2d(x, weight, bias, options)
    };
    let outputs = output.dims().iter().product::<usize>();
    let work = if with_bias { Work::conv_with_bias } else { |macs, _| Work::conv(macs) };
    trace::note("conv2d", &output.dims(), work(outputs * taps, outputs));
    output
}

/// A transposed 2-D convolution with bias and a kernel as large as its stride, so that each input pixel becomes a
/// block of its own.
///
/// # Shapes
/// - `x`: `[batch, channels_in, height, width]`
/// - `weight`: `[channels_in, channels_out, stride, stride]`
/// - `bias`: `[channels_out]`
/// - output: `[batch, channels_out, height * stride, width * stride]`
pub fn conv_transpose2d(x: Tensor<4>, weight: Tensor<4>, bias: Tensor<1>) -> Tensor<4> {
    let [channels_in, _, stride, _] = weight.dims();
    let options = ConvTransposeOptions::new([stride; 2], [0; 2], [0; 2], [1; 2], 1);
    let output = if native::available(&x) {
        let padding = vec![0; 2];
        let operation = Native::Convolution { stride, padding, dilation: 1, groups: 1, transposed: true };
        native::apply(&operation, dispatched(x, weight, Some(bias)))
    } else {
        module::conv_transpose2d(x, weight, Some(bias), options)
    };
    let outputs = output.dims().iter().product::<usize>();
    // An output has one tap of the kernel.
    let work = Work::conv_with_bias(outputs * channels_in, outputs);
    trace::note("conv_transpose2d", &output.dims(), Work { stretch: (stride * stride) as u64, ..work });
    output
}
