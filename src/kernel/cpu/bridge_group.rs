//! One group of GAB in one image: layer normalisation over its channels, then a depthwise convolution.
//!
//! The normalised channels are written once, between the zeros that the convolution wants. Planes in working
//! memory lie a little more than their pixels apart, since caches keep only a few of those a power of two apart.

use super::depthwise::{Plane, clear_border, flipped, padded_forward, padded_weight};
use super::simd::{LANES, Vector, each, for_each_instruction_set};

/// Pixels whose channels are summed at once, in registers.
const BLOCK: usize = 2 * LANES;

/// Floats from one plane of `pixels` in working memory to the next.
pub(super) fn stride(pixels: usize) -> usize {
    pixels.next_multiple_of(BLOCK) + 2 * BLOCK
}

/// A group's parameters.
#[derive(Clone, Copy)]
pub(super) struct Group<'a> {
    pub scales: &'a [f32],
    pub shifts: &'a [f32],
    pub kernels: &'a [f32],
    pub biases: &'a [f32],
    pub plane: Plane,
    pub epsilon: f32,
}

impl Group<'_> {
    fn channels(self) -> usize {
        self.scales.len()
    }

    /// Floats of working memory for a [`forward`](Self::forward).
    pub fn forward_memory(self) -> usize {
        self.channels() * (self.plane.padded() + BLOCK) + BLOCK
    }

    /// Floats of working memory for a [`backward`](Self::backward).
    pub fn backward_memory(self) -> usize {
        let pixels = stride(self.plane.pixels());
        self.forward_memory() + (self.channels() + 1) * pixels + self.plane.memory()
    }

    /// Writes each channel's plane, [`stride`] apart and with zeros behind its pixels, to `output`.
    pub fn forward(self, x: &[&[f32]], output: &mut [f32], memory: &mut [f32]) {
        let (padded, rest) = memory.split_at_mut(self.channels() * self.plane.padded());
        normalize(x, self, padded, rest, None);
        let planes = padded.chunks_exact(self.plane.padded());
        let outputs = output.chunks_exact_mut(stride(self.plane.pixels()));
        for (channel, (padded, output)) in planes.zip(outputs).enumerate() {
            let kernel = &self.kernels[channel * 9..][..9];
            padded_forward(padded, kernel, self.biases[channel], output, self.plane);
            output[self.plane.pixels()..].fill(0.0);
        }
    }

    /// From the gradient of [`forward`](Self::forward)'s output, which it overwrites, to that of the planes, and to
    /// the sums of weight, bias, kernels and biases, one after another in `sums`.
    pub fn backward(
        self,
        x: &[&[f32]],
        gradient: &mut [f32],
        output: &mut [&mut [f32]],
        sums: &mut [f32],
        memory: &mut [f32],
    ) {
        let (channels, pixels) = (self.channels(), self.plane.pixels());
        let stride = stride(pixels);
        let (padded, memory) = memory.split_at_mut(channels * self.plane.padded());
        let (normal, memory) = memory.split_at_mut(channels * stride);
        let (scale, memory) = memory.split_at_mut(stride);
        normalize(x, self, padded, memory, Some((&mut *normal, &mut *scale)));
        let (norm_sums, conv_sums) = sums.split_at_mut(2 * channels);
        let (kernel_sums, bias_sums) = conv_sums.split_at_mut(9 * channels);
        let planes = padded.chunks_exact(self.plane.padded()).zip(gradient.chunks_exact_mut(stride));
        for (channel, (padded, gradient)) in planes.enumerate() {
            let (gradient, rest) = gradient.split_at_mut(pixels);
            let kernel = &mut kernel_sums[channel * 9..][..9];
            bias_sums[channel] = padded_weight(padded, gradient, kernel, memory, self.plane);
            // The convolution reads a padded copy, so that its result may take its input's place.
            let turned = flipped(&self.kernels[channel * 9..][..9]);
            convolve_in_place(gradient, &turned, memory, self.plane);
            rest.fill(0.0);
        }
        denormalize(normal, gradient, scale, self.scales, output, norm_sums);
    }
}

fn convolve_in_place(x: &mut [f32], kernel: &[f32; 9], memory: &mut [f32], plane: Plane) {
    let padded = super::depthwise::pad(x, memory, plane);
    padded_forward(padded, kernel, 0.0, x, plane);
}

