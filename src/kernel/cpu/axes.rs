//! Three quarters of the channels times a plane or a line, the fourth quarter convolved: the middle of GHPA.
//!
//! One pass reads the normalised feature map and writes the joined one; nothing is cut or joined by copies.

use rayon::prelude::*;

use super::buffer::unwritten;
use super::depthwise::{self, plane_forward, plane_weight};
use super::gelu::{gelu_in_place, times_gelu_slope};
use super::pointwise::{self, transpose};
use super::reduce::add_all;
use super::scratch;
use crate::kernel::fused::{Input, Op, Saved};

/// Quarters of `x` times `plane`, `rows` and `columns`; the fourth through a pointwise convolution, GELU and
/// a depthwise 3x3 convolution.
///
/// Inputs: `x [batch, 4 q, height, width]`, `plane [1, q, height, width]`, `rows [1, q, height, 1]`, `columns
/// [1, q, 1, width]`, pointwise weight `[q, q, 1, 1]` and bias `[q]`, depthwise weight `[q, 1, 3, 3]` and bias
/// `[q]`. Output: `[batch, 4 q, height, width]`.
#[derive(Clone, Copy, Debug)]
pub(in crate::kernel) struct Axes;

/// One output plane's factor.
enum Factor<'a> {
    Plane(&'a [f32]),
    Rows(&'a [f32]),
    Columns(&'a [f32]),
}

#[derive(Clone, Copy)]
struct Size {
    quarter: usize,
    height: usize,
    width: usize,
}

impl Size {
    fn of(inputs: &[Input]) -> Self {
        let shape = inputs[0].shape;
        Self { quarter: shape[1] / 4, height: shape[2], width: shape[3] }
    }

    fn pixels(self) -> usize {
        self.height * self.width
    }

    fn factor<'a>(self, inputs: &[Input<'a>], channel: usize) -> Factor<'a> {
        let (kind, index) = (channel / self.quarter, channel % self.quarter);
        match kind {
            0 => Factor::Plane(&inputs[1].values[index * self.pixels()..][..self.pixels()]),
            1 => Factor::Rows(&inputs[2].values[index * self.height..][..self.height]),
            _ => Factor::Columns(&inputs[3].values[index * self.width..][..self.width]),
        }
    }

    /// `x` in place times its factor.
    fn multiply(self, x: &mut [f32], factor: &Factor) {
        match factor {
            Factor::Plane(plane) => times(x, plane),
            Factor::Columns(line) => x.chunks_exact_mut(self.width).for_each(|row| times(row, line)),
            Factor::Rows(line) => {
                for (row, factor) in x.chunks_exact_mut(self.width).zip(*line) {
                    for x in row {
                        *x *= factor;
                    }
                }
            }
        }
    }
}

fn times(x: &mut [f32], factor: &[f32]) {
    x.iter_mut().zip(factor).for_each(|(x, factor)| *x *= factor);
}

impl Size {
    fn pointwise(self) -> pointwise::Size {
        pointwise::Size {
            batch: 1,
            channels_in: self.quarter,
            channels_out: self.quarter,
            pixels: self.pixels(),
        }
    }

    fn depthwise(self) -> depthwise::Plane {
        depthwise::Plane { height: self.height, width: self.width, dilation: 1 }
    }

    /// Runs `work` on every plane of a quarter with working memory.
    fn planes(self, mut work: impl FnMut(usize, std::ops::Range<usize>, &mut [f32])) {
        scratch::with(self.depthwise().memory(), |memory| {
            for channel in 0..self.quarter {
                work(channel, channel * self.pixels()..(channel + 1) * self.pixels(), memory);
            }
        });
    }
}

impl Op for Axes {
    fn output_shape(&self, inputs: &[Input]) -> Vec<usize> {
        inputs[0].shape.to_vec()
    }

    fn multiply_adds(&self, inputs: &[Input]) -> u64 {
        let size = Size::of(inputs);
        (inputs[0].shape[0] * size.quarter * size.pixels() * (size.quarter + 9)) as u64
    }

    fn forward(&self, inputs: &[Input], _: bool) -> (Vec<f32>, Saved) {
        let size = Size::of(inputs);
        let quarter = size.quarter * size.pixels();
        let mut output = unwritten(inputs[0].values.len());
        // The fourth quarter after its pointwise convolution, before GELU.
        let mut hidden = unwritten(output.len() / 4);
        let images = output.par_chunks_mut(4 * quarter).zip(inputs[0].values.par_chunks(4 * quarter));
        images.zip(hidden.par_chunks_mut(quarter)).for_each(|((output, x), hidden)| {
            output.copy_from_slice(x);
            let (products, rest) = output.split_at_mut(3 * quarter);
            for (channel, product) in products.chunks_exact_mut(size.pixels()).enumerate() {
                size.multiply(product, &size.factor(inputs, channel));
            }
            pointwise::image_forward(rest, inputs[4].values, inputs[5].values, hidden, size.pointwise());
            scratch::with(quarter, |active| {
                active.copy_from_slice(hidden);
                gelu_in_place(active);
                size.planes(|channel, part, memory| {
                    let weight = &inputs[6].values[channel * 9..][..9];
                    let bias = inputs[7].values[channel];
                    let output = &mut rest[part.clone()];
                    plane_forward(&active[part], weight, bias, output, memory, size.depthwise());
                });
            });
        });
        (output, vec![hidden])
    }

