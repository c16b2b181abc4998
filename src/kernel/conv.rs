//! Convolutions of stride 1 that keep the size.

use burn::tensor::{Tensor, module, ops::ConvOptions};

use super::cpu::{Conv3x3, Depthwise, Line, Pointwise};
use super::{fused, trace};

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

    /// True if a weight of this shape is for the direct 3x3 kernel.
    pub(super) fn direct(self, [channels_out, channels_in, height, width]: [usize; 4]) -> bool {
        [height, width] == [3, 3]
            && self == Self { dilation: 1, groups: 1 }
            && channels_in * channels_out < MATRIX_FROM
    }

    /// Counts the convolution of `pixels` output pixels with a weight of this shape.
    pub(super) fn note(self, pixels: usize, weight: [usize; 4]) {
        trace::note("conv2d", (pixels * weight.iter().product::<usize>()) as u64);
    }
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
    conv.note(batch * height * width, weight.dims());
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
    let [channels_out, channels_in, kernel] = weight.dims();
    trace::note("conv1d", (batch * channels_out * length * channels_in * kernel) as u64);
    if fused::available(&x) && conv.dilation == 1 {
        return fused::apply(Line { groups: conv.groups }, vec![x.into(), weight.into(), bias.into()]);
    }
    let options = ConvOptions::new([1], [conv.padding(kernel)], [conv.dilation], conv.groups);
    module::conv1d(x, weight, Some(bias), options)
}
