//! Group normalisation, 2x2 max pooling and GELU in one pass: the end of an encoder stage.
//!
//! The normalised feature map is never written: the forward reads the input for its moments and once more
//! for the pooled output, and keeps of each block what the sums of the backward need: GELU's slope at the maximum and
//! the maximum's normalised value. Which of the four pixels it was, the backward finds again.

use std::ops::Range;

use rayon::prelude::*;

use super::buffer::unwritten;
use super::group_norm::{Moments, Size, affine, dense_line, moments, weight_and_bias};
use super::scratch;
use super::simd::{LANES, Lanes, WIDE, Wide, each, for_each_wide_instruction_set, math, partial};
use crate::kernel::fused::{Input, Op, Saved};

/// Group normalisation, then the maximum of each 2x2 block, then GELU.
#[derive(Clone, Copy, Debug)]
pub(in crate::kernel) struct NormPoolGelu {
    pub groups: usize,
    pub epsilon: f32,
}

/// Height and width before pooling.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plane {
    pub height: usize,
    pub width: usize,
}

impl Plane {
    /// Pixels after pooling.
    pub fn pooled(self) -> usize {
        (self.height / 2) * (self.width / 2)
    }
}

fn plane(x: Input) -> Plane {
    Plane { height: x.shape[2], width: x.shape[3] }
}

impl Op for NormPoolGelu {
    fn output_shape(&self, inputs: &[Input]) -> Vec<usize> {
        let shape = inputs[0].shape;
        vec![shape[0], shape[1], shape[2] / 2, shape[3] / 2]
    }

    fn forward(&self, inputs: &[Input], keep: bool) -> (Vec<f32>, Saved) {
        let size = Size::of(inputs[0], self.groups, self.epsilon);
        let plane = plane(inputs[0]);
        let batch = inputs[0].shape[0];
        let part = size.group() * plane.pooled();
        let mut output = unwritten(batch * size.channels * plane.pooled());
        let mut scales = vec![0.0; batch * size.groups * 2];
        // The slope of GELU at each maximum, and the maximum's normalised value.
        let mut slopes = unwritten(if keep { output.len() } else { batch * size.groups });
        let mut normals = unwritten(slopes.len());
        let kept_part = if keep { part } else { 1 };
        output
            .par_chunks_mut(part)
            .zip(slopes.par_chunks_mut(kept_part).zip(normals.par_chunks_mut(kept_part)))
            .zip(scales.par_chunks_mut(2))
            .zip(inputs[0].values.par_chunks(size.group() * size.pixels))
            .enumerate()
            .for_each(|(index, (((output, (slopes, normals)), scales), x))| {
                let first = index % size.groups * size.group();
                let moments = moments(x, size.epsilon);
                scales.copy_from_slice(&[moments.mean, moments.scale]);
                let channels = output.chunks_exact_mut(plane.pooled()).zip(x.chunks_exact(size.pixels));
                for (channel, (output, x)) in channels.enumerate() {
                    let (weight, bias) =
                        (inputs[1].values[first + channel], inputs[2].values[first + channel]);
                    let affine = affine(moments, weight, bias);
                    if keep {
                        let part = channel * plane.pooled()..(channel + 1) * plane.pooled();
                        let kept = (&mut slopes[part.clone()], &mut normals[part]);
                        pool_gelu_keep(x, output, kept, affine, moments, plane);
                    } else {
                        pool_gelu(x, output, affine, plane);
                    }
                }
            });
        (output, if keep { vec![scales, slopes, normals] } else { Vec::new() })
    }

