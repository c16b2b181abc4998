//! Group normalisation, 2x2 max pooling and GELU in one pass: the end of an encoder stage.
//!
//! The normalised feature map is never written: the forward reads the input for its moments and once more
//! for the pooled output, the backward finds each block's maximum again.

use rayon::prelude::*;

use super::buffer::unwritten;
use super::group_norm::{Moments, Size, affine, dense_line, moments, weight_and_bias};
use super::scratch;
use super::simd::{LANES, Vector, for_each_instruction_set, math};
use crate::kernel::fused::{Input, Op, Saved};

/// Group normalisation, then the maximum of each 2x2 block, then GELU.
#[derive(Clone, Copy, Debug)]
pub(in crate::kernel) struct NormPoolGelu {
    pub groups: usize,
    pub epsilon: f32,
}

/// Height and width before pooling.
#[derive(Clone, Copy, Debug)]
struct Plane {
    height: usize,
    width: usize,
}

impl Plane {
    fn pooled(self) -> usize {
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

    fn forward(&self, inputs: &[Input], _: bool) -> (Vec<f32>, Saved) {
        let size = Size::of(inputs[0], self.groups, self.epsilon);
        let plane = plane(inputs[0]);
        let batch = inputs[0].shape[0];
        let mut output = unwritten(batch * size.channels * plane.pooled());
        let mut scales = vec![0.0; batch * size.groups * 2];
        output
            .par_chunks_mut(size.group() * plane.pooled())
            .zip(scales.par_chunks_mut(2))
            .zip(inputs[0].values.par_chunks(size.group() * size.pixels))
            .enumerate()
            .for_each(|(index, ((output, kept), x))| {
                let first = index % size.groups * size.group();
                let moments = moments(x, size.epsilon);
                kept.copy_from_slice(&[moments.mean, moments.scale]);
                let channels = output.chunks_exact_mut(plane.pooled()).zip(x.chunks_exact(size.pixels));
                for (channel, (output, x)) in channels.enumerate() {
                    let (weight, bias) =
                        (inputs[1].values[first + channel], inputs[2].values[first + channel]);
                    pool_gelu(x, output, affine(moments, weight, bias), plane);
                }
            });
        (output, vec![scales])
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
            .map(|(index, (((output, x), gradient), kept))| {
                let first = index % size.groups * size.group();
                let weight = &inputs[1].values[first..first + size.group()];
                let bias = &inputs[2].values[first..first + size.group()];
                let moments = Moments { mean: kept[0], scale: kept[1] };
                // Each pooled pixel's gradient before GELU, and which of its four pixels was the maximum.
                scratch::with(2 * gradient.len(), |memory| {
                    let (pulls, winners) = memory.split_at_mut(gradient.len());
                    let mut sums = Vec::with_capacity(size.group());
                    for (channel, x) in x.chunks_exact(size.pixels).enumerate() {
                        let part = channel * plane.pooled()..(channel + 1) * plane.pooled();
                        sums.push(winner_sums(
                            x,
                            &gradient[part.clone()],
                            &mut pulls[part.clone()],
                            &mut winners[part],
                            affine(moments, weight[channel], bias[channel]),
                            moments,
                            plane,
                        ));
                    }
                    let line = dense_line(&sums, weight, moments, size.group() * size.pixels);
                    let channels = output.chunks_exact_mut(size.pixels).zip(x.chunks_exact(size.pixels));
                    for (channel, (output, x)) in channels.enumerate() {
                        let part = channel * plane.pooled()..(channel + 1) * plane.pooled();
                        let factor = weight[channel] * moments.scale;
                        spread(x, &pulls[part.clone()], &winners[part], output, factor, line, plane);
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

/// The four pixels of eight 2x2 blocks, those beyond the last block repeating it.
#[inline(always)]
fn four<V: Vector>(upper: &[f32], lower: &[f32], at: usize) -> [V; 4] {
    let (a, b) = V::load(&upper[2 * at..]).deinterleave(V::load(&upper[2 * at + LANES..]));
    let (c, d) = V::load(&lower[2 * at..]).deinterleave(V::load(&lower[2 * at + LANES..]));
    [a, b, c, d]
}

for_each_instruction_set! {
    fn pool_gelu(x: &[f32], output: &mut [f32], affine: (f32, f32), plane: Plane) = pool_gelu_with
}

#[inline(always)]
fn pool_gelu_with<V: Vector>(x: &[f32], output: &mut [f32], (factor, shift): (f32, f32), plane: Plane) {
    let (factor_all, shift_all) = (V::splat(factor), V::splat(shift));
    for ((upper, lower), output) in row_pairs(x, plane).zip(output.chunks_exact_mut(plane.width / 2)) {
        let whole = output.len() / LANES * LANES;
        for at in (0..whole).step_by(LANES) {
            let [a, b, c, d] = four::<V>(upper, lower, at).map(|x| x.mul_add(factor_all, shift_all));
            math::gelu(a.max(b).max(c.max(d))).store(&mut output[at..]);
        }
        let rest = &mut output[whole..];
        for (at, output) in (whole..).zip(rest.iter_mut()) {
            let best = [upper[2 * at], upper[2 * at + 1], lower[2 * at], lower[2 * at + 1]];
            let [a, b, c, d] = best.map(|x| V::splat(x * factor + shift));
            // The vector's maximum keeps what is no number, as the one of floats doesn't.
            *output = a.max(b).max(c.max(d)).to_array()[0];
        }
        super::gelu::partial(rest, |values| math::gelu(V::load(values)).store(values));
    }
}

for_each_instruction_set! {
    /// `[Σ g x̂, Σ g]` over a channel's maxima; keeps their gradients and which pixel they are.
    fn winner_sums(
        x: &[f32],
        gradient: &[f32],
        pulls: &mut [f32],
        winners: &mut [f32],
        affine: (f32, f32),
        moments: Moments,
        plane: Plane,
    ) -> [f32; 2] = winner_sums_with
}

#[inline(always)]
fn winner_sums_with<V: Vector>(
    x: &[f32],
    gradient: &[f32],
    pulls: &mut [f32],
    winners: &mut [f32],
    (factor, shift): (f32, f32),
    moments: Moments,
    plane: Plane,
) -> [f32; 2] {
    let pooled = plane.width / 2;
    let whole = pooled / LANES * LANES;
    let (mut along, mut plain) = (V::splat(0.0), V::splat(0.0));
    let (mut along_rest, mut plain_rest) = (0.0, 0.0);
    for (row, (upper, lower)) in row_pairs(x, plane).enumerate() {
        let part = row * pooled..(row + 1) * pooled;
        let gradient = &gradient[part.clone()];
        let (pulls, winners) = (&mut pulls[part.clone()], &mut winners[part]);
        for at in (0..whole).step_by(LANES) {
            let pixels = four::<V>(upper, lower, at);
            let scaled = pixels.map(|x| x.mul_add(V::splat(factor), V::splat(shift)));
            let (mut best, mut value, mut winner) = (scaled[0], pixels[0], V::splat(0.0));
            for k in 1..4 {
                winner = best.select_less(scaled[k], V::splat(k as f32), winner);
                value = best.select_less(scaled[k], pixels[k], value);
                best = best.max(scaled[k]);
            }
            let pull = V::load(&gradient[at..]).mul(math::gelu_slope(best));
            pull.store(&mut pulls[at..]);
            winner.store(&mut winners[at..]);
            along = pull.mul_add(value.sub(V::splat(moments.mean)).mul(V::splat(moments.scale)), along);
            plain = plain.add(pull);
        }
        for at in whole..pooled {
            let pixels = [upper[2 * at], upper[2 * at + 1], lower[2 * at], lower[2 * at + 1]];
            let (mut best, mut winner) = (pixels[0] * factor + shift, 0);
            for (k, x) in pixels.into_iter().enumerate().skip(1) {
                let scaled = x * factor + shift;
                if best < scaled {
                    (best, winner) = (scaled, k);
                }
            }
            let slope = math::gelu_slope(V::splat(best)).to_array()[0];
            pulls[at] = gradient[at] * slope;
            winners[at] = winner as f32;
            along_rest += pulls[at] * (pixels[winner] - moments.mean) * moments.scale;
            plain_rest += pulls[at];
        }
    }
    [along.sum() + along_rest, plain.sum() + plain_rest]
}

for_each_instruction_set! {
    /// The gradient of a channel's input: a line in `x` everywhere, and each maximum's own part.
    fn spread(
        x: &[f32],
        pulls: &[f32],
        winners: &[f32],
        output: &mut [f32],
        factor: f32,
        line: [f32; 2],
        plane: Plane,
    ) = spread_with
}

#[inline(always)]
fn spread_with<V: Vector>(
    x: &[f32],
    pulls: &[f32],
    winners: &[f32],
    output: &mut [f32],
    factor: f32,
    [a, b]: [f32; 2],
    plane: Plane,
) {
    let pooled = plane.width / 2;
    let whole = pooled / LANES * LANES;
    let dense = |x: f32| a + b * x;
    for (row, (rows, output)) in
        x.chunks_exact(2 * plane.width).zip(output.chunks_exact_mut(2 * plane.width)).enumerate()
    {
        let (upper, lower) = rows.split_at(plane.width);
        let (upper_out, lower_out) = output.split_at_mut(plane.width);
        let (pulls, winners) = (&pulls[row * pooled..][..pooled], &winners[row * pooled..][..pooled]);
        for at in (0..whole).step_by(LANES) {
            let pull = V::load(&pulls[at..]).mul(V::splat(factor));
            let winner = V::load(&winners[at..]);
            let pixels = four::<V>(upper, lower, at);
            let result: [V; 4] = std::array::from_fn(|k| {
                let line = pixels[k].mul_add(V::splat(b), V::splat(a));
                let distance = winner.sub(V::splat(k as f32)).abs();
                line.add(distance.select_less(V::splat(0.5), pull, V::splat(0.0)))
            });
            let (left, right) = result[0].interleave(result[1]);
            left.store(&mut upper_out[2 * at..]);
            right.store(&mut upper_out[2 * at + LANES..]);
            let (left, right) = result[2].interleave(result[3]);
            left.store(&mut lower_out[2 * at..]);
            right.store(&mut lower_out[2 * at + LANES..]);
        }
        for (rows, outputs, k) in [(upper, upper_out, 0), (lower, lower_out, 2)] {
            for at in 2 * whole..plane.width {
                let own = at / 2 < pooled && winners[at / 2] as usize == k + at % 2;
                outputs[at] = dense(rows[at]) + if own { pulls[at / 2] * factor } else { 0.0 };
            }
        }
    }
    // An odd last row is pooled into nothing, but it has its share in the moments.
    let done = plane.height / 2 * 2 * plane.width;
    output[done..].iter_mut().zip(&x[done..]).for_each(|(output, &x)| *output = dense(x));
}
