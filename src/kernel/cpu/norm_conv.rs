//! Layer normalisation over channels and a 1x1 convolution in one pass: the normalised map is never written.
//!
//! Parameters: the norm's weight and bias `[channels]`, the convolution's weight `[channels_out, channels]` and
//! bias `[channels_out]`. The norm's weight and bias go into the convolution's, so that what is left of the norm is
//! to centre the pixels before the product and to scale them after it.

use super::pointwise;
use super::scratch;
use super::simd::{LANES, Vector, each, for_each_instruction_set};

/// Pixels whose channels are summed at once, in registers.
const BLOCK: usize = 2 * LANES;

/// Channels whose products with the same pixels stand in registers.
const ROWS: usize = 4;

/// Pixels between those that are read and those that are asked for.
const AHEAD: usize = 4 * BLOCK;

/// Floats of a chunk of the backward, which pass from one step to the next in the first-level cache.
const CHUNK: usize = 6144;

/// Planes at equal distances. Up to the next whole block of pixels behind its last one, a plane holds zeros or what is
/// of no account.
#[derive(Clone, Copy)]
pub(super) struct Planes<'a> {
    pub values: &'a [f32],
    /// Floats from one plane to the next.
    pub stride: usize,
    /// The first pixel.
    pub from: usize,
    pub pixels: usize,
}

impl Planes<'_> {
    /// Number of planes.
    ///
    /// # Panics
    /// When the planes aren't whole, or end before the last block of pixels does.
    fn channels(self) -> usize {
        assert!(self.values.len().is_multiple_of(self.stride));
        assert!(self.from + self.pixels.next_multiple_of(BLOCK) <= self.stride);
        self.values.len() / self.stride
    }
}

/// Parameters, in their order.
#[derive(Clone, Copy)]
pub(super) struct NormConv<'a> {
    pub scales: &'a [f32],
    pub shifts: &'a [f32],
    pub matrix: &'a [f32],
    pub bias: &'a [f32],
    pub epsilon: f32,
}

/// A matrix in the order in which it is read: blocks of four rows, column after column, the four next to one another;
/// zeros for rows beyond the last.
pub(super) struct Packed(Vec<f32>);

impl Packed {
    fn new(rows: usize, columns: usize, value: impl Fn(usize, usize) -> f32) -> Self {
        let mut packed = vec![0.0; rows.next_multiple_of(ROWS) * columns];
        for row in 0..rows {
            for column in 0..columns {
                packed[(row / ROWS * columns + column) * ROWS + row % ROWS] = value(row, column);
            }
        }
        Self(packed)
    }
}