    fn backward(
        &self,
        inputs: &[Input],
        saved: &Saved,
        gradient: &[f32],
        _: &[bool],
    ) -> Vec<Option<Vec<f32>>> {
        let size = Size::of(inputs[0], self.groups, self.epsilon);
        let plane = plane(inputs[0]);
        let mut output = unwritten(inputs[0].values.len());
        let sums: Vec<Vec<[f32; 2]>> = output
            .par_chunks_mut(size.group() * size.pixels)
            .zip(inputs[0].values.par_chunks(size.group() * size.pixels))
            .zip(gradient.par_chunks(size.group() * plane.pooled()))
            .zip(saved[0].par_chunks(2))
            .enumerate()
            .map(|(index, (((output, x), gradient), scales))| {
                let first = index % size.groups * size.group();
                let weight = &inputs[1].values[first..first + size.group()];
                let bias = &inputs[2].values[first..first + size.group()];
                let moments = Moments { mean: scales[0], scale: scales[1] };
                let at = index * size.group() * plane.pooled();
                let channel_of = |channel: usize| channel * plane.pooled()..(channel + 1) * plane.pooled();
                // Each maximum's gradient before GELU.
                scratch::with(gradient.len(), |pulls| {
                    let mut sums = Vec::with_capacity(size.group());
                    for channel in 0..size.group() {
                        let part = channel_of(channel);
                        let kept = at + part.start..at + part.end;
                        sums.push(pull_sums(
                            &gradient[part.clone()],
                            &saved[1][kept.clone()],
                            &saved[2][kept],
                            &mut pulls[part],
                        ));
                    }
                    let line = dense_line(&sums, weight, moments, size.group() * size.pixels);
                    let channels = output.chunks_exact_mut(size.pixels).zip(x.chunks_exact(size.pixels));
                    for (channel, (output, x)) in channels.enumerate() {
                        let affine = affine(moments, weight[channel], bias[channel]);
                        spread(x, &pulls[channel_of(channel)], output, affine, line, plane);
                    }
                    sums
                })
            })
            .collect();
        let (weight, bias) = weight_and_bias(&sums, size);
        vec![Some(output), Some(weight), Some(bias)]
    }
}

/// The two input rows of each pooled row.
#[inline(always)]
fn row_pairs(x: &[f32], plane: Plane) -> impl Iterator<Item = (&[f32], &[f32])> {
    x.chunks_exact(2 * plane.width).map(move |rows| rows.split_at(plane.width))
}

/// The four pixels of as many 2x2 blocks as a vector has lanes.
#[inline(always)]
fn four<L: Lanes>(upper: &[f32], lower: &[f32], at: usize) -> [L; 4] {
    let (a, b) = L::load(&upper[2 * at..]).deinterleave(L::load(&upper[2 * at + L::LANES..]));
    let (c, d) = L::load(&lower[2 * at..]).deinterleave(L::load(&lower[2 * at + L::LANES..]));
    [a, b, c, d]
}

/// Floats of a cache line.
const CACHE_LINE: usize = 16;

/// Ends of what wide vectors and then a half one do of so many elements.
fn ends(count: usize) -> [usize; 2] {
    [count / WIDE * WIDE, count / LANES * LANES]
}

for_each_wide_instruction_set! {
    /// Without what the backward needs.
    pub(super) fn pool_gelu(x: &[f32], output: &mut [f32], affine: (f32, f32), plane: Plane) = pool_gelu_with
}

#[inline(always)]
fn pool_gelu_with<W: Wide>(x: &[f32], output: &mut [f32], (factor, shift): (f32, f32), plane: Plane) {
    for ((upper, lower), output) in row_pairs(x, plane).zip(output.chunks_exact_mut(plane.width / 2)) {
        let [wide, whole] = ends(output.len());
        pool_blocks::<W>(upper, lower, output, (factor, shift), 0..wide);
        pool_blocks::<W::Half>(upper, lower, output, (factor, shift), wide..whole);
        let rest = &mut output[whole..];
        for (at, output) in (whole..).zip(rest.iter_mut()) {
            *output = best_of(&pixels_at(upper, lower, at), factor, shift).0;
        }
        if !rest.is_empty() {
            let values = partial::<W>(rest, math::gelu);
            rest.copy_from_slice(&values[..rest.len()]);
        }
    }
}

#[inline(always)]
fn pool_blocks<L: Lanes>(
    upper: &[f32],
    lower: &[f32],
    output: &mut [f32],
    (factor, shift): (f32, f32),
    blocks: Range<usize>,
) {
    let (factor, shift) = (L::splat(factor), L::splat(shift));
    for at in blocks.step_by(L::LANES) {
        let [a, b, c, d] = each(four::<L>(upper, lower, at), |x| x.mul_add(factor, shift));
        math::gelu(a.max(b).max(c.max(d))).store(&mut output[at..]);
    }
}

/// The four pixels of one 2x2 block.
#[inline(always)]
fn pixels_at(upper: &[f32], lower: &[f32], at: usize) -> [f32; 4] {
    [upper[2 * at], upper[2 * at + 1], lower[2 * at], lower[2 * at + 1]]
}

/// The largest of four scaled pixels and which it is: the first of equals. What is no number wins.
#[inline(always)]
fn best_of(pixels: &[f32; 4], factor: f32, shift: f32) -> (f32, usize) {
    let (mut best, mut winner) = (f32::NEG_INFINITY, 0);
    for (k, &x) in pixels.iter().enumerate() {
        let scaled = x * factor + shift;
        if best < scaled || scaled.is_nan() {
            (best, winner) = (scaled, k);
        }
    }
    (best, winner)
}

