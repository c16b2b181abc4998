//! One axis of a bilinear resize: which input positions an output position reads, and the other way round.
//!
//! Both ways are tables that vectors are read by, made once for a resize.

use std::ops::Range;

use super::simd::{LANES, Vector, for_each_instruction_set, sum_each};

/// Where each output position of one axis reads: two neighbours and the weight of the second.
#[derive(Clone, Debug)]
pub(in crate::kernel) struct Axis {
    pub(super) from: usize,
    pub(super) taps: Vec<Tap>,
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

/// Two neighbours and the weight of the second.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tap {
    pub(super) low: usize,
    pub(super) high: usize,
    pub(super) weight: f32,
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

    /// Positions of the output.
    pub(super) fn to(&self) -> usize {
        self.taps.len()
    }

    /// `output[i]` from the two neighbours of `i`.
    pub(super) fn expand(&self, input: &[f32], output: &mut [f32]) {
        expand(input, self, output);
    }

    /// Adds the transpose of [`expand`](Self::expand) to `output`: each input position is summed by itself.
    pub(super) fn gather(&self, gradient: &[f32], output: &mut [f32]) {
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
