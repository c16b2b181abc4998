//! Depthwise 3x3 convolution with dilation, plane by plane.

use rayon::prelude::*;

use super::buffer::unwritten;
use super::reduce::{add_all, total};
use super::scratch;
use super::simd::{LANES, Vector, for_each_instruction_set};
use crate::kernel::fused::{Input, Op, Saved};

/// Size of a plane and the distance between the kernel's taps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::kernel) struct Plane {
    pub height: usize,
    pub width: usize,
    pub dilation: usize,
}

impl Plane {
    pub fn pixels(self) -> usize {
        self.height * self.width
    }

    /// Floats from one padded row to the next.
    pub fn stride(self) -> usize {
        self.width.next_multiple_of(LANES) + 2 * self.dilation
    }

    /// Floats of a padded plane.
    pub fn padded(self) -> usize {
        (self.height + 2 * self.dilation) * self.stride()
    }

    /// Floats of working memory: a padded plane and one whose rows are whole vectors.
    pub fn memory(self) -> usize {
        self.padded() + self.height * self.width.next_multiple_of(LANES)
    }
}

/// A depthwise 3x3 convolution with bias.
#[derive(Clone, Copy, Debug)]
pub(in crate::kernel) struct Depthwise {
    pub dilation: usize,
}

impl Depthwise {
    fn plane(self, x: Input) -> Plane {
        Plane { height: x.shape[2], width: x.shape[3], dilation: self.dilation }
    }
}

impl Op for Depthwise {
    fn output_shape(&self, inputs: &[Input]) -> Vec<usize> {
        inputs[0].shape.to_vec()
    }

    fn multiply_adds(&self, inputs: &[Input]) -> u64 {
        9 * inputs[0].values.len() as u64
    }

    fn forward(&self, inputs: &[Input], _: bool) -> (Vec<f32>, Saved) {
        let plane = self.plane(inputs[0]);
        let channels = inputs[0].shape[1];
        let mut output = unwritten(inputs[0].values.len());
        let planes = output.par_chunks_mut(plane.pixels()).zip(inputs[0].values.par_chunks(plane.pixels()));
        planes.enumerate().for_each(|(index, (output, x))| {
            let channel = index % channels;
            let weight = &inputs[1].values[channel * 9..][..9];
            scratch::with(plane.memory(), |memory| {
                plane_forward(x, weight, inputs[2].values[channel], output, memory, plane);
            });
        });
        (output, Vec::new())
    }

    fn backward(
        &self,
        inputs: &[Input],
        _: &Saved,
        gradient: &[f32],
        wanted: &[bool],
    ) -> Vec<Option<Vec<f32>>> {
        let plane = self.plane(inputs[0]);
        let channels = inputs[0].shape[1];
        let x = wanted[0].then(|| {
            let mut x = unwritten(inputs[0].values.len());
            let planes = x.par_chunks_mut(plane.pixels()).zip(gradient.par_chunks(plane.pixels()));
            planes.enumerate().for_each(|(index, (x, gradient))| {
                let weight = flipped(&inputs[1].values[index % channels * 9..][..9]);
                scratch::with(plane.memory(), |memory| {
                    plane_forward(gradient, &weight, 0.0, x, memory, plane);
                });
            });
            x
        });
        let partial: Vec<Vec<f32>> = inputs[0]
            .values
            .par_chunks(channels * plane.pixels())
            .zip(gradient.par_chunks(channels * plane.pixels()))
            .map(|(x, gradient)| {
                let mut sums = vec![0.0; channels * 10];
                let (weights, biases) = sums.split_at_mut(channels * 9);
                let planes = x.chunks(plane.pixels()).zip(gradient.chunks(plane.pixels()));
                for ((weight, bias), (x, gradient)) in weights.chunks_mut(9).zip(biases).zip(planes) {
                    scratch::with(plane.memory(), |memory| {
                        *bias = plane_weight(x, gradient, weight, memory, plane);
                    });
                }
                sums
            })
            .collect();
        let mut sums = add_all(partial);
        let bias = sums.split_off(channels * 9);
        vec![x, Some(sums), Some(bias)]
    }
}

/// A kernel turned by 180 degrees.
pub(in crate::kernel) fn flipped(weight: &[f32]) -> [f32; 9] {
    std::array::from_fn(|tap| weight[8 - tap])
}

/// Copies a plane between zeros, into the first part of the memory.
pub(in crate::kernel) fn pad<'a>(x: &[f32], memory: &'a mut [f32], plane: Plane) -> &'a [f32] {
    let d = plane.dilation;
    let padded = &mut memory[..plane.padded()];
    clear_border(padded, plane);
    let rows = padded[d * plane.stride()..].chunks_exact_mut(plane.stride());
    for (row, x) in rows.zip(x.chunks_exact(plane.width)) {
        row[d..d + plane.width].copy_from_slice(x);
    }
    padded
}