impl NormConv<'_> {
    /// Channels of the output.
    pub fn channels_out(self) -> usize {
        self.bias.len()
    }

    fn channels(self) -> usize {
        self.scales.len()
    }

    /// The matrix from centred and scaled channels to outputs, and what is added to each output.
    pub fn folded(self) -> (Packed, Vec<f32>) {
        let rows = self.matrix.chunks_exact(self.channels());
        let constants = rows.zip(self.bias).map(|(row, bias)| {
            row.iter().zip(self.shifts).fold(*bias, |sum, (weight, shift)| sum + weight * shift)
        });
        let value =
            |row: usize, column: usize| self.matrix[row * self.channels() + column] * self.scales[column];
        (Packed::new(self.channels_out(), self.channels(), value), constants.collect())
    }

    /// Normalises and convolves; what [`folded`](Self::folded) made comes in.
    pub fn forward(self, folded: &(Packed, Vec<f32>), x: Planes, output: &mut [&mut [f32]]) {
        assert_eq!(x.channels(), self.channels(), "planes of another number than the norm's");
        convolve(x, &folded.0.0, &folded.1, self.epsilon, output);
    }

    /// The matrix from the output's gradient to that of the normalised channels, for [`backward`](Self::backward):
    /// the norm's weight goes into it.
    pub fn back(self) -> Packed {
        let value =
            |row: usize, column: usize| self.matrix[column * self.channels() + row] * self.scales[row];
        Packed::new(self.channels(), self.channels_out(), value)
    }

    /// Writes the gradient of the planes, `x.stride` floats apart, to `output`, and adds to `sums` the products that
    /// [`parameters`](Self::parameters) wants: `channels_out * (channels + 1)` floats. `gradient` is `[channels_out,
    /// pixels]`.
    pub fn backward(self, x: Planes, gradient: &[f32], back: &Packed, output: &mut [f32], sums: &mut [f32]) {
        let (channels, channels_out) = (self.channels(), self.channels_out());
        let most = CHUNK / (2 * channels + channels_out) / BLOCK * BLOCK;
        let chunk = most.clamp(BLOCK, x.pixels.next_multiple_of(BLOCK));
        scratch::with((channels + channels_out) * chunk, |memory| {
            let (normal, pull) = memory.split_at_mut(channels * chunk);
            for at in (0..x.pixels).step_by(chunk) {
                let count = chunk.min(x.pixels - at);
                let wide = count.next_multiple_of(BLOCK);
                let (normal, pull) = (&mut normal[..channels * wide], &mut pull[..channels_out * wide]);
                for (pull, gradient) in pull.chunks_exact_mut(wide).zip(gradient.chunks_exact(x.pixels)) {
                    pull[..count].copy_from_slice(&gradient[at..at + count]);
                    pull[count..].fill(0.0);
                }
                let part = Planes { from: x.from + at, pixels: wide, ..x };
                pull_back(part, pull, &back.0, self.epsilon, normal, output);
                let size = pointwise::Size { batch: 1, channels_in: channels, channels_out, pixels: wide };
                pointwise::image_weight(normal, pull, sums, size);
            }
        });
    }

    /// Gradients of the parameters, in their order, from `Σ g x̂` of every output and channel, and then `Σ g` of
    /// every output.
    pub fn parameters(self, mut products: Vec<f32>) -> [Vec<f32>; 4] {
        let channels = self.channels();
        let bias = products.split_off(self.channels_out() * channels);
        let (mut scales, mut shifts) = (vec![0.0; channels], vec![0.0; channels]);
        let rows = products.chunks_exact_mut(channels).zip(self.matrix.chunks_exact(channels));
        for ((products, weights), bias) in rows.zip(&bias) {
            for channel in 0..channels {
                scales[channel] += weights[channel] * products[channel];
                shifts[channel] += weights[channel] * bias;
                products[channel] = self.scales[channel] * products[channel] + self.shifts[channel] * bias;
            }
        }
        [scales, shifts, products, bias]
    }
}

/// The two vectors of a plane from `at` on.
#[inline(always)]
fn pair<V: Vector>(x: &[f32], at: usize) -> [V; 2] {
    // SAFETY: callers step through whole blocks of whole planes, whose number and length they have checked.
    unsafe { [V::load_at(x, at), V::load_at(x, at + LANES)] }
}

/// Writes the two vectors of a plane from `at` on.
#[inline(always)]
fn put<V: Vector>(values: [V; 2], out: &mut [f32], at: usize) {
    // SAFETY: as in `pair`.
    unsafe {
        values[0].store_at(out, at);
        values[1].store_at(out, at + LANES);
    }
}

/// Mean and inverse standard deviation of sixteen pixels' channels.
#[inline(always)]
fn statistics<V: Vector>(x: Planes, at: usize, epsilon: f32) -> ([V; 2], [V; 2]) {
    let channels = x.channels();
    let share = V::splat(1.0 / channels as f32);
    let mut sum = [V::splat(0.0); 2];
    for channel in 0..channels {
        let [a, b] = pair::<V>(x.values, channel * x.stride + x.from + at);
        // More planes than the processor reads ahead in by itself.
        V::prefetch(x.values, channel * x.stride + x.from + at + AHEAD);
        sum = [sum[0].add(a), sum[1].add(b)];
    }
    let mean = each(sum, |sum| sum.mul(share));
    let mut squares = [V::splat(0.0); 2];
    for channel in 0..channels {
        let [a, b] = pair::<V>(x.values, channel * x.stride + x.from + at);
        let (a, b) = (a.sub(mean[0]), b.sub(mean[1]));
        squares = [a.mul_add(a, squares[0]), b.mul_add(b, squares[1])];
    }
    let deviation = each(squares, |squares| squares.mul_add(share, V::splat(epsilon)).sqrt());
    (mean, each(deviation, |deviation| V::splat(1.0).div(deviation)))
}

/// Four rows of a packed matrix times sixteen pixels of as many planes as the matrix has columns.
#[inline(always)]
fn product<V: Vector>(rows: &[f32], planes: impl Fn(usize) -> [V; 2]) -> [[V; 2]; ROWS] {
    let mut sums = [[V::splat(0.0); 2]; ROWS];
    for (column, weights) in rows.as_chunks::<ROWS>().0.iter().enumerate() {
        let [a, b] = planes(column);
        for (sums, &weight) in sums.iter_mut().zip(weights) {
            let weight = V::splat(weight);
            *sums = [a.mul_add(weight, sums[0]), b.mul_add(weight, sums[1])];
        }
    }
    sums
}