    fn backward(
        &self,
        inputs: &[Input],
        saved: &Saved,
        gradient: &[f32],
        _: &[bool],
    ) -> Vec<Option<Vec<f32>>> {
        let size = Size::of(inputs);
        let quarter = size.quarter * size.pixels();
        let back = transpose(inputs[4].values, size.quarter, size.quarter);
        let zeros = vec![0.0; size.quarter];
        let mut x = unwritten(gradient.len());
        let partial: Vec<Vec<f32>> = x
            .par_chunks_mut(4 * quarter)
            .zip(gradient.par_chunks(4 * quarter))
            .zip(inputs[0].values.par_chunks(4 * quarter))
            .zip(saved[0].par_chunks(quarter))
            .map(|(((output, gradient), x), hidden)| {
                output.copy_from_slice(gradient);
                let (products, rest) = output.split_at_mut(3 * quarter);
                for (channel, product) in products.chunks_exact_mut(size.pixels()).enumerate() {
                    size.multiply(product, &size.factor(inputs, channel));
                }
                let mut sums = vec![0.0; size.quarter * (size.quarter + 11)];
                scratch::with(2 * quarter, |memory| {
                    let (active, pull) = memory.split_at_mut(quarter);
                    active.copy_from_slice(hidden);
                    gelu_in_place(active);
                    let (matrix, kernel) = sums.split_at_mut(size.quarter * (size.quarter + 1));
                    let (kernel, bias) = kernel.split_at_mut(size.quarter * 9);
                    size.planes(|channel, part, memory| {
                        let rest = &rest[part.clone()];
                        let sums = &mut kernel[channel * 9..][..9];
                        bias[channel] =
                            plane_weight(&active[part.clone()], rest, sums, memory, size.depthwise());
                        let flipped = depthwise::flipped(&inputs[6].values[channel * 9..][..9]);
                        plane_forward(rest, &flipped, 0.0, &mut pull[part], memory, size.depthwise());
                    });
                    times_gelu_slope(pull, hidden);
                    pointwise::image_weight(&x[3 * quarter..], pull, matrix, size.pointwise());
                    pointwise::image_forward(pull, &back, &zeros, rest, size.pointwise());
                });
                sums
            })
            .collect();
        let mut matrix = add_all(partial);
        let mut kernel = matrix.split_off(size.quarter * (size.quarter + 1));
        let matrix_bias = matrix.split_off(size.quarter * size.quarter);
        let kernel_bias = kernel.split_off(size.quarter * 9);
        let [plane, rows, columns] = factors(inputs[0].values, gradient, size);
        [x, plane, rows, columns, matrix, matrix_bias, kernel, kernel_bias].map(Some).into()
    }
}

/// Gradients of the plane and of the two lines, summed over images in their order.
fn factors(x: &[f32], gradient: &[f32], size: Size) -> [Vec<f32>; 3] {
    let quarter = size.quarter;
    let mut plane = vec![0.0; quarter * size.pixels()];
    let mut rows = vec![0.0; quarter * size.height];
    let mut columns = vec![0.0; quarter * size.width];
    plane.par_chunks_mut(size.pixels()).enumerate().for_each(|(index, plane)| {
        for (x, gradient) in images(x, gradient, size, index) {
            plane
                .iter_mut()
                .zip(x.iter().zip(gradient))
                .for_each(|(sum, (x, gradient))| *sum += x * gradient);
        }
    });
    rows.par_chunks_mut(size.height).enumerate().for_each(|(index, rows)| {
        for (x, gradient) in images(x, gradient, size, quarter + index) {
            let pairs = x.chunks_exact(size.width).zip(gradient.chunks_exact(size.width));
            for (row, (x, gradient)) in rows.iter_mut().zip(pairs) {
                *row += x.iter().zip(gradient).map(|(x, gradient)| x * gradient).sum::<f32>();
            }
        }
    });
    columns.par_chunks_mut(size.width).enumerate().for_each(|(index, columns)| {
        for (x, gradient) in images(x, gradient, size, 2 * quarter + index) {
            for (x, gradient) in x.chunks_exact(size.width).zip(gradient.chunks_exact(size.width)) {
                columns.iter_mut().zip(x.iter().zip(gradient)).for_each(|(sum, (x, g))| *sum += x * g);
            }
        }
    });
    [plane, rows, columns]
}

/// One channel of every image of `x` and of the gradient.
fn images<'a>(
    x: &'a [f32],
    gradient: &'a [f32],
    size: Size,
    channel: usize,
) -> impl Iterator<Item = (&'a [f32], &'a [f32])> {
    let (image, pixels) = (4 * size.quarter * size.pixels(), size.pixels());
    let part = channel * pixels..(channel + 1) * pixels;
    x.chunks_exact(image)
        .zip(gradient.chunks_exact(image))
        .map(move |(x, gradient)| (&x[part.clone()], &gradient[part.clone()]))
}
