//! Exact GELU as an operation of its own.

use rayon::prelude::*;

use super::buffer::unwritten;
use super::simd::{WIDE, Wide, for_each_wide_instruction_set, math, partial};
use crate::kernel::fused::{Input, Op, Saved};

/// Elements that one task works on, a multiple of the lanes: few enough to stay in the first-level cache from the
/// copy to the work in place.
const CHUNK: usize = 1 << 11;

/// The exact GELU.
#[derive(Clone, Copy, Debug)]
pub(in crate::kernel) struct Gelu;

impl Op for Gelu {
    fn output_shape(&self, inputs: &[Input]) -> Vec<usize> {
        inputs[0].shape.to_vec()
    }

    fn reads_back(&self, _: usize) -> bool {
        false
    }

    fn forward(&self, inputs: &[Input], keep: bool) -> (Vec<f32>, Saved) {
        let x = inputs[0].values;
        let mut output = unwritten(x.len());
        if !keep {
            output.par_chunks_mut(CHUNK).zip(x.par_chunks(CHUNK)).for_each(|(output, x)| {
                output.copy_from_slice(x);
                gelu_in_place(output);
            });
            return (output, Vec::new());
        }
        // The slope has most of its steps in common with the value.
        let mut slopes = unwritten(x.len());
        let chunks = output.par_chunks_mut(CHUNK).zip(slopes.par_chunks_mut(CHUNK)).zip(x.par_chunks(CHUNK));
        chunks.for_each(|((output, slopes), x)| gelu_and_slope(x, output, slopes));
        (output, vec![slopes])
    }

    fn backward(&self, _: &[Input], saved: &Saved, gradient: &[f32], _: &[bool]) -> Vec<Option<Vec<f32>>> {
        let mut output = unwritten(gradient.len());
        let pairs = gradient.par_chunks(CHUNK).zip(saved[0].par_chunks(CHUNK));
        output.par_chunks_mut(CHUNK).zip(pairs).for_each(|(output, (gradient, slopes))| {
            for ((output, gradient), slope) in output.iter_mut().zip(gradient).zip(slopes) {
                *output = gradient * slope;
            }
        });
        vec![Some(output)]
    }
}

for_each_wide_instruction_set! {
    /// `x Φ(x)` and its derivative.
    fn gelu_and_slope(x: &[f32], output: &mut [f32], slopes: &mut [f32]) = gelu_and_slope_with
}

#[inline(always)]
fn gelu_and_slope_with<W: Wide>(x: &[f32], output: &mut [f32], slopes: &mut [f32]) {
    let (xs, x_rest) = x.as_chunks::<WIDE>();
    let (outputs, output_rest) = output.as_chunks_mut::<WIDE>();
    let (wides, slope_rest) = slopes.as_chunks_mut::<WIDE>();
    for ((x, output), slope) in xs.iter().zip(outputs).zip(wides) {
        let x = W::load(x);
        let (cdf, derivative) = math::normal_cdf_and_gelu_slope(x);
        x.mul(cdf).store(output);
        derivative.store(slope);
    }
    if !x_rest.is_empty() {
        let value = partial::<W>(x_rest, math::gelu);
        let slope = partial::<W>(x_rest, math::gelu_slope);
        output_rest.copy_from_slice(&value[..x_rest.len()]);
        slope_rest.copy_from_slice(&slope[..x_rest.len()]);
    }
}

for_each_wide_instruction_set! {
    /// `x = x Φ(x)`.
    pub(in crate::kernel) fn gelu_in_place(x: &mut [f32]) = gelu_in_place_with
}

#[inline(always)]
fn gelu_in_place_with<W: Wide>(x: &mut [f32]) {
    let (wides, rest) = x.as_chunks_mut::<WIDE>();
    for wide in wides {
        math::gelu(W::load(wide)).store(wide);
    }
    if !rest.is_empty() {
        let values = partial::<W>(rest, math::gelu);
        rest.copy_from_slice(&values[..rest.len()]);
    }
}

for_each_wide_instruction_set! {
    /// Multiplies a gradient by the slope of GELU at `x`.
    pub(in crate::kernel) fn times_gelu_slope(gradient: &mut [f32], x: &[f32]) = times_gelu_slope_with
}

#[inline(always)]
fn times_gelu_slope_with<W: Wide>(gradient: &mut [f32], x: &[f32]) {
    let (wides, rest) = gradient.as_chunks_mut::<WIDE>();
    let (xs, x_rest) = x.as_chunks::<WIDE>();
    for (gradient, x) in wides.iter_mut().zip(xs) {
        W::load(gradient).mul(math::gelu_slope(W::load(x))).store(gradient);
    }
    if !x_rest.is_empty() {
        let slopes = partial::<W>(x_rest, math::gelu_slope);
        rest.iter_mut().zip(slopes).for_each(|(gradient, slope)| *gradient *= slope);
    }
}