for_each_instruction_set! {
    /// Normalises, scales and shifts the planes into padded ones; keeps `x̂` and the inverse standard deviations
    /// where there is room, with zeros up to whole blocks.
    fn normalize(
        x: &[&[f32]],
        group: Group,
        padded: &mut [f32],
        memory: &mut [f32],
        kept: Option<(&mut [f32], &mut [f32])>,
    ) = normalize_with
}

#[inline(always)]
fn normalize_with<V: Vector>(
    x: &[&[f32]],
    group: Group,
    padded: &mut [f32],
    memory: &mut [f32],
    mut kept: Option<(&mut [f32], &mut [f32])>,
) {
    let Plane { height, width, dilation } = group.plane;
    let (row_stride, plane_stride) = (group.plane.stride(), group.plane.padded());
    let normal_stride = stride(height * width);
    padded.chunks_exact_mut(plane_stride).for_each(|plane| clear_border(plane, group.plane));
    if let Some((normal, scale)) = &mut kept {
        normal.chunks_exact_mut(normal_stride).for_each(|plane| plane[height * width..].fill(0.0));
        scale[height * width..].fill(0.0);
    }
    assert!(x.len() == group.channels() && x.iter().all(|plane| plane.len() >= height * width));
    assert!(padded.len() >= x.len() * plane_stride);
    if let Some((normal, scale)) = &kept {
        assert!(normal.len() >= x.len() * normal_stride && scale.len() >= normal_stride);
    }
    let whole = width / BLOCK * BLOCK;
    let (rest_x, rest_memory) = memory.split_at_mut(group.channels() * BLOCK);
    let rest_scale = &mut rest_memory[..BLOCK];
    for y in 0..height {
        let row = y * width;
        let padded_row = (y + dilation) * row_stride + dilation;
        for at in (0..whole).step_by(BLOCK) {
            let (mean, scale) = statistics::<V>(x, row + at, group.epsilon);
            for (channel, plane) in x.iter().enumerate() {
                let (weight, bias) = (V::splat(group.scales[channel]), V::splat(group.shifts[channel]));
                let [a, b] = pair::<V>(plane, row + at);
                let a = a.sub(mean[0]).mul(scale[0]);
                let b = b.sub(mean[1]).mul(scale[1]);
                let target = channel * plane_stride + padded_row + at;
                put_pair([a.mul_add(weight, bias), b.mul_add(weight, bias)], padded, target);
                if let Some((normal, _)) = &mut kept {
                    put_pair([a, b], normal, channel * normal_stride + row + at);
                }
            }
            if let Some((_, scales)) = &mut kept {
                put_pair(scale, scales, row + at);
            }
        }
        if whole < width {
            let count = width - whole;
            for (plane, rest) in x.iter().zip(rest_x.chunks_exact_mut(BLOCK)) {
                rest[..count].copy_from_slice(&plane[row + whole..][..count]);
                rest[count..].fill(0.0);
            }
            super::channel_norm::normalize(rest_x, rest_scale, group.epsilon);
            for (channel, rest) in rest_x.chunks_exact(BLOCK).enumerate() {
                let target = &mut padded[channel * plane_stride + padded_row + whole..][..count];
                for (target, normal) in target.iter_mut().zip(rest) {
                    *target = group.scales[channel] * normal + group.shifts[channel];
                }
                if let Some((normal, _)) = &mut kept {
                    normal[channel * normal_stride + row + whole..][..count].copy_from_slice(&rest[..count]);
                }
            }
            if let Some((_, scales)) = &mut kept {
                scales[row + whole..][..count].copy_from_slice(&rest_scale[..count]);
            }
        }
    }
}

/// Mean and inverse standard deviation of sixteen pixels' channels.
#[inline(always)]
fn statistics<V: Vector>(x: &[&[f32]], at: usize, epsilon: f32) -> ([V; 2], [V; 2]) {
    let share = V::splat(1.0 / x.len() as f32);
    let mut sum = [V::splat(0.0); 2];
    for plane in x {
        let [a, b] = pair::<V>(plane, at);
        sum = [sum[0].add(a), sum[1].add(b)];
    }
    let mean = each(sum, |sum| sum.mul(share));
    let mut squares = [V::splat(0.0); 2];
    for plane in x {
        let [a, b] = pair::<V>(plane, at);
        let (a, b) = (a.sub(mean[0]), b.sub(mean[1]));
        squares = [a.mul_add(a, squares[0]), b.mul_add(b, squares[1])];
    }
    let deviation = each(squares, |squares| squares.mul_add(share, V::splat(epsilon)).sqrt());
    (mean, each(deviation, |deviation| V::splat(1.0).div(deviation)))
}

