//! What GHPA multiplies its channels with: a small learnable tensor, resized and convolved.
//!
//! The tensor, `[channels, height, width]` of a few pixels, is resized to the feature map, passes a depthwise
//! convolution, GELU and a pointwise convolution. A line is a plane of height 1, whose kernel has one row. All of it is
//! as small as the call that it would take to do a step of it, so the steps are one operation.

use super::bilinear;
use super::buffer::unwritten;
use super::depthwise::{Plane, flipped, plane_forward, plane_weight};
use super::gelu::{gelu_in_place, times_gelu_slope};
use super::pointwise::{self, image_forward, image_weight, transpose};
use super::scratch;
use crate::kernel::fused::{Input, Op, Saved};

/// Bilinear resize with aligned corners, depthwise convolution, GELU, pointwise convolution.
///
/// Inputs: the tensor `[1, channels, h, w]`, or `[1, 1, channels, w]` for a line; depthwise weight `[channels, 1, 3, 3]`,
/// or `[channels, 1, 3]`, and bias `[channels]`; pointwise weight `[channels, channels, ..]` and bias `[channels]`. Output:
/// `shape`.
#[derive(Clone, Copy, Debug)]
pub(in crate::kernel) struct Factor {
    /// `[1, channels, height, width]`; a line has a height or a width of 1.
    pub shape: [usize; 4],
}

#[derive(Clone, Copy)]
struct Size {
    channels: usize,
    /// Height and width of the tensor and of what it is resized to.
    from: [usize; 2],
    to: [usize; 2],
}

impl Size {
    fn of(factor: Factor, inputs: &[Input]) -> Self {
        let [_, channels, height, width] = factor.shape;
        let (tensor, line) = (inputs[0].shape, inputs[1].shape.len() == 3);
        let from = if line { [1, tensor[3]] } else { [tensor[2], tensor[3]] };
        Self { channels, from, to: if line { [1, height * width] } else { [height, width] } }
    }

    fn plane(self) -> Plane {
        Plane { height: self.to[0], width: self.to[1], dilation: 1 }
    }

    fn pointwise(self) -> pointwise::Size {
        let channels = self.channels;
        pointwise::Size {
            batch: 1,
            channels_in: channels,
            channels_out: channels,
            pixels: self.plane().pixels(),
        }
    }

    /// A channel's 3x3 kernel: a line's stands in the row between two of zeros.
    fn kernel(self, inputs: &[Input], channel: usize) -> [f32; 9] {
        let weight = inputs[1].values;
        let mut kernel = [0.0; 9];
        match weight.len() / self.channels {
            3 => kernel[3..6].copy_from_slice(&weight[channel * 3..][..3]),
            _ => kernel.copy_from_slice(&weight[channel * 9..][..9]),
        }
        kernel
    }

    /// Runs `work` on each channel's index and its pixels with working memory.
    fn channels(self, mut work: impl FnMut(usize, std::ops::Range<usize>, &mut [f32])) {
        let pixels = self.plane().pixels();
        scratch::with(self.plane().memory(), |memory| {
            for channel in 0..self.channels {
                work(channel, channel * pixels..(channel + 1) * pixels, memory);
            }
        });
    }
}

impl Op for Factor {
    fn output_shape(&self, _: &[Input]) -> Vec<usize> {
        self.shape.to_vec()
    }

    fn multiply_adds(&self, inputs: &[Input]) -> u64 {
        let size = Size::of(*self, inputs);
        let taps = inputs[1].values.len() / size.channels;
        (size.channels * size.plane().pixels() * (size.channels + taps)) as u64
    }

    fn forward(&self, inputs: &[Input], keep: bool) -> (Vec<f32>, Saved) {
        let size = Size::of(*self, inputs);
        let axes = bilinear::Axes::new(size.from, size.to);
        let elements = size.channels * size.plane().pixels();
        let (mut resized, mut hidden) = (unwritten(elements), unwritten(elements));
        let small = inputs[0].values.chunks_exact(size.from[0] * size.from[1]);
        for (small, resized) in small.zip(resized.chunks_exact_mut(size.plane().pixels())) {
            axes.forward(small, resized);
        }
        size.channels(|channel, part, memory| {
            let (kernel, bias) = (size.kernel(inputs, channel), inputs[2].values[channel]);
            plane_forward(&resized[part.clone()], &kernel, bias, &mut hidden[part], memory, size.plane());
        });
        let mut active = hidden.clone();
        gelu_in_place(&mut active);
        let mut output = unwritten(elements);
        image_forward(&active, inputs[3].values, inputs[4].values, &mut output, size.pointwise());
        (output, if keep { vec![resized, hidden, active] } else { Vec::new() })
    }

    fn backward(
        &self,
        inputs: &[Input],
        saved: &Saved,
        gradient: &[f32],
        _: &[bool],
    ) -> Vec<Option<Vec<f32>>> {
        let size = Size::of(*self, inputs);
        let channels = size.channels;
        let (resized, hidden, active) = (&saved[0], &saved[1], &saved[2]);
        let mut matrix = vec![0.0; channels * (channels + 1)];
        image_weight(active, gradient, &mut matrix, size.pointwise());
        let matrix_bias = matrix.split_off(channels * channels);
        let mut pull = unwritten(gradient.len());
        let back = transpose(inputs[3].values, channels, channels);
        image_forward(gradient, &back, &vec![0.0; channels], &mut pull, size.pointwise());
        times_gelu_slope(&mut pull, hidden);

        let taps = inputs[1].values.len() / channels;
        let (mut weight, mut bias) = (vec![0.0; channels * taps], vec![0.0; channels]);
        let mut dense = unwritten(pull.len());
        size.channels(|channel, part, memory| {
            let (pull, kernel) = (&pull[part.clone()], flipped(&size.kernel(inputs, channel)));
            let mut sums = [0.0; 9];
            bias[channel] = plane_weight(&resized[part.clone()], pull, &mut sums, memory, size.plane());
            weight[channel * taps..][..taps].copy_from_slice(&sums[(9 - taps) / 2..][..taps]);
            plane_forward(pull, &kernel, 0.0, &mut dense[part], memory, size.plane());
        });
        let axes = bilinear::Axes::new(size.from, size.to);
        let mut tensor = unwritten(inputs[0].values.len());
        let small = tensor.chunks_exact_mut(size.from[0] * size.from[1]);
        for (small, dense) in small.zip(dense.chunks_exact(size.plane().pixels())) {
            axes.backward(dense, small);
        }
        [tensor, weight, bias, matrix, matrix_bias].map(Some).into()
    }
}
