//! The four groups of GAB: quarters of two feature maps and a mask, normalised and convolved, without
//! joining them in memory first.

use rayon::prelude::*;

use super::buffer::unwritten;
use super::channel_norm::{self, image_backward, image_forward};
use super::depthwise::{Plane, flipped, plane_forward, plane_weight};
use super::reduce::add_all;
use super::scratch;
use crate::kernel::fused::{Input, Op, Saved};

/// For each of four groups: a quarter of `high`, a quarter of `low` and the mask, layer-normalised over these
/// channels, then a depthwise 3x3 convolution of the group's dilation.
///
/// Inputs: `high` and `low [batch, channels, height, width]`, `mask [batch, 1, height, width]`, then for each
/// group the norm's weight and bias `[channels / 2 + 1]` and the convolution's weight `[channels / 2 + 1, 1,
/// 3, 3]` and bias. Output: `[batch, 2 channels + 4, height, width]`.
#[derive(Clone, Copy, Debug)]
pub(in crate::kernel) struct Bridge {
    pub dilations: [usize; 4],
    pub epsilon: f32,
}

#[derive(Clone, Copy)]
struct Size {
    quarter: usize,
    height: usize,
    width: usize,
}

impl Size {
    fn of(inputs: &[Input]) -> Self {
        let shape = inputs[1].shape;
        Self { quarter: shape[1] / 4, height: shape[2], width: shape[3] }
    }

    fn pixels(self) -> usize {
        self.height * self.width
    }

    /// Channels of a group.
    fn group(self) -> usize {
        2 * self.quarter + 1
    }

    fn norm(self) -> channel_norm::Size {
        channel_norm::Size { channels: self.group(), pixels: self.pixels() }
    }

    /// Copies one group's channels of one image next to one another.
    fn collect(self, inputs: &[Input], image: usize, group: usize, joined: &mut [f32]) {
        let part = self.quarter * self.pixels();
        let at = (image * 4 + group) * part;
        joined[..part].copy_from_slice(&inputs[0].values[at..at + part]);
        joined[part..2 * part].copy_from_slice(&inputs[1].values[at..at + part]);
        joined[2 * part..].copy_from_slice(&inputs[2].values[image * self.pixels()..][..self.pixels()]);
    }
}

impl Bridge {
    fn plane(self, size: Size, group: usize) -> Plane {
        Plane { height: size.height, width: size.width, dilation: self.dilations[group] }
    }
}

/// The four parameters of a group.
fn parameters<'a>(inputs: &[Input<'a>], group: usize) -> [&'a [f32]; 4] {
    std::array::from_fn(|index| inputs[3 + 4 * group + index].values)
}

impl Op for Bridge {
    fn output_shape(&self, inputs: &[Input]) -> Vec<usize> {
        let shape = inputs[1].shape;
        vec![shape[0], 2 * shape[1] + 4, shape[2], shape[3]]
    }

    fn forward(&self, inputs: &[Input], _: bool) -> (Vec<f32>, Saved) {
        let size = Size::of(inputs);
        let elements = size.group() * size.pixels();
        let mut output = unwritten(self.output_shape(inputs).iter().product());
        output.par_chunks_mut(elements).enumerate().for_each(|(index, output)| {
            let (image, group) = (index / 4, index % 4);
            let [norm_weight, norm_bias, weight, bias] = parameters(inputs, group);
            let plane = self.plane(size, group);
            scratch::with(2 * elements + plane.memory(), |memory| {
                let (joined, memory) = memory.split_at_mut(elements);
                let (normal, memory) = memory.split_at_mut(elements);
                size.collect(inputs, image, group, joined);
                image_forward(joined, norm_weight, norm_bias, normal, size.norm(), self.epsilon);
                let planes = normal.chunks_exact(size.pixels()).zip(output.chunks_exact_mut(size.pixels()));
                for (channel, (x, output)) in planes.enumerate() {
                    plane_forward(x, &weight[channel * 9..][..9], bias[channel], output, memory, plane);
                }
            });
        });
        (output, Vec::new())
    }

