//! Exact GELU as an operation of its own.

use rayon::prelude::*;

use super::buffer::unwritten;
use super::simd::{LANES, Vector, for_each_instruction_set, math};
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

for_each_instruction_set! {
    /// `x Φ(x)` and its derivative.
    fn gelu_and_slope(x: &[f32], output: &mut [f32], slopes: &mut [f32]) = gelu_and_slope_with
}

#[inline(always)]
fn gelu_and_slope_with<V: Vector>(x: &[f32], output: &mut [f32], slopes: &mut [f32]) {
    let (xs, x_rest) = x.as_chunks::<LANES>();
    let (outputs, output_rest) = output.as_chunks_mut::<LANES>();
    let (eights, slope_rest) = slopes.as_chunks_mut::<LANES>();
    for ((x, output), slope) in xs.iter().zip(outputs).zip(eights) {
        let x = V::load(x);
        let (cdf, derivative) = math::normal_cdf_and_gelu_slope(x);
        x.mul(cdf).store(output);
        derivative.store(slope);
    }
    for ((&x, output), slope) in x_rest.iter().zip(output_rest).zip(slope_rest) {
        let (cdf, derivative) = math::normal_cdf_and_gelu_slope(V::splat(x));
        (*output, *slope) = (x * cdf.to_array()[0], derivative.to_array()[0]);
    }
}

for_each_instruction_set! {
    /// `x = x Φ(x)`.
    pub(in crate::kernel) fn gelu_in_place(x: &mut [f32]) = gelu_in_place_with
}

#[inline(always)]
fn gelu_in_place_with<V: Vector>(x: &mut [f32]) {
    let (eights, rest) = x.as_chunks_mut::<LANES>();
    for eight in eights {
        math::gelu(V::load(eight)).store(eight);
    }
    partial(rest, |values| math::gelu(V::load(values)).store(values));
}

for_each_instruction_set! {
    /// Multiplies a gradient by the slope of GELU at `x`.
    pub(in crate::kernel) fn times_gelu_slope(gradient: &mut [f32], x: &[f32]) = times_gelu_slope_with
}

#[inline(always)]
fn times_gelu_slope_with<V: Vector>(gradient: &mut [f32], x: &[f32]) {
    let (eights, rest) = gradient.as_chunks_mut::<LANES>();
    let (xs, x_rest) = x.as_chunks::<LANES>();
    for (gradient, x) in eights.iter_mut().zip(xs) {
        V::load(gradient).mul(math::gelu_slope(V::load(x))).store(gradient);
    }
    let mut slopes = [0.0; LANES];
    slopes[..x_rest.len()].copy_from_slice(x_rest);
    math::gelu_slope(V::load(&slopes)).store(&mut slopes);
    rest.iter_mut().zip(slopes).for_each(|(gradient, slope)| *gradient *= slope);
}

/// Runs `work` on fewer than eight elements as if they were eight.
#[inline(always)]
pub(in crate::kernel) fn partial(values: &mut [f32], work: impl FnOnce(&mut [f32; LANES])) {
    if values.is_empty() {
        return;
    }
    let mut eight = [0.0; LANES];
    eight[..values.len()].copy_from_slice(values);
    work(&mut eight);
    values.copy_from_slice(&eight[..values.len()]);
}
