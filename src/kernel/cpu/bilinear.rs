//! Bilinear resize with aligned corners, rows first and then columns; its backward gathers.

use std::ops::Range;

use rayon::prelude::*;

use super::buffer::unwritten;
use super::scratch;
use super::simd::{LANES, Vector, for_each_instruction_set, sum_each};
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
    /// The weight of each position's second neighbour.
    weights: Vec<f32>,
    /// Eight positions at once, as far as eight neighbours in a row hold all that they read.
    blocks: Vec<Option<Block>>,
    /// For each input position the first of the output positions that read it, and the end.
    readers: Vec<Range<usize>>,
    /// For each input position eight output positions that hold all its readers, and what each takes of it; none
    /// where eight don't suffice.
    windows: Option<Vec<Window>>,
}

/// Eight output positions from `base` on, and the weight with which each reads one input position.
#[derive(Clone, Copy, Debug)]
struct Window {
    base: usize,
    weights: [f32; LANES],
}

#[derive(Clone, Copy, Debug)]
struct Tap {
    low: usize,
    high: usize,
    weight: f32,
}

/// Lanes of the inputs from `base` on that eight output positions read.
#[derive(Clone, Copy, Debug)]
struct Block {
    base: usize,
    low: [i32; LANES],
    high: [i32; LANES],
}

impl Block {
    fn new(taps: &[Tap; LANES], from: usize) -> Option<Self> {
        let base = taps[0].low.min(from.checked_sub(LANES)?);
        (taps[LANES - 1].high < base + LANES).then(|| Self {
            base,
            low: taps.map(|tap| (tap.low - base) as i32),
            high: taps.map(|tap| (tap.high - base) as i32),
        })
    }
}

impl Axis {
    /// From `from` positions to `to`, as PyTorch's `align_corners` computes it in single precision.
    pub fn new(from: usize, to: usize) -> Self {
        let scale = if to > 1 { (from - 1) as f32 / (to - 1) as f32 } else { 0.0 };
        let taps: Vec<Tap> = (0..to)
            .map(|position| {
                let exact = scale * position as f32;
                let low = (exact as usize).min(from - 1);
                let high = (low + 1).min(from - 1);
                // The last position has no neighbour after it.
                Tap { low, high, weight: if high == low { 0.0 } else { exact - low as f32 } }
            })
            .collect();
        let weights = taps.iter().map(|tap| tap.weight).collect();
        let blocks = taps.as_chunks().0.iter().map(|taps| Block::new(taps, from)).collect();
        let readers: Vec<Range<usize>> = (0..from)
            .map(|input| {
                taps.partition_point(|tap| tap.high < input)..taps.partition_point(|tap| tap.low <= input)
            })
            .collect();
        let windows = readers.iter().enumerate().map(|(input, readers)| Window::new(&taps, readers, input));
        let windows = windows.collect();
        Self { from, taps, weights, blocks, readers, windows }
    }

    fn to(&self) -> usize {
        self.taps.len()
    }

    /// `output[i]` from the two neighbours of `i`.
    fn expand(&self, input: &[f32], output: &mut [f32]) {
        expand(input, self, output);
    }

    /// Adds the transpose of [`expand`](Self::expand) to `output`: each input position is summed by itself.
    fn gather(&self, gradient: &[f32], output: &mut [f32]) {
        gather(gradient, self, output);
    }
}

impl Tap {
    /// What the output position takes of an input position.
    fn of(self, input: usize) -> f32 {
        let low = if self.low == input { 1.0 - self.weight } else { 0.0 };
        low + if self.high == input { self.weight } else { 0.0 }
    }
}

impl Window {
    fn new(taps: &[Tap], readers: &Range<usize>, input: usize) -> Option<Self> {
        let base = readers.start.min(taps.len().checked_sub(LANES)?);
        let weights = std::array::from_fn(|lane| taps[base + lane].of(input));
        (readers.end <= base + LANES).then_some(Self { base, weights })
    }
}

for_each_instruction_set! {
    fn expand(input: &[f32], axis: &Axis, output: &mut [f32]) = expand_with
}

#[inline(always)]
fn expand_with<V: Vector>(input: &[f32], axis: &Axis, output: &mut [f32]) {
    let (outputs, _) = output.as_chunks_mut::<LANES>();
    let (weights, _) = axis.weights.as_chunks::<LANES>();
    for (index, (output, (weight, block))) in
        outputs.iter_mut().zip(weights.iter().zip(&axis.blocks)).enumerate()
    {
        if let Some(block) = block {
            let inputs = V::load(&input[block.base..]);
            let low = inputs.permute(&block.low);
            inputs.permute(&block.high).sub(low).mul_add(V::load(weight), low).store(output);
        } else {
            expand_each(input, &axis.taps[index * LANES..][..LANES], output);
        }
    }
    let whole = output.len() / LANES * LANES;
    expand_each(input, &axis.taps[whole..], &mut output[whole..]);
}

#[inline(always)]
fn expand_each(input: &[f32], taps: &[Tap], output: &mut [f32]) {
    for (output, tap) in output.iter_mut().zip(taps) {
        let low = input[tap.low];
        *output = low + tap.weight * (input[tap.high] - low);
    }
}

for_each_instruction_set! {
    fn gather(gradient: &[f32], axis: &Axis, output: &mut [f32]) = gather_with
}

#[inline(always)]
fn gather_with<V: Vector>(gradient: &[f32], axis: &Axis, output: &mut [f32]) {
    let Some(windows) = &axis.windows else {
        for ((input, output), readers) in output.iter_mut().enumerate().zip(&axis.readers) {
            for (gradient, tap) in gradient[readers.clone()].iter().zip(&axis.taps[readers.clone()]) {
                *output += tap.of(input) * gradient;
            }
        }
        return;
    };
    let product = |window: &Window| V::load(&gradient[window.base..]).mul(V::load(&window.weights));
    let (outputs, rest) = output.as_chunks_mut::<LANES>();
    let (eights, last) = windows.as_chunks::<LANES>();
    for (output, windows) in outputs.iter_mut().zip(eights) {
        let mut products = [V::splat(0.0); LANES];
        for (value, window) in products.iter_mut().zip(windows) {
            *value = product(window);
        }
        V::load(output).add(sum_each(products)).store(output);
    }
    for (output, window) in rest.iter_mut().zip(last) {
        *output += product(window).sum();
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
            work(index, gradient);
            share(gradient, tap.weight, low, high);
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
    /// `low += (1 - weight) x` and `high += weight x`.
    fn share(x: &[f32], weight: f32, low: &mut [f32], high: &mut [f32]) = share_with
}

#[inline(always)]
fn share_with<V: Vector>(x: &[f32], weight: f32, low: &mut [f32], high: &mut [f32]) {
    let rest = 1.0 - weight;
    let whole = x.len() / LANES * LANES;
    for at in (0..whole).step_by(LANES) {
        let x = V::load(&x[at..]);
        x.mul_add(V::splat(rest), V::load(&low[at..])).store(&mut low[at..]);
        x.mul_add(V::splat(weight), V::load(&high[at..])).store(&mut high[at..]);
    }
    for at in whole..x.len() {
        low[at] += rest * x[at];
        high[at] += weight * x[at];
    }
}
