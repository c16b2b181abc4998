//! Bilinear resize with aligned corners, rows first and then columns; its backward gathers.

use std::ops::Range;

use rayon::prelude::*;

use super::buffer::unwritten;
use super::scratch;
use super::simd::{
    LANES, Vector, WIDE, Wide, for_each_instruction_set, for_each_wide_instruction_set, sum_each,
};
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
    /// For each input position output positions that hold all its readers, and what each takes of it; none where the
    /// outputs are fewer.
    windows: Option<Windows>,
    /// For each eight input positions what a resize to about twice the length needs; none where it is another, and at
    /// both ends.
    doubled: Vec<Option<Doubled>>,
}

/// For each input position whole vectors of output positions, as many for each.
#[derive(Clone, Debug)]
struct Windows {
    /// The first output position of each.
    bases: Vec<usize>,
    /// What each output position of each takes of its input position.
    weights: Vec<[f32; LANES]>,
    /// Vectors of each.
    vectors: usize,
}

/// Eight input positions whose readers are two further for each: input `i` takes `weights[k][i]` of the output position
/// `base + 2 i + k`.
#[derive(Clone, Copy, Debug)]
struct Doubled {
    base: usize,
    weights: [[f32; LANES]; 6],
}

impl Doubled {
    /// Of the inputs from `first` on, with these readers.
    fn new(taps: &[Tap], readers: &[Range<usize>; LANES], first: usize) -> Option<Self> {
        let starts = readers.iter().enumerate().map(|(lane, readers)| readers.start.checked_sub(2 * lane));
        let base = starts.collect::<Option<Vec<usize>>>()?.into_iter().min()?;
        let within = |(lane, readers): (usize, &Range<usize>)| readers.end <= base + 2 * lane + 6;
        let holds = base + 2 * LANES + 4 <= taps.len() && readers.iter().enumerate().all(within);
        let weight = |k: usize, lane: usize| taps[base + 2 * lane + k].of(first + lane);
        holds.then(|| Self {
            base,
            weights: std::array::from_fn(|k| std::array::from_fn(|lane| weight(k, lane))),
        })
    }
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
        let windows = Windows::new(&taps, &readers);
        let eights = readers.as_chunks().0.iter().enumerate();
        let doubled = eights.map(|(index, readers)| Doubled::new(&taps, readers, index * LANES)).collect();
        Self { from, taps, weights, blocks, readers, windows, doubled }
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

impl Windows {
    fn new(taps: &[Tap], readers: &[Range<usize>]) -> Option<Self> {
        let vectors = readers.iter().map(|readers| readers.len().div_ceil(LANES)).max()?.max(1);
        let last = taps.len().checked_sub(vectors * LANES)?;
        let bases: Vec<usize> = readers.iter().map(|readers| readers.start.min(last)).collect();
        let weights = bases.iter().enumerate().flat_map(|(input, &base)| {
            let window = taps[base..base + vectors * LANES].as_chunks::<LANES>().0;
            window.iter().map(move |taps| taps.map(|tap| tap.of(input)))
        });
        Some(Self { weights: weights.collect(), bases, vectors })
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
    let (outputs, rest) = output.as_chunks_mut::<LANES>();
    let whole = outputs.len() * LANES;
    for (index, (output, doubled)) in outputs.iter_mut().zip(&axis.doubled).enumerate() {
        if let Some(Doubled { base, weights }) = doubled {
            let gradient = &gradient[*base..];
            let mut sum = V::load(output);
            for (k, [even_weights, odd_weights]) in weights.as_chunks().0.iter().enumerate() {
                let low = V::load(&gradient[2 * k..]);
                let (even, odd) = low.deinterleave(V::load(&gradient[2 * k + LANES..]));
                sum = even.mul_add(V::load(even_weights), odd.mul_add(V::load(odd_weights), sum));
            }
            sum.store(output);
        } else {
            let sums = products::<V, LANES>(gradient, windows, index * LANES);
            V::load(output).add(sum_each(sums)).store(output);
        }
    }
    for (lane, output) in rest.iter_mut().enumerate() {
        let [sum] = products::<V, 1>(gradient, windows, whole + lane);
        *output += sum.sum();
    }
}

/// What `N` input positions from `first` on take of the output's gradient, lane by lane.
#[inline(always)]
fn products<V: Vector, const N: usize>(gradient: &[f32], windows: &Windows, first: usize) -> [V; N] {
    let vectors = windows.vectors;
    let bases: &[usize; N] = windows.bases[first..].first_chunk().expect("so many input positions");
    let weights = &windows.weights.as_flattened()[first * vectors * LANES..][..N * vectors * LANES];
    assert!(bases.iter().all(|base| base + vectors * LANES <= gradient.len()));
    let mut sums = [V::splat(0.0); N];
    for vector in 0..vectors {
        for lane in 0..N {
            // SAFETY: `weights` holds `vectors` vectors for each of `N` positions, and `gradient` as many from each
            // position's base on, as was checked.
            unsafe {
                let weights = V::load_at(weights, (lane * vectors + vector) * LANES);
                let gradient = V::load_at(gradient, bases[lane] + vector * LANES);
                sums[lane] = gradient.mul_add(weights, sums[lane]);
            }
        }
    }
    sums
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