    fn backward(&self, inputs: &[Input], _: &Saved, gradient: &[f32], _: &[bool]) -> Vec<Option<Vec<f32>>> {
        let size = Size::of(inputs);
        let (pixels, channels) = (size.pixels(), size.group());
        let part = size.quarter * pixels;
        let mut high = unwritten(inputs[0].values.len());
        let mut low = unwritten(inputs[1].values.len());
        let mut mask = vec![0.0; inputs[2].values.len()];
        let partial: Vec<Vec<f32>> = high
            .par_chunks_mut(4 * part)
            .zip(low.par_chunks_mut(4 * part))
            .zip(mask.par_chunks_mut(pixels))
            .zip(gradient.par_chunks(4 * channels * pixels))
            .enumerate()
            .map(|(image, (((high, low), mask), gradient))| {
                let mut sums = vec![0.0; 4 * channels * 12];
                for (group, (sums, gradient)) in sums
                    .chunks_exact_mut(channels * 12)
                    .zip(gradient.chunks_exact(channels * pixels))
                    .enumerate()
                {
                    self.group_backward(inputs, image, group, gradient, sums, |joined| {
                        high[group * part..][..part].copy_from_slice(&joined[..part]);
                        low[group * part..][..part].copy_from_slice(&joined[part..2 * part]);
                        let own = &joined[2 * part..];
                        mask.iter_mut().zip(own).for_each(|(mask, own)| *mask += own);
                    });
                }
                sums
            })
            .collect();
        let mut gradients = vec![Some(high), Some(low), Some(mask)];
        for sums in add_all(partial).chunks_exact(channels * 12) {
            // Norm weight, norm bias, kernel, bias.
            let ends = [0, channels, 2 * channels, 11 * channels, 12 * channels];
            gradients.extend(ends.windows(2).map(|pair| Some(sums[pair[0]..pair[1]].to_vec())));
        }
        gradients
    }
}

impl Bridge {
    /// One group of one image: its parameters' gradients in `sums`, its input's handed to `take`.
    fn group_backward(
        self,
        inputs: &[Input],
        image: usize,
        group: usize,
        gradient: &[f32],
        sums: &mut [f32],
        take: impl FnOnce(&[f32]),
    ) {
        let size = Size::of(inputs);
        let (pixels, channels) = (size.pixels(), size.group());
        let elements = channels * pixels;
        let [norm_weight, norm_bias, weight, _] = parameters(inputs, group);
        let plane = self.plane(size, group);
        let (norm_sums, conv_sums) = sums.split_at_mut(2 * channels);
        let (kernel_sums, bias_sums) = conv_sums.split_at_mut(9 * channels);
        scratch::with(3 * elements + plane.memory(), |memory| {
            let (joined, memory) = memory.split_at_mut(elements);
            let (normal, memory) = memory.split_at_mut(elements);
            let (pull, memory) = memory.split_at_mut(elements);
            size.collect(inputs, image, group, joined);
            image_forward(joined, norm_weight, norm_bias, normal, size.norm(), self.epsilon);
            let planes = normal.chunks_exact(pixels).zip(gradient.chunks_exact(pixels));
            for (channel, (x, gradient)) in planes.enumerate() {
                let kernel = &mut kernel_sums[channel * 9..][..9];
                bias_sums[channel] = plane_weight(x, gradient, kernel, memory, plane);
                let flipped = flipped(&weight[channel * 9..][..9]);
                let pull = &mut pull[channel * pixels..][..pixels];
                plane_forward(gradient, &flipped, 0.0, pull, memory, plane);
            }
            // The normalised map isn't needed any more: it takes the gradient of the joined one.
            image_backward(joined, pull, norm_weight, normal, norm_sums, size.norm(), self.epsilon);
            take(normal);
        });
    }
}
