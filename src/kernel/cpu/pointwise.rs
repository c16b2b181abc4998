//! 1x1 convolution: a small matrix times the pixels, four or eight output channels by sixteen pixels in registers.
//!
//! Shapes are those of one image: input `[channels_in, pixels]`, output `[channels_out, pixels]`, weight
//! `[channels_out, channels_in]`.

use rayon::prelude::*;

use super::buffer::unwritten;
use super::reduce::{add_all, total};
use super::scratch;
use super::simd::{LANES, Vector, WIDE, Wide, for_each_instruction_set, for_each_wide_instruction_set};
use crate::kernel::fused::{Input, Op, Saved};

/// Sizes of a batch of images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::kernel) struct Size {
    pub batch: usize,
    pub channels_in: usize,
    pub channels_out: usize,
    pub pixels: usize,
}

impl Size {
    /// The same convolution from its output's channels to its input's.
    pub fn reversed(self) -> Self {
        Self { channels_in: self.channels_out, channels_out: self.channels_in, ..self }
    }
}

/// A 1x1 convolution with bias.
#[derive(Clone, Copy, Debug)]
pub(in crate::kernel) struct Pointwise;

impl Pointwise {
    fn size(inputs: &[Input]) -> Size {
        let (x, weight) = (inputs[0].shape, inputs[1].shape);
        let pixels = x[2..].iter().product();
        Size { batch: x[0], channels_in: x[1], channels_out: weight[0], pixels }
    }
}

impl Op for Pointwise {
    fn output_shape(&self, inputs: &[Input]) -> Vec<usize> {
        let mut shape = inputs[0].shape.to_vec();
        shape[1] = inputs[1].shape[0];
        shape
    }

    fn multiply_adds(&self, inputs: &[Input]) -> u64 {
        let size = Self::size(inputs);
        (size.batch * size.pixels * size.channels_in * size.channels_out) as u64
    }

    fn forward(&self, inputs: &[Input], _: bool) -> (Vec<f32>, Saved) {
        let size = Self::size(inputs);
        let mut output = unwritten(size.batch * size.channels_out * size.pixels);
        let outputs = output.par_chunks_mut(size.channels_out * size.pixels);
        let images = inputs[0].values.par_chunks(size.channels_in * size.pixels);
        outputs
            .zip(images)
            .for_each(|(output, x)| image_forward(x, inputs[1].values, inputs[2].values, output, size));
        (output, Vec::new())
    }

    fn backward(
        &self,
        inputs: &[Input],
        _: &Saved,
        gradient: &[f32],
        wanted: &[bool],
    ) -> Vec<Option<Vec<f32>>> {
        let size = Self::size(inputs);
        let x = wanted[0].then(|| {
            let weight = transpose(inputs[1].values, size.channels_out, size.channels_in);
            let zeros = vec![0.0; size.channels_in];
            let mut x = unwritten(inputs[0].values.len());
            let back = size.reversed();
            let images = x.par_chunks_mut(size.channels_in * size.pixels);
            let gradients = gradient.par_chunks(size.channels_out * size.pixels);
            images.zip(gradients).for_each(|(x, gradient)| image_forward(gradient, &weight, &zeros, x, back));
            x
        });
        let partial: Vec<Vec<f32>> = inputs[0]
            .values
            .par_chunks(size.channels_in * size.pixels)
            .zip(gradient.par_chunks(size.channels_out * size.pixels))
            .map(|(x, gradient)| {
                let mut sums = vec![0.0; size.channels_out * (size.channels_in + 1)];
                image_weight(x, gradient, &mut sums, size);
                sums
            })
            .collect();
        let mut sums = add_all(partial);
        let bias = sums.split_off(size.channels_out * size.channels_in);
        vec![x, Some(sums), Some(bias)]
    }
}

/// A matrix of `rows` by `columns` with its axes swapped.
pub(in crate::kernel) fn transpose(matrix: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    (0..rows * columns).map(|i| matrix[i % rows * columns + i / rows]).collect()
}

for_each_wide_instruction_set! {
    /// `output = weight · x + bias` for one image.
    pub(in crate::kernel) fn image_forward(x: &[f32], weight: &[f32], bias: &[f32], output: &mut [f32], size: Size)
        = image_forward_with
}

