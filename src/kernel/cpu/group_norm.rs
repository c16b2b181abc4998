//! Group normalisation, alone.

use rayon::prelude::*;

use super::buffer::unwritten;
use super::reduce::{add_all, squares, total};
use super::simd::{LANES, Vector, for_each_instruction_set};
use crate::kernel::fused::{Input, Op, Saved};

/// Channels, pixels and groups of one image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::kernel) struct Size {
    pub channels: usize,
    pub pixels: usize,
    pub groups: usize,
    pub epsilon: f32,
}

impl Size {
    pub fn of(x: Input, groups: usize, epsilon: f32) -> Self {
        Self { channels: x.shape[1], pixels: x.shape[2..].iter().product(), groups, epsilon }
    }

    pub fn group(self) -> usize {
        self.channels / self.groups
    }
}

/// Mean and inverse standard deviation of a group.
#[derive(Clone, Copy, Debug)]
pub(in crate::kernel) struct Moments {
    pub mean: f32,
    pub scale: f32,
}

/// Group normalisation.
#[derive(Clone, Copy, Debug)]
pub(in crate::kernel) struct GroupNorm {
    pub groups: usize,
    pub epsilon: f32,
}

impl Op for GroupNorm {
    fn output_shape(&self, inputs: &[Input]) -> Vec<usize> {
        inputs[0].shape.to_vec()
    }

    fn forward(&self, inputs: &[Input], _: bool) -> (Vec<f32>, Saved) {
        let size = Size::of(inputs[0], self.groups, self.epsilon);
        let mut output = unwritten(inputs[0].values.len());
        let group = size.group() * size.pixels;
        let groups = output.par_chunks_mut(group).zip(inputs[0].values.par_chunks(group));
        groups.enumerate().for_each(|(index, (output, x))| {
            let first = index % size.groups * size.group();
            let moments = moments(x, size.epsilon);
            output.copy_from_slice(x);
            for (channel, x) in output.chunks_exact_mut(size.pixels).enumerate() {
                let (factor, shift) =
                    affine(moments, inputs[1].values[first + channel], inputs[2].values[first + channel]);
                scale_and_shift(x, factor, shift);
            }
        });
        (output, Vec::new())
    }

    fn backward(&self, inputs: &[Input], _: &Saved, gradient: &[f32], _: &[bool]) -> Vec<Option<Vec<f32>>> {
        let size = Size::of(inputs[0], self.groups, self.epsilon);
        let group = size.group() * size.pixels;
        let mut output = unwritten(gradient.len());
        let sums: Vec<Vec<[f32; 2]>> = output
            .par_chunks_mut(group)
            .zip(gradient.par_chunks(group))
            .zip(inputs[0].values.par_chunks(group))
            .enumerate()
            .map(|(index, ((output, gradient), x))| {
                output.copy_from_slice(gradient);
                let gradient = output;
                let first = index % size.groups * size.group();
                let weight = &inputs[1].values[first..first + size.group()];
                let moments = moments(x, size.epsilon);
                let sums: Vec<[f32; 2]> = x
                    .chunks_exact(size.pixels)
                    .zip(gradient.chunks_exact(size.pixels))
                    .map(|(x, gradient)| normal_sums(x, gradient, moments))
                    .collect();
                let line = dense_line(&sums, weight, moments, group);
                for ((x, gradient), weight) in
                    x.chunks_exact(size.pixels).zip(gradient.chunks_exact_mut(size.pixels)).zip(weight)
                {
                    add_line(gradient, x, weight * moments.scale, line);
                }
                sums
            })
            .collect();
        let (weight, bias) = weight_and_bias(&sums, size);
        vec![Some(output), Some(weight), Some(bias)]
    }
}

/// Sums over images of each channel's `[Σ g x̂, Σ g]`, as gradients of weight and bias.
pub(in crate::kernel) fn weight_and_bias(groups: &[Vec<[f32; 2]>], size: Size) -> (Vec<f32>, Vec<f32>) {
    let images = groups.chunks(size.groups).map(|image| {
        let pairs: Vec<[f32; 2]> = image.iter().flatten().copied().collect();
        pairs.iter().map(|pair| pair[0]).chain(pairs.iter().map(|pair| pair[1])).collect()
    });
    let mut weight = add_all(images.collect());
    let bias = weight.split_off(size.channels);
    (weight, bias)
}

/// Factor and shift that normalise and then scale a channel.
pub(in crate::kernel) fn affine(moments: Moments, weight: f32, bias: f32) -> (f32, f32) {
    let factor = weight * moments.scale;
    (factor, bias - moments.mean * factor)
}