/// Writes the zeros around a padded plane.
pub(in crate::kernel) fn clear_border(padded: &mut [f32], plane: Plane) {
    let (stride, d) = (plane.stride(), plane.dilation);
    padded[..d * stride + d].fill(0.0);
    // What follows a row and what precedes the next one lie side by side.
    let rows = padded[d * stride + d..].chunks_mut(stride).take(plane.height);
    rows.for_each(|row| row[plane.width..].fill(0.0));
    padded[(plane.height + d) * stride..].fill(0.0);
}

/// One output plane.
pub(in crate::kernel) fn plane_forward(
    x: &[f32],
    weight: &[f32],
    bias: f32,
    output: &mut [f32],
    memory: &mut [f32],
    plane: Plane,
) {
    padded_forward(pad(x, memory, plane), weight, bias, output, plane);
}

/// Adds one plane's gradient of the kernel to `weight` and returns that of the bias.
pub(in crate::kernel) fn plane_weight(
    x: &[f32],
    gradient: &[f32],
    weight: &mut [f32],
    memory: &mut [f32],
    plane: Plane,
) -> f32 {
    let (padded, rest) = memory.split_at_mut(plane.padded());
    padded_weight(pad(x, padded, plane), gradient, weight, rest, plane)
}

for_each_instruction_set! {
    /// One output plane from a padded one.
    pub(in crate::kernel) fn padded_forward(
        padded: &[f32],
        weight: &[f32],
        bias: f32,
        output: &mut [f32],
        plane: Plane,
    ) = padded_forward_with
}

#[inline(always)]
fn padded_forward_with<V: Vector>(
    padded: &[f32],
    weight: &[f32],
    bias: f32,
    output: &mut [f32],
    plane: Plane,
) {
    assert!(padded.len() >= plane.padded());
    let stride = plane.stride();
    let taps: [V; 9] = std::array::from_fn(|tap| V::splat(weight[tap]));
    for (y, output) in output.chunks_exact_mut(plane.width).take(plane.height).enumerate() {
        for (block, output) in output.chunks_mut(LANES).enumerate() {
            let mut sum = V::splat(bias);
            for (tap, weight) in taps.iter().enumerate() {
                let at = (y + tap / 3 * plane.dilation) * stride + block * LANES + tap % 3 * plane.dilation;
                // SAFETY: a padded row holds the width rounded up to whole vectors and twice the dilation.
                sum = unsafe { V::load_at(padded, at) }.mul_add(*weight, sum);
            }
            if output.len() == LANES {
                sum.store(output);
            } else {
                output.copy_from_slice(&sum.to_array()[..output.len()]);
            }
        }
    }
}

for_each_instruction_set! {
    /// [`plane_weight`] for a padded plane.
    pub(in crate::kernel) fn padded_weight(
        padded: &[f32],
        gradient: &[f32],
        weight: &mut [f32],
        memory: &mut [f32],
        plane: Plane,
    ) -> f32 = padded_weight_with
}

#[inline(always)]
fn padded_weight_with<V: Vector>(
    padded: &[f32],
    gradient: &[f32],
    weight: &mut [f32],
    memory: &mut [f32],
    plane: Plane,
) -> f32 {
    assert!(padded.len() >= plane.padded());
    let stride = plane.stride();
    let wide = plane.width.next_multiple_of(LANES);
    let aligned = if wide == plane.width {
        gradient
    } else {
        let aligned = &mut memory[..plane.height * wide];
        for (row, gradient) in aligned.chunks_exact_mut(wide).zip(gradient.chunks_exact(plane.width)) {
            row[..plane.width].copy_from_slice(gradient);
            row[plane.width..].fill(0.0);
        }
        &*aligned
    };
    let mut sums = [V::splat(0.0); 9];
    for (y, row) in aligned.chunks_exact(wide).take(plane.height).enumerate() {
        for (block, eight) in row.chunks_exact(LANES).enumerate() {
            let gradient = V::load(eight);
            for (tap, sum) in sums.iter_mut().enumerate() {
                let at = (y + tap / 3 * plane.dilation) * stride + block * LANES + tap % 3 * plane.dilation;
                // SAFETY: a padded row holds the width rounded up to whole vectors and twice the dilation.
                *sum = unsafe { V::load_at(padded, at) }.mul_add(gradient, *sum);
            }
        }
    }
    weight.iter_mut().zip(sums).for_each(|(weight, sum)| *weight += sum.sum());
    total::<V>(gradient)
}
