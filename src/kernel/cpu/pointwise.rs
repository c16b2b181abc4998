//! 1x1 convolution: a small matrix times the pixels, four output channels by sixteen pixels in registers.
//!
//! Shapes are those of one image: input `[channels_in, pixels]`, output `[channels_out, pixels]`, weight
//! `[channels_out, channels_in]`.

use rayon::prelude::*;

use super::buffer::unwritten;
use super::reduce::{add_all, total};
use super::simd::{self, LANES, Vector, for_each_instruction_set};
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

for_each_instruction_set! {
    /// `output = weight · x + bias` for one image.
    pub(in crate::kernel) fn image_forward(x: &[f32], weight: &[f32], bias: &[f32], output: &mut [f32], size: Size)
        = image_forward_with
}

#[inline(always)]
fn image_forward_with<V: Vector>(x: &[f32], weight: &[f32], bias: &[f32], output: &mut [f32], size: Size) {
    assert!(x.len() >= size.channels_in * size.pixels && output.len() >= size.channels_out * size.pixels);
    let mut channel = 0;
    while channel < size.channels_out {
        match size.channels_out - channel {
            4.. => {
                rows::<V, 4>(x, weight, bias, output, size, channel);
                channel += 4;
            }
            2.. => {
                rows::<V, 2>(x, weight, bias, output, size, channel);
                channel += 2;
            }
            _ => {
                rows::<V, 1>(x, weight, bias, output, size, channel);
                channel += 1;
            }
        }
    }
}

/// `R` output channels from `channel` on, all pixels.
#[inline(always)]
fn rows<V: Vector, const R: usize>(
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
    while pixel + 2 * LANES <= size.pixels {
        let mut sums = [[V::splat(0.0); 2]; R];
        for (sums, bias) in sums.iter_mut().zip(start) {
            *sums = [V::splat(bias); 2];
        }
        for input in 0..size.channels_in {
            let at = input * size.pixels + pixel;
            // SAFETY: `at + 16` is within plane `input` of `x`, whose length was checked.
            let pixels = unsafe { [V::load_at(x, at), V::load_at(x, at + LANES)] };
            for (sums, weights) in sums.iter_mut().zip(weights) {
                let weight = V::splat(weights[input]);
                sums[0] = pixels[0].mul_add(weight, sums[0]);
                sums[1] = pixels[1].mul_add(weight, sums[1]);
            }
        }
        for (r, sums) in sums.into_iter().enumerate() {
            let at = (channel + r) * size.pixels + pixel;
            // SAFETY: `at + 16` is within plane `channel + r` of `output`, whose length was checked.
            unsafe {
                sums[0].store_at(output, at);
                sums[1].store_at(output, at + LANES);
            }
        }
        pixel += 2 * LANES;
    }
    for pixel in pixel..size.pixels {
        for (r, weights) in weights.iter().enumerate() {
            let sum =
                (0..size.channels_in).fold(start[r], |sum, i| sum + x[i * size.pixels + pixel] * weights[i]);
            output[(channel + r) * size.pixels + pixel] = sum;
        }
    }
}

for_each_instruction_set! {
    /// Adds one image's gradients of weight and bias to `sums`.
    pub(in crate::kernel) fn image_weight(x: &[f32], gradient: &[f32], sums: &mut [f32], size: Size) = image_weight_with
}

#[inline(always)]
fn image_weight_with<V: Vector>(x: &[f32], gradient: &[f32], sums: &mut [f32], size: Size) {
    assert!(x.len() >= size.channels_in * size.pixels && gradient.len() >= size.channels_out * size.pixels);
    let (weights, biases) = sums.split_at_mut(size.channels_out * size.channels_in);
    let mut output = 0;
    while output < size.channels_out {
        let live = (size.channels_out - output).min(4);
        let mut input = 0;
        while input < size.channels_in {
            let wide = (size.channels_in - input).min(3);
            let products = match (live, wide) {
                (4, 3) => products::<V, 4, 3>(x, gradient, size.pixels, output, input),
                (4, 2) => widen(products::<V, 4, 2>(x, gradient, size.pixels, output, input)),
                (4, _) => widen(products::<V, 4, 1>(x, gradient, size.pixels, output, input)),
                _ => each::<V>(x, gradient, size.pixels, output, input, [live, wide]),
            };
            for (r, row) in products.iter().enumerate().take(live) {
                for (c, product) in row.iter().enumerate().take(wide) {
                    weights[(output + r) * size.channels_in + input + c] += product;
                }
            }
            input += wide;
        }
        for channel in output..output + live {
            biases[channel] += total::<V>(&gradient[channel * size.pixels..][..size.pixels]);
        }
        output += live;
    }
}

/// Fewer than four rows, one pair of planes after the other.
#[inline(always)]
fn each<V: Vector>(
    x: &[f32],
    gradient: &[f32],
    pixels: usize,
    output: usize,
    input: usize,
    [live, wide]: [usize; 2],
) -> [[f32; 3]; 4] {
    let mut sums = [[0.0; 3]; 4];
    for (r, sums) in sums.iter_mut().enumerate().take(live) {
        for (c, sum) in sums.iter_mut().enumerate().take(wide) {
            *sum = products::<V, 1, 1>(x, gradient, pixels, output + r, input + c)[0][0];
        }
    }
    sums
}

fn widen<const C: usize>(narrow: [[f32; C]; 4]) -> [[f32; 3]; 4] {
    narrow.map(|row| std::array::from_fn(|c| row.get(c).copied().unwrap_or_default()))
}

/// Sums over pixels of `R` output gradients times `C` inputs.
#[inline(always)]
fn products<V: Vector, const R: usize, const C: usize>(
    x: &[f32],
    gradient: &[f32],
    pixels: usize,
    output: usize,
    input: usize,
) -> [[f32; C]; R] {
    let mut sums = [[V::splat(0.0); C]; R];
    let mut pixel = 0;
    while pixel + LANES <= pixels {
        // SAFETY: `pixel + 8` is within every plane; the caller checked that the planes exist.
        unsafe {
            let mut inputs = [V::splat(0.0); C];
            for (c, values) in inputs.iter_mut().enumerate() {
                *values = V::load_at(x, (input + c) * pixels + pixel);
            }
            for (r, sums) in sums.iter_mut().enumerate() {
                let gradient = V::load_at(gradient, (output + r) * pixels + pixel);
                for (sum, input) in sums.iter_mut().zip(inputs) {
                    *sum = gradient.mul_add(input, *sum);
                }
            }
        }
        pixel += LANES;
    }
    let mut totals = [[0.0; C]; R];
    for (totals, sums) in totals.iter_mut().zip(sums) {
        *totals = simd::sums(sums);
    }
    for pixel in pixel..pixels {
        for (r, totals) in totals.iter_mut().enumerate() {
            for (c, total) in totals.iter_mut().enumerate() {
                *total += gradient[(output + r) * pixels + pixel] * x[(input + c) * pixels + pixel];
            }
        }
    }
    totals
}
