//! Layer normalisation over the channels of each pixel.

use rayon::prelude::*;

use super::buffer::unwritten;
use super::reduce::add_all;
use super::simd::{LANES, Vector, for_each_instruction_set};
use crate::kernel::fused::{Input, Op, Saved};

/// Channels and pixels of one image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::kernel) struct Size {
    pub channels: usize,
    pub pixels: usize,
}

impl Size {
    /// The same channels of eight pixels.
    fn wide(self) -> Self {
        Self { pixels: LANES, ..self }
    }
}

/// Layer normalisation over channels.
#[derive(Clone, Copy, Debug)]
pub(in crate::kernel) struct ChannelNorm {
    pub epsilon: f32,
}

fn size(x: Input) -> Size {
    Size { channels: x.shape[1], pixels: x.shape[2..].iter().product() }
}

impl Op for ChannelNorm {
    fn output_shape(&self, inputs: &[Input]) -> Vec<usize> {
        inputs[0].shape.to_vec()
    }

    fn forward(&self, inputs: &[Input], _: bool) -> (Vec<f32>, Saved) {
        let size = size(inputs[0]);
        let image = size.channels * size.pixels;
        let mut output = unwritten(inputs[0].values.len());
        output.par_chunks_mut(image).zip(inputs[0].values.par_chunks(image)).for_each(|(output, x)| {
            image_forward(x, inputs[1].values, inputs[2].values, output, size, self.epsilon);
        });
        (output, Vec::new())
    }

    fn backward(&self, inputs: &[Input], _: &Saved, gradient: &[f32], _: &[bool]) -> Vec<Option<Vec<f32>>> {
        let size = size(inputs[0]);
        let image = size.channels * size.pixels;
        let mut output = unwritten(inputs[0].values.len());
        let partial: Vec<Vec<f32>> = output
            .par_chunks_mut(image)
            .zip(inputs[0].values.par_chunks(image).zip(gradient.par_chunks(image)))
            .map(|(output, (x, gradient))| {
                let mut sums = vec![0.0; 2 * size.channels];
                image_backward(x, gradient, inputs[1].values, output, &mut sums, size, self.epsilon);
                sums
            })
            .collect();
        let mut sums = add_all(partial);
        let bias = sums.split_off(size.channels);
        vec![Some(output), Some(sums), Some(bias)]
    }
}

/// Mean and inverse standard deviation of eight pixels' channels.
#[inline(always)]
fn statistics<V: Vector>(x: &[f32], at: usize, size: Size, epsilon: f32) -> (V, V) {
    let share = V::splat(1.0 / size.channels as f32);
    let mut sum = V::splat(0.0);
    for channel in 0..size.channels {
        // SAFETY: the caller leaves eight pixels after `at` in every plane.
        sum = sum.add(unsafe { V::load_at(x, channel * size.pixels + at) });
    }
    let mean = sum.mul(share);
    let mut squares = V::splat(0.0);
    for channel in 0..size.channels {
        // SAFETY: the caller leaves eight pixels after `at` in every plane.
        let centred = unsafe { V::load_at(x, channel * size.pixels + at) }.sub(mean);
        squares = centred.mul_add(centred, squares);
    }
    let deviation = squares.mul_add(share, V::splat(epsilon)).sqrt();
    (mean, V::splat(1.0).div(deviation))
}

/// Starts of blocks of eight pixels, and how many of a block's lanes belong to the one before: none but in
/// the last, which overlaps where the number of pixels, at least eight, is no multiple.
#[inline(always)]
fn blocks(pixels: usize) -> impl Iterator<Item = (usize, usize)> {
    assert!(pixels >= LANES, "fewer pixels are widened first");
    let whole = pixels / LANES * LANES;
    let overlapping = (whole < pixels).then(|| (pixels - LANES, LANES - (pixels - whole)));
    (0..whole).step_by(LANES).map(|at| (at, 0)).chain(overlapping)
}

/// Normalises one image.
pub(in crate::kernel) fn image_forward(
    x: &[f32],
    weight: &[f32],
    bias: &[f32],
    output: &mut [f32],
    size: Size,
    epsilon: f32,
) {
    if size.pixels < LANES {
        let mut wide = vec![0.0; size.channels * LANES];
        whole_forward(&widened(x, size), weight, bias, &mut wide, size.wide(), epsilon);
        narrowed(&wide, output, size);
    } else {
        whole_forward(x, weight, bias, output, size, epsilon);
    }
}

