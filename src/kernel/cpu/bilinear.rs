//! Bilinear resize with aligned corners, rows first and then columns; its backward gathers.

use rayon::prelude::*;

use super::buffer::unwritten;
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
        let taps = (0..to)
            .map(|position| {
                let exact = scale * position as f32;
                let low = (exact as usize).min(from - 1);
                Tap { low, high: (low + 1).min(from - 1), weight: exact - low as f32 }
            })
            .collect();
        Self { from, taps }
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

    /// The transpose of [`expand`](Self::expand): each input position is summed by itself and written once.
    fn gather(&self, gradient: &[f32], output: &mut [f32]) {
        let (mut current, mut low, mut high) = (0, 0.0, 0.0);
        for (gradient, tap) in gradient.iter().zip(&self.taps) {
            while current < tap.low {
                output[current] = low;
                (low, high) = (high, 0.0);
                current += 1;
            }
            let share = gradient * tap.weight;
            // The last position has no neighbour after it and keeps the whole.
            low += if tap.high == tap.low { *gradient } else { gradient - share };
            high += share;
        }
        for output in &mut output[current..] {
            *output = low;
            (low, high) = (high, 0.0);
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

    fn pixels_in(&self) -> usize {
        self.rows.from * self.columns.from
    }

    fn pixels_out(&self) -> usize {
        self.rows.to() * self.columns.to()
    }

    /// Floats of working memory for [`forward_rows`](Self::forward_rows) and
    /// [`backward_rows`](Self::backward_rows).
    pub fn memory(&self) -> usize {
        3 * self.columns.to() + self.columns.from
    }

    /// Hands every output row of a plane to `work`, in order.
    ///
    /// An input row is stretched once, however many output rows lie between it and the next.
    pub fn forward_rows(&self, input: &[f32], memory: &mut [f32], mut work: impl FnMut(usize, &[f32])) {
        let (from, to) = (self.columns.from, self.columns.to());
        let row = |index: usize| &input[index * from..][..from];
        let (output, rest) = memory.split_at_mut(to);
        let (mut low, rest) = rest.split_at_mut(to);
        let mut high = &mut rest[..to];
        let (mut low_is, mut high_is) = (usize::MAX, usize::MAX);
        for (index, tap) in self.rows.taps.iter().enumerate() {
            if tap.low != low_is {
                if tap.low == high_is {
                    std::mem::swap(&mut low, &mut high);
                    high_is = low_is;
                } else {
                    self.columns.expand(row(tap.low), low);
                }
                low_is = tap.low;
            }
            if tap.high != high_is {
                self.columns.expand(row(tap.high), high);
                high_is = tap.high;
            }
            mix(low, high, tap.weight, output);
            work(index, output);
        }
    }

    /// Adds to the gradient of an input plane that of its output rows, which `work` writes one after another.
    ///
    /// Rows are summed at full width, so that only one row for each input row has to be gathered.
    pub fn backward_rows(
        &self,
        input: &mut [f32],
        memory: &mut [f32],
        mut work: impl FnMut(usize, &mut [f32]),
    ) {
        let (from, to) = (self.columns.from, self.columns.to());
        let (gradient, rest) = memory.split_at_mut(to);
        let (mut low, rest) = rest.split_at_mut(to);
        let (mut high, gathered) = rest.split_at_mut(to);
        low.fill(0.0);
        high.fill(0.0);
        let mut current = 0;
        for (index, tap) in self.rows.taps.iter().enumerate() {
            while current < tap.low {
                self.columns.gather(low, &mut gathered[..from]);
                add_scaled(&gathered[..from], 1.0, &mut input[current * from..][..from]);
                low.fill(0.0);
                std::mem::swap(&mut low, &mut high);
                current += 1;
            }
            work(index, gradient);
            if tap.low == tap.high {
                add_scaled(gradient, 1.0, low);
            } else {
                add_scaled(gradient, 1.0 - tap.weight, low);
                add_scaled(gradient, tap.weight, high);
            }
        }
        for (index, sums) in [(current, low), (current + 1, high)] {
            if index < self.rows.from {
                self.columns.gather(sums, &mut gathered[..from]);
                add_scaled(&gathered[..from], 1.0, &mut input[index * from..][..from]);
            }
        }
    }

    /// Resizes one plane.
    fn forward(&self, input: &[f32], output: &mut [f32]) {
        let width = self.columns.to();
        scratch::with(self.memory(), |memory| {
            self.forward_rows(input, memory, |row, values| {
                output[row * width..][..width].copy_from_slice(values);
            });
        });
    }

    /// The gradient of one plane's input; `output` is overwritten.
    fn backward(&self, gradient: &[f32], output: &mut [f32]) {
        let width = self.columns.to();
        output.fill(0.0);
        scratch::with(self.memory(), |memory| {
            self.backward_rows(output, memory, |row, values| {
                values.copy_from_slice(&gradient[row * width..][..width]);
            });
        });
    }
}

impl Op for Bilinear {
    fn output_shape(&self, inputs: &[Input]) -> Vec<usize> {
        vec![inputs[0].shape[0], inputs[0].shape[1], self.height, self.width]
    }

    fn forward(&self, inputs: &[Input], _: bool) -> (Vec<f32>, Saved) {
        let axes = self.axes(inputs[0]);
        let mut output = unwritten(self.output_shape(inputs).iter().product());
        let planes = inputs[0].values.par_chunks(axes.pixels_in());
        output.par_chunks_mut(axes.pixels_out()).zip(planes).for_each(|(output, x)| axes.forward(x, output));
        (output, Vec::new())
    }

    fn backward(&self, inputs: &[Input], _: &Saved, gradient: &[f32], _: &[bool]) -> Vec<Option<Vec<f32>>> {
        let axes = self.axes(inputs[0]);
        let mut output = unwritten(inputs[0].values.len());
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