/// The part of the input's gradient that every pixel of a group has: `a + b x`.
pub(in crate::kernel) fn dense_line(
    sums: &[[f32; 2]],
    weight: &[f32],
    moments: Moments,
    elements: usize,
) -> [f32; 2] {
    let along: f32 = sums.iter().zip(weight).map(|(sums, weight)| sums[0] * weight).sum();
    let plain: f32 = sums.iter().zip(weight).map(|(sums, weight)| sums[1] * weight).sum();
    let share = moments.scale / elements as f32;
    let slope = -share * along * moments.scale;
    [-share * plain - slope * moments.mean, slope]
}

/// How many elements, their mean and the sum of their squared deviations from it.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::kernel) struct Tally {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Tally {
    /// Of the elements of both.
    pub fn join(self, other: Self) -> Self {
        let count = self.count + other.count;
        if count == 0.0 {
            return self;
        }
        let distance = other.mean - self.mean;
        Self {
            count,
            mean: self.mean + distance * other.count / count,
            squares: self.squares + other.squares + distance * distance * self.count * other.count / count,
        }
    }

    /// Mean and inverse standard deviation, by the biased variance.
    pub fn moments(self, epsilon: f32) -> Moments {
        let variance = self.squares.max(0.0) / self.count;
        Moments { mean: self.mean as f32, scale: (1.0 / (variance + f64::from(epsilon)).sqrt()) as f32 }
    }
}

/// Mean and inverse standard deviation (biased variance) of `x`.
pub(in crate::kernel) fn moments(x: &[f32], epsilon: f32) -> Moments {
    tally(x).moments(epsilon)
}

for_each_instruction_set! {
    /// The tally of `x`.
    pub(in crate::kernel) fn tally(x: &[f32]) -> Tally = tally_with
}

#[inline(always)]
fn tally_with<V: Vector>(x: &[f32]) -> Tally {
    // Sums of 4,096 elements, which the first-level cache holds for both passes, stay in single precision; sums
    // of these don't.
    const RUN: usize = 4096;
    x.chunks(RUN).fold(Tally::default(), |all, run| {
        let count = run.len() as f64;
        let mean = f64::from(total::<V>(run)) / count;
        let centre = mean as f32;
        // The squares around the rounded mean are larger than those around the mean.
        let rounding = mean - f64::from(centre);
        let squares = f64::from(squares::<V>(run, centre)) - count * rounding * rounding;
        all.join(Tally { count, mean, squares })
    })
}

for_each_instruction_set! {
    /// `x = factor x + shift`.
    fn scale_and_shift(x: &mut [f32], factor: f32, shift: f32) = scale_and_shift_with
}

#[inline(always)]
fn scale_and_shift_with<V: Vector>(x: &mut [f32], factor: f32, shift: f32) {
    let (eights, rest) = x.as_chunks_mut::<LANES>();
    for eight in eights {
        V::load(eight).mul_add(V::splat(factor), V::splat(shift)).store(eight);
    }
    for x in rest {
        *x = *x * factor + shift;
    }
}

for_each_instruction_set! {
    /// `[Σ g x̂, Σ g]` of a channel.
    fn normal_sums(x: &[f32], gradient: &[f32], moments: Moments) -> [f32; 2] = normal_sums_with
}

#[inline(always)]
fn normal_sums_with<V: Vector>(x: &[f32], gradient: &[f32], moments: Moments) -> [f32; 2] {
    let (xs, x_rest) = x.as_chunks::<LANES>();
    let (gradients, rest) = gradient.as_chunks::<LANES>();
    let (mean, scale) = (V::splat(moments.mean), V::splat(moments.scale));
    let (mut along, mut plain) = (V::splat(0.0), V::splat(0.0));
    for (x, gradient) in xs.iter().zip(gradients) {
        let (x, gradient) = (V::load(x), V::load(gradient));
        along = gradient.mul_add(x.sub(mean).mul(scale), along);
        plain = plain.add(gradient);
    }
    let (mut along, mut plain) = (along.sum(), plain.sum());
    for (x, gradient) in x_rest.iter().zip(rest) {
        along += gradient * (x - moments.mean) * moments.scale;
        plain += gradient;
    }
    [along, plain]
}

for_each_instruction_set! {
    /// `g = factor g + a + b x`.
    fn add_line(gradient: &mut [f32], x: &[f32], factor: f32, line: [f32; 2]) = add_line_with
}

#[inline(always)]
fn add_line_with<V: Vector>(gradient: &mut [f32], x: &[f32], factor: f32, [a, b]: [f32; 2]) {
    let (xs, x_rest) = x.as_chunks::<LANES>();
    let (gradients, rest) = gradient.as_chunks_mut::<LANES>();
    for (gradient, x) in gradients.iter_mut().zip(xs) {
        let line = V::load(x).mul_add(V::splat(b), V::splat(a));
        V::load(gradient).mul_add(V::splat(factor), line).store(gradient);
    }
    for (gradient, x) in rest.iter_mut().zip(x_rest) {
        *gradient = *gradient * factor + (a + b * x);
    }
}