#[inline(always)]
fn image_forward_with<W: Wide>(x: &[f32], weight: &[f32], bias: &[f32], output: &mut [f32], size: Size) {
    assert!(x.len() >= size.channels_in * size.pixels && output.len() >= size.channels_out * size.pixels);
    let mut channel = 0;
    while channel < size.channels_out {
        match size.channels_out - channel {
            8.. if W::ROOMY => {
                rows::<W, 8>(x, weight, bias, output, size, channel);
                channel += 8;
            }
            4.. => {
                rows::<W, 4>(x, weight, bias, output, size, channel);
                channel += 4;
            }
            2.. => {
                rows::<W, 2>(x, weight, bias, output, size, channel);
                channel += 2;
            }
            _ => {
                rows::<W, 1>(x, weight, bias, output, size, channel);
                channel += 1;
            }
        }
    }
}

/// `R` output channels from `channel` on, all pixels.
#[inline(always)]
fn rows<W: Wide, const R: usize>(
    x: &[f32],
    weight: &[f32],
    bias: &[f32],
    output: &mut [f32],
    size: Size,
    channel: usize,
) {
    let weights: [&[f32]; R] =
        std::array::from_fn(|r| &weight[(channel + r) * size.channels_in..][..size.channels_in]);
    let start: [f32; R] = std::array::from_fn(|r| bias[channel + r]);
    let mut pixel = 0;
    while pixel + WIDE <= size.pixels {
        let mut sums = [W::splat(0.0); R];
        for (sum, bias) in sums.iter_mut().zip(start) {
            *sum = W::splat(bias);
        }
        for input in 0..size.channels_in {
            let at = input * size.pixels + pixel;
            // SAFETY: `at + 16` is within plane `input` of `x`, whose length was checked.
            let pixels = unsafe { W::load_at(x, at) };
            for (sum, weights) in sums.iter_mut().zip(weights) {
                *sum = pixels.mul_add(W::splat(weights[input]), *sum);
            }
        }
        for (r, sum) in sums.into_iter().enumerate() {
            let at = (channel + r) * size.pixels + pixel;
            // SAFETY: `at + 16` is within plane `channel + r` of `output`, whose length was checked.
            unsafe { sum.store_at(output, at) };
        }
        pixel += WIDE;
    }
    for pixel in pixel..size.pixels {
        for (r, weights) in weights.iter().enumerate() {
            let sum =
                (0..size.channels_in).fold(start[r], |sum, i| sum + x[i * size.pixels + pixel] * weights[i]);
            output[(channel + r) * size.pixels + pixel] = sum;
        }
    }
}

/// Some pixels of planes that lie at equal distances.
#[derive(Clone, Copy)]
pub(super) struct Strided<'a> {
    /// From the first pixel of the first plane on.
    pub values: &'a [f32],
    /// Floats from one plane to the next.
    pub stride: usize,
}

impl Strided<'_> {
    /// How many planes have so many pixels.
    pub fn planes(self, pixels: usize) -> usize {
        self.values.len().checked_sub(pixels).map_or(0, |rest| rest / self.stride + 1)
    }
}

/// Sums of the gradients of weight, lane by lane, and of bias.
///
/// Over few pixels at a time, adding up lanes each time would take longer than the products.
pub(super) struct LaneSums<'a> {
    values: &'a mut [f32],
    channels_in: usize,
}

impl<'a> LaneSums<'a> {
    /// Floats of their memory.
    pub fn floats(channels_in: usize, channels_out: usize) -> usize {
        channels_out * (channels_in + 1) * LANES
    }

    /// Zeros in memory of [`floats`](Self::floats).
    pub fn new(memory: &'a mut [f32], channels_in: usize) -> Self {
        memory.fill(0.0);
        Self { values: memory, channels_in }
    }

    /// Adds the products of pixels of `x [channels_in, pixels]` and of the output's gradient.
    pub fn add(&mut self, x: &[f32], gradient: Strided, pixels: usize) {
        add_products(x, gradient, self.values, self.channels_in, pixels);
    }

    /// Adds the gradients of the weights, then those of the bias, to `sums`.
    pub fn finish(self, sums: &mut [f32]) {
        add_lanes(self.values, sums);
    }
}

/// Adds one image's gradients of weight and bias to `sums`.
pub(in crate::kernel) fn image_weight(x: &[f32], gradient: &[f32], sums: &mut [f32], size: Size) {
    scratch::with(LaneSums::floats(size.channels_in, size.channels_out), |memory| {
        let mut lanes = LaneSums::new(memory, size.channels_in);
        lanes.add(x, Strided { values: gradient, stride: size.pixels }, size.pixels);
        lanes.finish(sums);
    });
}

