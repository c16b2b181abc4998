//! Bilinear resize with aligned corners, rows first and then columns; its backward gathers.

use rayon::prelude::*;

use super::scratch;
use super::simd::{LANES, Vector, for_each_instruction_set};
use crate::kernel::fused::{Input, Op, Saved};

/// Bilinear interpolation of every plane to `height` by `width`, corners onto corners.
#[derive(Clone, Copy, Debug)]
pub(in crate::kernel) struct Bilinear {
    pub height: usize,
    pub width: usize,
}

/// Where each output position of one axis reads: two neighbours and the weight of the second.
#[derive(Clone, Debug)]
pub(in crate::kernel) struct Axis {
    from: usize,
    taps: Vec<Tap>,
    /// The first output position that reads from each input position or a later one.
    starts: Vec<usize>,
}

#[derive(Clone, Copy, Debug)]
struct Tap {
    low: usize,
    high: usize,
    weight: f32,
}

impl Axis {
    /// From `from` positions to `to`, as PyTorch's `align_corners` computes it in single precision.
    pub fn new(from: usize, to: usize) -> Self {
        let scale = if to > 1 { (from - 1) as f32 / (to - 1) as f32 } else { 0.0 };
        let taps: Vec<Tap> = (0..to)
            .map(|position| {
                let exact = scale * position as f32;
                let low = (exact as usize).min(from - 1);
                Tap { low, high: (low + 1).min(from - 1), weight: exact - low as f32 }
            })
            .collect();
        let starts = (0..=from).map(|position| taps.partition_point(|tap| tap.low < position)).collect();
        Self { from, taps, starts }
    }

    fn to(&self) -> usize {
        self.taps.len()
    }

    /// `output[i]` from the two neighbours of `i`.
    fn expand(&self, input: &[f32], output: &mut [f32]) {
        for (output, tap) in output.iter_mut().zip(&self.taps) {
            let low = input[tap.low];
            *output = low + tap.weight * (input[tap.high] - low);
        }
    }

    /// The transpose of [`expand`](Self::expand), each input position gathered by itself.
    fn gather(&self, gradient: &[f32], output: &mut [f32]) {
        for (position, output) in output.iter_mut().enumerate() {
            let own = self.starts[position]..self.starts[position + 1];
            let mut sum = 0.0;
            if position > 0 {
                let before = self.starts[position - 1]..own.start;
                for (gradient, tap) in gradient[before.clone()].iter().zip(&self.taps[before]) {
                    sum += gradient * tap.weight;
                }
            }
            for (gradient, tap) in gradient[own.clone()].iter().zip(&self.taps[own]) {
                // The last position has no neighbour after it and keeps the whole.
                sum += if tap.high == tap.low { *gradient } else { gradient * (1.0 - tap.weight) };
            }
            *output = sum;
        }
    }
}

/// Both axes of a resize.
#[derive(Clone, Debug)]
pub(in crate::kernel) struct Axes {
    pub rows: Axis,
    pub columns: Axis,
}

impl Axes {
    pub fn new(from: [usize; 2], to: [usize; 2]) -> Self {
        Self { rows: Axis::new(from[0], to[0]), columns: Axis::new(from[1], to[1]) }
    }

    /// Output rows.
    pub fn height(&self) -> usize {
        self.rows.to()
    }

    fn pixels_in(&self) -> usize {
        self.rows.from * self.columns.from
    }

    fn pixels_out(&self) -> usize {
        self.rows.to() * self.columns.to()
    }

    /// Floats of working memory for one row.
    pub fn memory(&self) -> usize {
        self.columns.from
    }

    /// One output row of a plane.
    pub fn forward_row(&self, input: &[f32], row: usize, memory: &mut [f32], output: &mut [f32]) {
        let (width, tap) = (self.columns.from, self.rows.taps[row]);
        let at = |index: usize| &input[index * width..][..width];
        mix(at(tap.low), at(tap.high), tap.weight, memory);
        self.columns.expand(memory, output);
    }