for_each_wide_instruction_set! {
    /// With GELU's slope at each maximum and the maximum's normalised value.
    pub(super) fn pool_gelu_keep(
        x: &[f32],
        output: &mut [f32],
        kept: (&mut [f32], &mut [f32]),
        affine: (f32, f32),
        moments: Moments,
        plane: Plane,
    ) = pool_gelu_keep_with
}

#[inline(always)]
fn pool_gelu_keep_with<W: Wide>(
    x: &[f32],
    output: &mut [f32],
    (slopes, normals): (&mut [f32], &mut [f32]),
    (factor, shift): (f32, f32),
    moments: Moments,
    plane: Plane,
) {
    let pooled = plane.width / 2;
    let [wide, whole] = ends(pooled);
    let rows = output.chunks_exact_mut(pooled).zip(slopes.chunks_exact_mut(pooled));
    for ((upper, lower), ((output, slopes), normals)) in
        row_pairs(x, plane).zip(rows.zip(normals.chunks_exact_mut(pooled)))
    {
        let rows = [upper, lower];
        keep_blocks::<W>(rows, [output, slopes, normals], (factor, shift), moments, 0..wide);
        keep_blocks::<W::Half>(rows, [output, slopes, normals], (factor, shift), moments, wide..whole);
        for at in whole..pooled {
            let pixels = pixels_at(upper, lower, at);
            let (best, winner) = best_of(&pixels, factor, shift);
            output[at] = best;
            normals[at] = (pixels[winner] - moments.mean) * moments.scale;
        }
        if whole < pooled {
            let rest = &mut output[whole..];
            let (values, slope) = (partial::<W>(rest, math::gelu), partial::<W>(rest, math::gelu_slope));
            slopes[whole..].copy_from_slice(&slope[..rest.len()]);
            rest.copy_from_slice(&values[..rest.len()]);
        }
    }
}

#[inline(always)]
fn keep_blocks<L: Lanes>(
    [upper, lower]: [&[f32]; 2],
    [output, slopes, normals]: [&mut [f32]; 3],
    (factor, shift): (f32, f32),
    moments: Moments,
    blocks: Range<usize>,
) {
    let (mean, scale) = (L::splat(moments.mean), L::splat(moments.scale));
    for at in blocks.step_by(L::LANES) {
        let (best, value) = maximum(four::<L>(upper, lower, at), factor, shift);
        let (cdf, slope) = math::normal_cdf_and_gelu_slope(best);
        best.mul(cdf).store(&mut output[at..]);
        slope.store(&mut slopes[at..]);
        value.sub(mean).mul(scale).store(&mut normals[at..]);
    }
}

/// The maximum of four scaled pixels, and the pixel before scaling.
#[inline(always)]
fn maximum<L: Lanes>(pixels: [L; 4], factor: f32, shift: f32) -> (L, L) {
    let scaled = each(pixels, |x| x.mul_add(L::splat(factor), L::splat(shift)));
    let (mut best, mut value) = (scaled[0], pixels[0]);
    for k in 1..4 {
        value = best.select_less(scaled[k], pixels[k], value);
        best = best.max(scaled[k]);
    }
    (best, value)
}

for_each_wide_instruction_set! {
    /// `[Σ g x̂, Σ g]` over a channel's maxima, `g` their gradients before GELU, which it writes.
    pub(super) fn pull_sums(gradient: &[f32], slopes: &[f32], normals: &[f32], pulls: &mut [f32]) -> [f32; 2]
        = pull_sums_with
}

#[inline(always)]
fn pull_sums_with<W: Wide>(gradient: &[f32], slopes: &[f32], normals: &[f32], pulls: &mut [f32]) -> [f32; 2] {
    let (mut along, mut plain) = (W::splat(0.0), W::splat(0.0));
    let whole = gradient.len() / WIDE * WIDE;
    for at in (0..whole).step_by(WIDE) {
        let pull = W::load(&gradient[at..]).mul(W::load(&slopes[at..]));
        pull.store(&mut pulls[at..]);
        along = pull.mul_add(W::load(&normals[at..]), along);
        plain = plain.add(pull);
    }
    let (mut along, mut plain) = (along.sum(), plain.sum());
    for at in whole..gradient.len() {
        pulls[at] = gradient[at] * slopes[at];
        along += pulls[at] * normals[at];
        plain += pulls[at];
    }
    [along, plain]
}

