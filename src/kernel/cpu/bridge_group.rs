//! One group of GAB in one image: layer normalisation over its channels, then a depthwise convolution.
//!
//! The normalised channels are written once, between the zeros that the convolution wants. Planes in working
//! memory lie a little more than their pixels apart, since caches keep only a few of those a power of two apart.

use super::depthwise::{Plane, clear_border, flipped, padded_forward, padded_weight};
use super::simd::{WIDE, Wide, for_each_wide_instruction_set};

/// Pixels whose channels are summed at once, in registers.
const BLOCK: usize = WIDE;

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

for_each_wide_instruction_set! {
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
fn normalize_with<W: Wide>(
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
            let (mean, scale) = statistics::<W>(x, row + at, group.epsilon);
            for (channel, plane) in x.iter().enumerate() {
                let (weight, bias) = (W::splat(group.scales[channel]), W::splat(group.shifts[channel]));
                let centred = block::<W>(plane, row + at).sub(mean).mul(scale);
                put(centred.mul_add(weight, bias), padded, channel * plane_stride + padded_row + at);
                if let Some((normal, _)) = &mut kept {
                    put(centred, normal, channel * normal_stride + row + at);
                }
            }
            if let Some((_, scales)) = &mut kept {
                put(scale, scales, row + at);
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
fn statistics<W: Wide>(x: &[&[f32]], at: usize, epsilon: f32) -> (W, W) {
    let share = W::splat(1.0 / x.len() as f32);
    let mut sum = W::splat(0.0);
    for plane in x {
        sum = sum.add(block(plane, at));
    }
    let mean = sum.mul(share);
    let mut squares = W::splat(0.0);
    for plane in x {
        let centred = block::<W>(plane, at).sub(mean);
        squares = centred.mul_add(centred, squares);
    }
    let deviation = squares.mul_add(share, W::splat(epsilon)).sqrt();
    (mean, W::splat(1.0).div(deviation))
}

#[inline(always)]
fn block<W: Wide>(x: &[f32], at: usize) -> W {
    debug_assert!(at + BLOCK <= x.len());
    // SAFETY: callers step through whole blocks of whole planes, whose length they have checked.
    unsafe { W::load_at(x, at) }
}

#[inline(always)]
fn put<W: Wide>(values: W, out: &mut [f32], at: usize) {
    debug_assert!(at + BLOCK <= out.len());
    // SAFETY: as in `block`.
    unsafe { values.store_at(out, at) }
}

for_each_wide_instruction_set! {
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
fn denormalize_with<W: Wide>(
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
    let share = W::splat(1.0 / channels as f32);
    let mut totals = vec![[W::splat(0.0); 2]; channels];
    for at in (0..pixels).step_by(BLOCK) {
        let (mut plain, mut along) = (W::splat(0.0), W::splat(0.0));
        for (channel, totals) in totals.iter_mut().enumerate() {
            let normal = block::<W>(normal, channel * stride + at);
            let pull = block::<W>(gradient, channel * stride + at);
            *totals = [pull.mul_add(normal, totals[0]), totals[1].add(pull)];
            let weighed = pull.mul(W::splat(weight[channel]));
            plain = plain.add(weighed);
            along = weighed.mul_add(normal, along);
        }
        let (plain, along) = (plain.mul(share), along.mul(share));
        let scale = block::<W>(scale, at);
        for (channel, output) in output.iter_mut().enumerate() {
            let normal = block::<W>(normal, channel * stride + at);
            let pull = block::<W>(gradient, channel * stride + at);
            let weighed = pull.mul(W::splat(weight[channel]));
            let result = weighed.sub(plain).sub(normal.mul(along)).mul(scale);
            if at + BLOCK <= pixels {
                put(result, output, at);
            } else {
                let mut last = [0.0; BLOCK];
                put(result, &mut last, 0);
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
