//! Layer normalisation over channels and a 1x1 convolution in one pass: the normalised map is never written.
//!
//! Parameters: the norm's weight and bias `[channels]`, the convolution's weight `[channels_out, channels]` and
//! bias `[channels_out]`. The norm's weight and bias go into the convolution's, so that what is left of the norm is
//! to centre the pixels before the product and to scale them after it.

use super::pointwise::{LaneSums, Strided};
use super::scratch;
use super::simd::{WIDE, Wide, for_each_wide_instruction_set};

/// Pixels whose channels are summed at once, in registers.
const BLOCK: usize = WIDE;

/// Channels whose products with the same pixels stand in registers; twice as many where these are roomy.
const ROWS: usize = 4;

/// Pixels between those that are read and those that are asked for.
const AHEAD: usize = 4 * BLOCK;

/// Floats of a chunk of the backward, which pass from one step to the next in the first-level cache.
const CHUNK: usize = 6144;

/// Pixels of a chunk at least, where channels are many.
const LEAST_CHUNK: usize = 64;

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
        let chunk = most.max(LEAST_CHUNK).min(x.pixels.next_multiple_of(BLOCK));
        let lanes = LaneSums::floats(channels, channels_out);
        scratch::with(lanes + (channels + channels_out) * chunk, |memory| {
            let (lanes, memory) = memory.split_at_mut(lanes);
            let mut lanes = LaneSums::new(lanes, channels);
            let (normal, pull) = memory.split_at_mut(channels * chunk);
            for at in (0..x.pixels).step_by(chunk) {
                let count = chunk.min(x.pixels - at);
                let wide = count.next_multiple_of(BLOCK);
                let normal = &mut normal[..channels * wide];
                let part = Planes { from: x.from + at, pixels: wide, ..x };
                let gradient = if count == wide {
                    Strided { values: &gradient[at..], stride: x.pixels }
                } else {
                    let pull = &mut pull[..channels_out * wide];
                    for (pull, gradient) in pull.chunks_exact_mut(wide).zip(gradient.chunks_exact(x.pixels)) {
                        pull[..count].copy_from_slice(&gradient[at..at + count]);
                        pull[count..].fill(0.0);
                    }
                    Strided { values: pull, stride: wide }
                };
                pull_back(part, gradient, &back.0, self.epsilon, normal, output);
                lanes.add(normal, gradient, wide);
            }
            lanes.finish(sums);
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

/// Sixteen pixels of a plane from `at` on.
#[inline(always)]
fn block<W: Wide>(x: &[f32], at: usize) -> W {
    // SAFETY: callers step through whole blocks of whole planes, whose number and length they have checked.
    unsafe { W::load_at(x, at) }
}

/// Writes sixteen pixels of a plane from `at` on.
#[inline(always)]
fn put<W: Wide>(values: W, out: &mut [f32], at: usize) {
    // SAFETY: as in `block`.
    unsafe { values.store_at(out, at) }
}

/// Mean and inverse standard deviation of sixteen pixels' channels.
#[inline(always)]
fn statistics<W: Wide>(x: Planes, at: usize, epsilon: f32) -> (W, W) {
    let channels = x.channels();
    let share = W::splat(1.0 / channels as f32);
    let mut sum = W::splat(0.0);
    for channel in 0..channels {
        let plane = channel * x.stride + x.from + at;
        // More planes than the processor reads ahead in by itself.
        W::prefetch(x.values, plane + AHEAD);
        sum = sum.add(block(x.values, plane));
    }
    let mean = sum.mul(share);
    let mut squares = W::splat(0.0);
    for channel in 0..channels {
        let centred = block::<W>(x.values, channel * x.stride + x.from + at).sub(mean);
        squares = centred.mul_add(centred, squares);
    }
    let deviation = squares.mul_add(share, W::splat(epsilon)).sqrt();
    (mean, W::splat(1.0).div(deviation))
}

/// `B` blocks of four rows of a packed matrix times sixteen pixels of `columns` planes.
#[inline(always)]
fn product<W: Wide, const B: usize>(
    rows: &[f32],
    columns: usize,
    planes: impl Fn(usize) -> W,
) -> [[W; ROWS]; B] {
    assert!(rows.len() >= B * columns * ROWS);
    let mut sums = [[W::splat(0.0); ROWS]; B];
    for column in 0..columns {
        let pixels = planes(column);
        for (block, sums) in sums.iter_mut().enumerate() {
            for (row, sum) in sums.iter_mut().enumerate() {
                // SAFETY: the matrix has so many rows and columns, as was checked.
                let weight = unsafe { *rows.get_unchecked((block * columns + column) * ROWS + row) };
                *sum = pixels.mul_add(W::splat(weight), *sum);
            }
        }
    }
    sums
}

for_each_wide_instruction_set! {
    fn convolve(x: Planes<'_>, packed: &[f32], constants: &[f32], epsilon: f32, output: &mut [&mut [f32]])
        = convolve_with
}

#[inline(always)]
fn convolve_with<W: Wide>(
    x: Planes<'_>,
    packed: &[f32],
    constants: &[f32],
    epsilon: f32,
    output: &mut [&mut [f32]],
) {
    let channels = x.channels();
    for at in (0..x.pixels).step_by(BLOCK) {
        let (mean, scale) = statistics::<W>(x, at, epsilon);
        let left = (x.pixels - at).min(BLOCK);
        let pixels = |channel: usize| block::<W>(x.values, channel * x.stride + x.from + at).sub(mean);
        let mut done = 0;
        while done < constants.len() {
            let rows = &packed[done * channels..];
            let outputs = constants[done..].iter().zip(&mut output[done..]);
            if W::ROOMY && constants.len() - done > ROWS {
                let sums = product::<W, 2>(rows, channels, pixels);
                for (sum, (&constant, output)) in sums.as_flattened().iter().zip(outputs) {
                    put_some(sum.mul_add(scale, W::splat(constant)), &mut output[at..at + left]);
                }
                done += 2 * ROWS;
            } else {
                let sums = product::<W, 1>(rows, channels, pixels);
                for (sum, (&constant, output)) in sums.as_flattened().iter().zip(outputs) {
                    put_some(sum.mul_add(scale, W::splat(constant)), &mut output[at..at + left]);
                }
                done += ROWS;
            }
        }
    }
}

/// Stores as many of sixteen pixels as there is room for.
#[inline(always)]
fn put_some<W: Wide>(values: W, out: &mut [f32]) {
    if out.len() == BLOCK {
        values.store(out);
    } else {
        let mut all = [0.0; BLOCK];
        values.store(&mut all);
        out.copy_from_slice(&all[..out.len()]);
    }
}

for_each_wide_instruction_set! {
    /// Writes the planes' `x̂` to `normal` and their gradient to `output`, whose planes lie as those of `x`.
    fn pull_back(
        x: Planes<'_>,
        gradient: Strided<'_>,
        back: &[f32],
        epsilon: f32,
        normal: &mut [f32],
        output: &mut [f32],
    ) = pull_back_with
}

#[inline(always)]
fn pull_back_with<W: Wide>(
    x: Planes<'_>,
    gradient: Strided<'_>,
    back: &[f32],
    epsilon: f32,
    normal: &mut [f32],
    output: &mut [f32],
) {
    let (channels, wide) = (x.channels(), x.pixels);
    let channels_out = gradient.planes(wide);
    assert!(wide.is_multiple_of(BLOCK) && output.len() == x.values.len());
    assert!(normal.len() == channels * wide && back.len() >= channels * channels_out);
    let share = W::splat(1.0 / channels as f32);
    for at in (0..wide).step_by(BLOCK) {
        let (mean, scale) = statistics::<W>(x, at, epsilon);
        let (mut plain, mut along) = (W::splat(0.0), W::splat(0.0));
        let pixels = |row: usize| block::<W>(gradient.values, row * gradient.stride + at);
        let mut done = 0;
        while done < channels {
            let rows = &back[done * channels_out..];
            let count = if W::ROOMY && channels - done > ROWS { 2 * ROWS } else { ROWS };
            let mut pulls = [W::splat(0.0); 2 * ROWS];
            if count > ROWS {
                pulls.copy_from_slice(product::<W, 2>(rows, channels_out, pixels).as_flattened());
            } else {
                pulls[..ROWS].copy_from_slice(product::<W, 1>(rows, channels_out, pixels).as_flattened());
            }
            for (channel, &pull) in (done..channels.min(done + count)).zip(&pulls) {
                let plane = channel * x.stride + x.from + at;
                let centred = block::<W>(x.values, plane).sub(mean).mul(scale);
                put(centred, normal, channel * wide + at);
                put(pull, output, plane);
                plain = plain.add(pull);
                along = pull.mul_add(centred, along);
            }
            done += count;
        }
        let (plain, along) = (plain.mul(share), along.mul(share));
        for channel in 0..channels {
            let plane = channel * x.stride + x.from + at;
            let (pull, centred) = (block::<W>(output, plane), block::<W>(normal, channel * wide + at));
            put(pull.sub(plain).sub(centred.mul(along)).mul(scale), output, plane);
        }
    }
}