for_each_wide_instruction_set! {
    /// The gradient of a channel's input: a line in `x` everywhere, and each maximum's own part.
    pub(super) fn spread(
        x: &[f32],
        pulls: &[f32],
        output: &mut [f32],
        affine: (f32, f32),
        line: [f32; 2],
        plane: Plane,
    ) = spread_with
}

#[inline(always)]
fn spread_with<W: Wide>(
    x: &[f32],
    pulls: &[f32],
    output: &mut [f32],
    (factor, shift): (f32, f32),
    [a, b]: [f32; 2],
    plane: Plane,
) {
    let pooled = plane.width / 2;
    let [wide, whole] = ends(pooled);
    let dense = |x: f32| a + b * x;
    for (row, (rows, output)) in
        x.chunks_exact(2 * plane.width).zip(output.chunks_exact_mut(2 * plane.width)).enumerate()
    {
        let (upper, lower) = rows.split_at(plane.width);
        let (upper_out, lower_out) = output.split_at_mut(plane.width);
        let pulls = &pulls[row * pooled..][..pooled];
        // The gradient of the largest map waits for memory, and the processor's own reading ahead ends with a page.
        let ahead = &x[((row + 1) * 2 * plane.width).min(x.len())..];
        let (rows, mut outputs) = ([upper, lower, ahead], [&mut *upper_out, &mut *lower_out]);
        spread_blocks::<W>(rows, pulls, &mut outputs, (factor, shift), [a, b], 0..wide);
        spread_blocks::<W::Half>(rows, pulls, &mut outputs, (factor, shift), [a, b], wide..whole);
        for at in 2 * whole..plane.width {
            upper_out[at] = dense(upper[at]);
            lower_out[at] = dense(lower[at]);
        }
        for at in whole..pooled {
            let (_, winner) = best_of(&pixels_at(upper, lower, at), factor, shift);
            let row = if winner < 2 { &mut *upper_out } else { &mut *lower_out };
            row[2 * at + winner % 2] += pulls[at] * factor;
        }
    }
    // An odd last row is pooled into nothing, but it has its share in the moments.
    let done = plane.height / 2 * 2 * plane.width;
    output[done..].iter_mut().zip(&x[done..]).for_each(|(output, &x)| *output = dense(x));
}

/// Asks for what is `ahead`, two rows on.
#[inline(always)]
fn spread_blocks<L: Lanes>(
    [upper, lower, ahead]: [&[f32]; 3],
    pulls: &[f32],
    [upper_out, lower_out]: &mut [&mut [f32]; 2],
    affine: (f32, f32),
    line: [f32; 2],
    blocks: Range<usize>,
) {
    let width = upper.len();
    for at in blocks.step_by(L::LANES) {
        for ahead_at in (2 * at..2 * (at + L::LANES)).step_by(CACHE_LINE) {
            L::prefetch(ahead, ahead_at);
            L::prefetch(ahead, ahead_at + width);
        }
        let result = spread_block(four::<L>(upper, lower, at), L::load(&pulls[at..]), affine, line);
        let (left, right) = result[0].interleave(result[1]);
        left.store(&mut upper_out[2 * at..]);
        right.store(&mut upper_out[2 * at + L::LANES..]);
        let (left, right) = result[2].interleave(result[3]);
        left.store(&mut lower_out[2 * at..]);
        right.store(&mut lower_out[2 * at + L::LANES..]);
    }
}

/// The gradients of the four pixels of some blocks: the first of the largest takes the block's own.
#[inline(always)]
fn spread_block<L: Lanes>(pixels: [L; 4], pull: L, (factor, shift): (f32, f32), [a, b]: [f32; 2]) -> [L; 4] {
    let zero = L::splat(0.0);
    let scaled = each(pixels, |x| x.mul_add(L::splat(factor), L::splat(shift)));
    let mut result = each(pixels, |x| x.mul_add(L::splat(b), L::splat(a)));
    let (upper, lower) = (scaled[0].max(scaled[1]), scaled[2].max(scaled[3]));
    let pull = pull.mul(L::splat(factor));
    let below = upper.select_less(lower, pull, zero);
    let above = upper.select_less(lower, zero, pull);
    let parts = [
        scaled[0].select_less(scaled[1], zero, above),
        scaled[0].select_less(scaled[1], above, zero),
        scaled[2].select_less(scaled[3], zero, below),
        scaled[2].select_less(scaled[3], below, zero),
    ];
    for (result, part) in result.iter_mut().zip(parts) {
        *result = result.add(part);
    }
    result
}
