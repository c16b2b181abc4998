//! Bilinear resize with aligned corners, rows first and then columns; its backward gathers.

use rayon::prelude::*;

use super::bilinear_axis::Axis;
use super::buffer::unwritten;
use super::scratch;
use super::simd::{WIDE, Wide, for_each_wide_instruction_set};
use crate::kernel::fused::{Input, Op, Saved};

/// Bilinear interpolation of every plane to `height` by `width`, corners onto corners.
#[derive(Clone, Copy, Debug)]
pub(in crate::kernel) struct Bilinear {
    pub height: usize,
    pub width: usize,
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
        3 * self.columns.to()
    }

    /// Hands every output row of a plane to `work`, in order.
    pub fn forward_rows(&self, input: &[f32], memory: &mut [f32], mut work: impl FnMut(usize, &[f32])) {
        let (output, memory) = memory.split_at_mut(self.columns.to());
        self.stretched_rows(input, memory, |index, low, high, weight| {
            mix(low, high, weight, output);
            work(index, output);
        });
    }

    /// Hands the two stretched input rows between which each output row lies, and its weight of the second, to
    /// `work`, in order.
    ///
    /// An input row is stretched once, however many output rows lie between it and the next.
    fn stretched_rows(
        &self,
        input: &[f32],
        memory: &mut [f32],
        mut work: impl FnMut(usize, &[f32], &[f32], f32),
    ) {
        let (from, to) = (self.columns.from, self.columns.to());
        let row = |index: usize| &input[index * from..][..from];
        let (mut low, rest) = memory.split_at_mut(to);
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
            work(index, low, high, tap.weight);
        }
    }

    /// Adds to the gradient of an input plane that of its output rows, which `work` writes one after another.
    pub fn backward_rows(
        &self,
        input: &mut [f32],
        memory: &mut [f32],
        mut work: impl FnMut(usize, &mut [f32]),
    ) {
        let (gradient, memory) = memory.split_at_mut(self.columns.to());
        self.shared_rows(input, memory, |row, weight, low, high| {
            work(row, gradient);
            share(gradient, weight, low, high);
        });
    }

    /// Adds to the gradient of an input plane what `work` shares out of each output row between the two stretched input
    /// rows that it lies between, by its weight of the second.
    ///
    /// Rows are summed at full width, so that only one row for each input row has to be gathered.
    fn shared_rows(
        &self,
        input: &mut [f32],
        memory: &mut [f32],
        mut work: impl FnMut(usize, f32, &mut [f32], &mut [f32]),
    ) {
        let (from, to) = (self.columns.from, self.columns.to());
        let (mut low, rest) = memory.split_at_mut(to);
        let mut high = &mut rest[..to];
        low.fill(0.0);
        high.fill(0.0);
        let mut current = 0;
        for (index, tap) in self.rows.taps.iter().enumerate() {
            while current < tap.low {
                self.columns.gather(low, &mut input[current * from..][..from]);
                low.fill(0.0);
                std::mem::swap(&mut low, &mut high);
                current += 1;
            }
            work(index, tap.weight, low, high);
        }
        for (index, sums) in [(current, low), (current + 1, high)] {
            if index < self.rows.from {
                self.columns.gather(sums, &mut input[index * from..][..from]);
            }
        }
    }

    /// Resizes one plane.
    pub fn forward(&self, input: &[f32], output: &mut [f32]) {
        let width = self.columns.to();
        scratch::with(self.memory(), |memory| {
            self.stretched_rows(input, memory, |row, low, high, weight| {
                mix(low, high, weight, &mut output[row * width..][..width]);
            });
        });
    }

    /// The gradient of one plane's input; `output` is overwritten.
    pub fn backward(&self, gradient: &[f32], output: &mut [f32]) {
        let width = self.columns.to();
        output.fill(0.0);
        scratch::with(self.memory(), |memory| {
            self.shared_rows(output, memory, |row, weight, low, high| {
                share(&gradient[row * width..][..width], weight, low, high);
            });
        });
    }
}

impl Op for Bilinear {
    fn output_shape(&self, inputs: &[Input]) -> Vec<usize> {
        vec![inputs[0].shape[0], inputs[0].shape[1], self.height, self.width]
    }

    fn reads_back(&self, _: usize) -> bool {
        false
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

for_each_wide_instruction_set! {
    /// `output = low + weight (high - low)`.
    fn mix(low: &[f32], high: &[f32], weight: f32, output: &mut [f32]) = mix_with
}

#[inline(always)]
fn mix_with<W: Wide>(low: &[f32], high: &[f32], weight: f32, output: &mut [f32]) {
    let whole = output.len() / WIDE * WIDE;
    let weights = W::splat(weight);
    for at in (0..whole).step_by(WIDE) {
        let low = W::load(&low[at..]);
        W::load(&high[at..]).sub(low).mul_add(weights, low).store(&mut output[at..]);
    }
    for at in whole..output.len() {
        output[at] = low[at] + weight * (high[at] - low[at]);
    }
}

for_each_wide_instruction_set! {
    /// `low += (1 - weight) x` and `high += weight x`.
    fn share(x: &[f32], weight: f32, low: &mut [f32], high: &mut [f32]) = share_with
}

#[inline(always)]
fn share_with<W: Wide>(x: &[f32], weight: f32, low: &mut [f32], high: &mut [f32]) {
    let rest = 1.0 - weight;
    let whole = x.len() / WIDE * WIDE;
    for at in (0..whole).step_by(WIDE) {
        let x = W::load(&x[at..]);
        x.mul_add(W::splat(rest), W::load(&low[at..])).store(&mut low[at..]);
        x.mul_add(W::splat(weight), W::load(&high[at..])).store(&mut high[at..]);
    }
    for at in whole..x.len() {
        low[at] += rest * x[at];
        high[at] += weight * x[at];
    }
}