for_each_instruction_set! {
    fn add_lanes(lanes: &[f32], sums: &mut [f32]) = add_lanes_with
}

#[inline(always)]
fn add_lanes_with<V: Vector>(lanes: &[f32], sums: &mut [f32]) {
    for (sum, lanes) in sums.iter_mut().zip(lanes.as_chunks::<LANES>().0) {
        *sum += V::load(lanes).sum();
    }
}

for_each_instruction_set! {
    fn add_products(x: &[f32], gradient: Strided<'_>, lanes: &mut [f32], channels_in: usize, pixels: usize)
        = add_products_with
}

#[inline(always)]
fn add_products_with<V: Vector>(
    x: &[f32],
    gradient: Strided<'_>,
    lanes: &mut [f32],
    channels_in: usize,
    pixels: usize,
) {
    let channels_out = lanes.len() / LANES / (channels_in + 1);
    assert!(x.len() >= channels_in * pixels && gradient.planes(pixels) >= channels_out);
    let (weights, biases) = lanes.split_at_mut(channels_out * channels_in * LANES);
    let mut output = 0;
    while output < channels_out {
        let live = if channels_out - output < 4 { 1 } else { 4 };
        let weights = &mut weights[output * channels_in * LANES..][..live * channels_in * LANES];
        let values = &gradient.values[output * gradient.stride..];
        let gradient = Strided { values, ..gradient };
        let mut input = 0;
        while input < channels_in {
            let wide = (channels_in - input).min(3);
            let x = &x[input * pixels..][..wide * pixels];
            match (live, wide) {
                (4, 3) => products::<V, 4, 3>(x, gradient, pixels, weights, input),
                (4, 2) => products::<V, 4, 2>(x, gradient, pixels, weights, input),
                (4, _) => products::<V, 4, 1>(x, gradient, pixels, weights, input),
                (_, 3) => products::<V, 1, 3>(x, gradient, pixels, weights, input),
                (_, 2) => products::<V, 1, 2>(x, gradient, pixels, weights, input),
                _ => products::<V, 1, 1>(x, gradient, pixels, weights, input),
            }
            input += wide;
        }
        for channel in 0..live {
            let gradient = &gradient.values[channel * gradient.stride..][..pixels];
            biases[(output + channel) * LANES] += total::<V>(gradient);
        }
        output += live;
    }
}

/// Adds the products of `R` output gradients and `C` inputs to the lanes of the outputs' weights from column `input` on.
#[inline(always)]
fn products<V: Vector, const R: usize, const C: usize>(
    x: &[f32],
    gradient: Strided<'_>,
    pixels: usize,
    weights: &mut [f32],
    input: usize,
) {
    assert!(x.len() == C * pixels && gradient.planes(pixels) >= R);
    let channels_in = weights.len() / (R * LANES);
    assert!(input + C <= channels_in);
    let lanes = |r: usize, c: usize| (r * channels_in + input + c) * LANES;
    let mut sums = [[V::splat(0.0); C]; R];
    for (r, sums) in sums.iter_mut().enumerate() {
        for (c, sum) in sums.iter_mut().enumerate() {
            // SAFETY: `weights` has `R` rows of `channels_in` vectors, and `input + C` is within a row.
            *sum = unsafe { V::load_at(weights, lanes(r, c)) };
        }
    }
    let mut pixel = 0;
    while pixel + LANES <= pixels {
        // SAFETY: `pixel + 8` is within each of the `C` and of the `R` planes, as was checked.
        unsafe {
            let mut inputs = [V::splat(0.0); C];
            for (c, values) in inputs.iter_mut().enumerate() {
                *values = V::load_at(x, c * pixels + pixel);
            }
            for (r, sums) in sums.iter_mut().enumerate() {
                let gradient = V::load_at(gradient.values, r * gradient.stride + pixel);
                for (sum, input) in sums.iter_mut().zip(inputs) {
                    *sum = gradient.mul_add(input, *sum);
                }
            }
        }
        pixel += LANES;
    }
    for (r, sums) in sums.into_iter().enumerate() {
        for (c, sum) in sums.into_iter().enumerate() {
            // SAFETY: as above.
            unsafe { sum.store_at(weights, lanes(r, c)) };
        }
    }
    for pixel in pixel..pixels {
        for r in 0..R {
            for c in 0..C {
                weights[lanes(r, c) + pixel % LANES] +=
                    gradient.values[r * gradient.stride + pixel] * x[c * pixels + pixel];
            }
        }
    }
}