for_each_instruction_set! {
    fn convolve(x: Planes<'_>, packed: &[f32], constants: &[f32], epsilon: f32, output: &mut [&mut [f32]])
        = convolve_with
}

#[inline(always)]
fn convolve_with<V: Vector>(
    x: Planes<'_>,
    packed: &[f32],
    constants: &[f32],
    epsilon: f32,
    output: &mut [&mut [f32]],
) {
    let channels = x.channels();
    for at in (0..x.pixels).step_by(BLOCK) {
        let (mean, scale) = statistics::<V>(x, at, epsilon);
        let left = (x.pixels - at).min(BLOCK);
        let blocks = packed.chunks_exact(ROWS * channels).zip(constants.chunks(ROWS));
        for ((rows, constants), output) in blocks.zip(output.chunks_mut(ROWS)) {
            let sums = product::<V>(rows, |channel| {
                let [a, b] = pair::<V>(x.values, channel * x.stride + x.from + at);
                [a.sub(mean[0]), b.sub(mean[1])]
            });
            for ((sums, &constant), output) in sums.iter().zip(constants).zip(output) {
                let result = [
                    sums[0].mul_add(scale[0], V::splat(constant)),
                    sums[1].mul_add(scale[1], V::splat(constant)),
                ];
                put_pair(result, &mut output[at..at + left]);
            }
        }
    }
}

/// Stores as many of sixteen pixels as there is room for.
#[inline(always)]
fn put_pair<V: Vector>(values: [V; 2], out: &mut [f32]) {
    if out.len() == BLOCK {
        values[0].store(out);
        values[1].store(&mut out[LANES..]);
    } else {
        let mut all = [0.0; BLOCK];
        values[0].store(&mut all);
        values[1].store(&mut all[LANES..]);
        out.copy_from_slice(&all[..out.len()]);
    }
}

for_each_instruction_set! {
    /// Writes the planes' `x̂` to `normal` and their gradient to `output`, whose planes lie as those of `x`.
    fn pull_back(
        x: Planes<'_>,
        gradient: &[f32],
        back: &[f32],
        epsilon: f32,
        normal: &mut [f32],
        output: &mut [f32],
    ) = pull_back_with
}

#[inline(always)]
fn pull_back_with<V: Vector>(
    x: Planes<'_>,
    gradient: &[f32],
    back: &[f32],
    epsilon: f32,
    normal: &mut [f32],
    output: &mut [f32],
) {
    let (channels, wide) = (x.channels(), x.pixels);
    let channels_out = gradient.len() / wide;
    assert!(wide.is_multiple_of(BLOCK) && output.len() == x.values.len());
    assert!(normal.len() == channels * wide && back.len() >= channels * channels_out);
    let share = V::splat(1.0 / channels as f32);
    for at in (0..wide).step_by(BLOCK) {
        let (mean, scale) = statistics::<V>(x, at, epsilon);
        let (mut plain, mut along) = ([V::splat(0.0); 2], [V::splat(0.0); 2]);
        for (block, rows) in back.chunks_exact(ROWS * channels_out).enumerate() {
            let sums = product::<V>(rows, |row| pair::<V>(gradient, row * wide + at));
            for (channel, pull) in (block * ROWS..channels).zip(sums) {
                let plane = channel * x.stride + x.from + at;
                let [a, b] = pair::<V>(x.values, plane);
                let centred = [a.sub(mean[0]).mul(scale[0]), b.sub(mean[1]).mul(scale[1])];
                put(centred, normal, channel * wide + at);
                put(pull, output, plane);
                plain = [plain[0].add(pull[0]), plain[1].add(pull[1])];
                along = [pull[0].mul_add(centred[0], along[0]), pull[1].mul_add(centred[1], along[1])];
            }
        }
        let (plain, along) = (each(plain, |sum| sum.mul(share)), each(along, |sum| sum.mul(share)));
        for channel in 0..channels {
            let plane = channel * x.stride + x.from + at;
            let (pull, centred) = (pair::<V>(output, plane), pair::<V>(normal, channel * wide + at));
            let mut result = pull;
            for i in 0..2 {
                result[i] = pull[i].sub(plain[i]).sub(centred[i].mul(along[i])).mul(scale[i]);
            }
            put(result, output, plane);
        }
    }
}