#[inline(always)]
fn pair<V: Vector>(x: &[f32], at: usize) -> [V; 2] {
    debug_assert!(at + BLOCK <= x.len());
    // SAFETY: callers step through whole blocks of whole planes, whose length they have checked.
    unsafe { [V::load_at(x, at), V::load_at(x, at + LANES)] }
}

#[inline(always)]
fn put_pair<V: Vector>(values: [V; 2], out: &mut [f32], at: usize) {
    debug_assert!(at + BLOCK <= out.len());
    // SAFETY: as in `pair`.
    unsafe {
        values[0].store_at(out, at);
        values[1].store_at(out, at + LANES);
    }
}

for_each_instruction_set! {
    /// From the gradient of the scaled and shifted channels to that of the planes; adds each channel's `Σ g x̂`, then
    /// each channel's `Σ g`, to `sums`.
    fn denormalize(
        normal: &[f32],
        gradient: &[f32],
        scale: &[f32],
        weight: &[f32],
        output: &mut [&mut [f32]],
        sums: &mut [f32],
    ) = denormalize_with
}

#[inline(always)]
fn denormalize_with<V: Vector>(
    normal: &[f32],
    gradient: &[f32],
    scale: &[f32],
    weight: &[f32],
    output: &mut [&mut [f32]],
    sums: &mut [f32],
) {
    let (channels, pixels) = (weight.len(), output[0].len());
    let stride = stride(pixels);
    assert!(
        normal.len() >= channels * stride && gradient.len() >= channels * stride && scale.len() >= stride
    );
    assert!(output.len() <= channels && output.iter().all(|plane| plane.len() == pixels));
    let share = V::splat(1.0 / channels as f32);
    let mut totals = vec![[V::splat(0.0); 2]; channels];
    for at in (0..pixels).step_by(BLOCK) {
        let (mut plain, mut along) = ([V::splat(0.0); 2], [V::splat(0.0); 2]);
        for (channel, totals) in totals.iter_mut().enumerate() {
            let [n0, n1] = pair::<V>(normal, channel * stride + at);
            let [g0, g1] = pair::<V>(gradient, channel * stride + at);
            let weight = V::splat(weight[channel]);
            totals[0] = g0.mul_add(n0, g1.mul_add(n1, totals[0]));
            totals[1] = totals[1].add(g0.add(g1));
            let (w0, w1) = (g0.mul(weight), g1.mul(weight));
            plain = [plain[0].add(w0), plain[1].add(w1)];
            along = [w0.mul_add(n0, along[0]), w1.mul_add(n1, along[1])];
        }
        let (plain, along) = (each(plain, |sum| sum.mul(share)), each(along, |sum| sum.mul(share)));
        let [s0, s1] = pair::<V>(scale, at);
        for (channel, output) in output.iter_mut().enumerate() {
            let [n0, n1] = pair::<V>(normal, channel * stride + at);
            let [g0, g1] = pair::<V>(gradient, channel * stride + at);
            let weight = V::splat(weight[channel]);
            let r0 = g0.mul(weight).sub(plain[0]).sub(n0.mul(along[0])).mul(s0);
            let r1 = g1.mul(weight).sub(plain[1]).sub(n1.mul(along[1])).mul(s1);
            if at + BLOCK <= pixels {
                put_pair([r0, r1], output, at);
            } else {
                let mut last = [0.0; BLOCK];
                put_pair([r0, r1], &mut last, 0);
                output[at..].copy_from_slice(&last[..pixels - at]);
            }
        }
    }
    let (with, alone) = sums.split_at_mut(channels);
    for ((with, alone), totals) in with.iter_mut().zip(alone).zip(totals) {
        *with += totals[0].sum();
        *alone += totals[1].sum();
    }
}