    /// Adds the gradient of one output row to that of the input plane.
    pub fn backward_row(&self, gradient: &[f32], row: usize, memory: &mut [f32], input: &mut [f32]) {
        let (width, tap) = (self.columns.from, self.rows.taps[row]);
        self.columns.gather(gradient, memory);
        let mut add = |index: usize, factor| add_scaled(memory, factor, &mut input[index * width..][..width]);
        if tap.low == tap.high {
            add(tap.low, 1.0);
        } else {
            add(tap.low, 1.0 - tap.weight);
            add(tap.high, tap.weight);
        }
    }

    /// Resizes one plane.
    fn forward(&self, input: &[f32], output: &mut [f32]) {
        scratch::with(self.memory(), |memory| {
            for (row, output) in output.chunks_exact_mut(self.columns.to()).enumerate() {
                self.forward_row(input, row, memory, output);
            }
        });
    }

    /// The gradient of one plane's input; `output` is overwritten.
    fn backward(&self, gradient: &[f32], output: &mut [f32]) {
        output.fill(0.0);
        scratch::with(self.memory(), |memory| {
            for (row, gradient) in gradient.chunks_exact(self.columns.to()).enumerate() {
                self.backward_row(gradient, row, memory, output);
            }
        });
    }
}

impl Op for Bilinear {
    fn output_shape(&self, inputs: &[Input]) -> Vec<usize> {
        vec![inputs[0].shape[0], inputs[0].shape[1], self.height, self.width]
    }

    fn forward(&self, inputs: &[Input], _: bool) -> (Vec<f32>, Saved) {
        let axes = self.axes(inputs[0]);
        let mut output = vec![0.0; self.output_shape(inputs).iter().product()];
        let planes = inputs[0].values.par_chunks(axes.pixels_in());
        output.par_chunks_mut(axes.pixels_out()).zip(planes).for_each(|(output, x)| axes.forward(x, output));
        (output, Vec::new())
    }

    fn backward(&self, inputs: &[Input], _: &Saved, gradient: &[f32], _: &[bool]) -> Vec<Option<Vec<f32>>> {
        let axes = self.axes(inputs[0]);
        let mut output = vec![0.0; inputs[0].values.len()];
        let planes = gradient.par_chunks(axes.pixels_out());
        output.par_chunks_mut(axes.pixels_in()).zip(planes).for_each(|(output, g)| axes.backward(g, output));
        vec![Some(output)]
    }
}

impl Bilinear {
    fn axes(self, x: Input) -> Axes {
        Axes::new([x.shape[2], x.shape[3]], [self.height, self.width])
    }
}

for_each_instruction_set! {
    /// `output = low + weight (high - low)`.
    fn mix(low: &[f32], high: &[f32], weight: f32, output: &mut [f32]) = mix_with
}

#[inline(always)]
fn mix_with<V: Vector>(low: &[f32], high: &[f32], weight: f32, output: &mut [f32]) {
    let whole = output.len() / LANES * LANES;
    let weights = V::splat(weight);
    for at in (0..whole).step_by(LANES) {
        let low = V::load(&low[at..]);
        V::load(&high[at..]).sub(low).mul_add(weights, low).store(&mut output[at..]);
    }
    for at in whole..output.len() {
        output[at] = low[at] + weight * (high[at] - low[at]);
    }
}

for_each_instruction_set! {
    /// `output += factor x`.
    fn add_scaled(x: &[f32], factor: f32, output: &mut [f32]) = add_scaled_with
}

#[inline(always)]
fn add_scaled_with<V: Vector>(x: &[f32], factor: f32, output: &mut [f32]) {
    let whole = output.len() / LANES * LANES;
    for at in (0..whole).step_by(LANES) {
        let sum = V::load(&x[at..]).mul_add(V::splat(factor), V::load(&output[at..]));
        sum.store(&mut output[at..]);
    }
    for at in whole..output.len() {
        output[at] += factor * x[at];
    }
}