/// The gradient of one image's input, and in `sums` those of weight and bias.
pub(in crate::kernel) fn image_backward(
    x: &[f32],
    gradient: &[f32],
    weight: &[f32],
    output: &mut [f32],
    sums: &mut [f32],
    size: Size,
    epsilon: f32,
) {
    if size.pixels < LANES {
        let mut wide = vec![0.0; size.channels * LANES];
        let (x, gradient) = (widened(x, size), widened(gradient, size));
        whole_backward(&x, &gradient, weight, &mut wide, sums, size.wide(), epsilon);
        narrowed(&wide, output, size);
    } else {
        whole_backward(x, gradient, weight, output, sums, size, epsilon);
    }
}

for_each_instruction_set! {
    fn whole_forward(
        x: &[f32],
        weight: &[f32],
        bias: &[f32],
        output: &mut [f32],
        size: Size,
        epsilon: f32,
    ) = whole_forward_with
}

#[inline(always)]
fn whole_forward_with<V: Vector>(
    x: &[f32],
    weight: &[f32],
    bias: &[f32],
    output: &mut [f32],
    size: Size,
    epsilon: f32,
) {
    assert!(x.len() >= size.channels * size.pixels && output.len() >= size.channels * size.pixels);
    for (at, _) in blocks(size.pixels) {
        let (mean, scale) = statistics::<V>(x, at, size, epsilon);
        for channel in 0..size.channels {
            let index = channel * size.pixels + at;
            // SAFETY: `blocks` leaves eight pixels after `at` in every plane.
            unsafe {
                let normal = V::load_at(x, index).sub(mean).mul(scale);
                normal.mul_add(V::splat(weight[channel]), V::splat(bias[channel])).store_at(output, index);
            }
        }
    }
}

for_each_instruction_set! {
    fn whole_backward(
        x: &[f32],
        gradient: &[f32],
        weight: &[f32],
        output: &mut [f32],
        sums: &mut [f32],
        size: Size,
        epsilon: f32,
    ) = whole_backward_with
}

#[inline(always)]
fn whole_backward_with<V: Vector>(
    x: &[f32],
    gradient: &[f32],
    weight: &[f32],
    output: &mut [f32],
    sums: &mut [f32],
    size: Size,
    epsilon: f32,
) {
    let elements = size.channels * size.pixels;
    assert!(x.len() >= elements && gradient.len() >= elements && output.len() >= elements);
    let share = V::splat(1.0 / size.channels as f32);
    let mut totals = vec![[V::splat(0.0); 2]; size.channels];
    for (at, done) in blocks(size.pixels) {
        let (mean, scale) = statistics::<V>(x, at, size, epsilon);
        let fresh = first_lanes_zero::<V>(done);
        let (mut plain, mut along) = (V::splat(0.0), V::splat(0.0));
        for (channel, totals) in totals.iter_mut().enumerate() {
            let index = channel * size.pixels + at;
            // SAFETY: `blocks` leaves eight pixels after `at` in every plane.
            let (x, gradient) = unsafe { (V::load_at(x, index), V::load_at(gradient, index)) };
            let normal = x.sub(mean).mul(scale);
            let pull = gradient.mul(V::splat(weight[channel]));
            plain = plain.add(pull);
            along = pull.mul_add(normal, along);
            let counted = gradient.mul(fresh);
            totals[0] = counted.mul_add(normal, totals[0]);
            totals[1] = totals[1].add(counted);
        }
        let (plain, along) = (plain.mul(share), along.mul(share));
        for (channel, &weight) in weight.iter().enumerate().take(size.channels) {
            let index = channel * size.pixels + at;
            // SAFETY: `blocks` leaves eight pixels after `at` in every plane.
            unsafe {
                let normal = V::load_at(x, index).sub(mean).mul(scale);
                let pull = V::load_at(gradient, index).mul(V::splat(weight));
                pull.sub(plain).sub(normal.mul(along)).mul(scale).store_at(output, index);
            }
        }
    }
    for (channel, [weight, bias]) in totals.into_iter().enumerate() {
        sums[channel] += weight.sum();
        sums[size.channels + channel] += bias.sum();
    }
}

/// One, but zero in the first `count` lanes.
#[inline(always)]
fn first_lanes_zero<V: Vector>(count: usize) -> V {
    let lanes: [f32; LANES] = std::array::from_fn(|lane| if lane < count { 0.0 } else { 1.0 });
    V::load(&lanes)
}

/// Planes of fewer than eight pixels, each followed by zeros.
fn widened(x: &[f32], size: Size) -> Vec<f32> {
    let mut wide = vec![0.0; size.channels * LANES];
    for (wide, x) in wide.chunks_exact_mut(LANES).zip(x.chunks_exact(size.pixels)) {
        wide[..size.pixels].copy_from_slice(x);
    }
    wide
}

/// The inverse of [`widened`].
fn narrowed(wide: &[f32], x: &mut [f32], size: Size) {
    for (wide, x) in wide.chunks_exact(LANES).zip(x.chunks_exact_mut(size.pixels)) {
        x.copy_from_slice(&wide[..size.pixels]);
    }
}
