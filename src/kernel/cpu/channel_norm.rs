//! Layer normalisation over the channels of each pixel.
//!
//! Planes of one image often lie a power of two apart, where caches keep only a few of them. So each channel's
//! part of a chunk of pixels is read once, into working memory that stays in the first-level cache, and all
//! passes over channels run there.

use rayon::prelude::*;

use super::buffer::unwritten;
use super::reduce::add_all;
use super::scratch;
use super::simd::{WIDE, Wide, for_each_wide_instruction_set};
use crate::kernel::fused::{Input, Op, Saved};

/// Floats of a chunk: all channels of some pixels.
const CHUNK: usize = 4096;

/// Pixels whose channels are summed at once, in registers.
const BLOCK: usize = WIDE;

/// Layer normalisation over channels.
#[derive(Clone, Copy, Debug)]
pub(in crate::kernel) struct ChannelNorm {
    pub epsilon: f32,
}

/// Channels and pixels of one image, and its parts of a few pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    pub channels: usize,
    pub pixels: usize,
}

impl Size {
    pub fn of(x: Input) -> Self {
        Self { channels: x.shape[1], pixels: x.shape[2..].iter().product() }
    }

    pub fn elements(self) -> usize {
        self.channels * self.pixels
    }

    /// Pixels of a chunk: whole blocks.
    pub fn chunk(self) -> usize {
        let most = self.pixels.next_multiple_of(BLOCK);
        (CHUNK / self.channels.max(1) / BLOCK * BLOCK).clamp(BLOCK, 2048).min(most)
    }

    /// First pixel and number of pixels of each chunk.
    pub fn chunks(self) -> impl Iterator<Item = (usize, usize)> {
        let chunk = self.chunk();
        (0..self.pixels).step_by(chunk).map(move |at| (at, chunk.min(self.pixels - at)))
    }

    /// Floats of one channel of a part: its pixels in whole blocks.
    pub fn wide((_, count): (usize, usize)) -> usize {
        count.next_multiple_of(BLOCK)
    }

    /// Floats of working memory for a [`forward`] or [`backward`].
    pub fn memory(self) -> usize {
        (2 * self.channels + 1) * self.chunk()
    }
}

impl Op for ChannelNorm {
    fn output_shape(&self, inputs: &[Input]) -> Vec<usize> {
        inputs[0].shape.to_vec()
    }

    fn forward(&self, inputs: &[Input], _: bool) -> (Vec<f32>, Saved) {
        let size = Size::of(inputs[0]);
        let mut output = unwritten(inputs[0].values.len());
        let images = output.par_chunks_mut(size.elements()).zip(inputs[0].values.par_chunks(size.elements()));
        images.for_each(|(output, x)| {
            let planes: Vec<&[f32]> = x.chunks_exact(size.pixels).collect();
            scratch::with(size.memory(), |memory| {
                forward(&planes, inputs[1].values, inputs[2].values, output, memory, size, self.epsilon);
            });
        });
        (output, Vec::new())
    }

    fn backward(&self, inputs: &[Input], _: &Saved, gradient: &[f32], _: &[bool]) -> Vec<Option<Vec<f32>>> {
        let size = Size::of(inputs[0]);
        let mut output = unwritten(inputs[0].values.len());
        let partial: Vec<Vec<f32>> = output
            .par_chunks_mut(size.elements())
            .zip(inputs[0].values.par_chunks(size.elements()).zip(gradient.par_chunks(size.elements())))
            .map(|(output, (x, gradient))| {
                let mut sums = vec![0.0; 2 * size.channels];
                let planes: Vec<&[f32]> = x.chunks_exact(size.pixels).collect();
                let mut outputs: Vec<&mut [f32]> = output.chunks_exact_mut(size.pixels).collect();
                scratch::with(size.memory(), |memory| {
                    let weight = inputs[1].values;
                    backward(&planes, gradient, weight, &mut outputs, &mut sums, memory, size, self.epsilon);
                });
                sums
            })
            .collect();
        let mut sums = add_all(partial);
        let bias = sums.split_off(size.channels);
        vec![Some(output), Some(sums), Some(bias)]
    }
}

/// Copies a chunk of each plane into working memory, filled up with zeros to whole blocks.
pub(super) fn gather(planes: &[&[f32]], part: (usize, usize), chunk: &mut [f32]) {
    let (at, count) = part;
    let wide = Size::wide(part);
    for (plane, chunk) in planes.iter().zip(chunk.chunks_exact_mut(wide)) {
        chunk[..count].copy_from_slice(&plane[at..at + count]);
        chunk[count..].fill(0.0);
    }
}

/// The inverse of [`gather`].
pub(super) fn spread(chunk: &[f32], part: (usize, usize), planes: &mut [&mut [f32]]) {
    let (at, count) = part;
    let wide = Size::wide(part);
    for (plane, chunk) in planes.iter_mut().zip(chunk.chunks_exact(wide)) {
        plane[at..at + count].copy_from_slice(&chunk[..count]);
    }
}

for_each_wide_instruction_set! {
    /// Normalises a chunk of channels in place to `x̂` and writes the inverse standard deviations to `scale`,
    /// whose length is the chunk's pixels. Zeros beyond the image's pixels stay zeros.
    pub(super) fn normalize(x: &mut [f32], scale: &mut [f32], epsilon: f32) = normalize_with
}

#[inline(always)]
fn normalize_with<W: Wide>(x: &mut [f32], scale: &mut [f32], epsilon: f32) {
    let wide = scale.len();
    assert!(wide.is_multiple_of(BLOCK) && x.len().is_multiple_of(wide));
    let channels = x.len() / wide;
    let share = W::splat(1.0 / channels as f32);
    for at in (0..wide).step_by(BLOCK) {
        let mut sum = W::splat(0.0);
        for channel in 0..channels {
            sum = sum.add(block(x, channel * wide + at));
        }
        let mean = sum.mul(share);
        let mut squares = W::splat(0.0);
        for channel in 0..channels {
            let centred = block::<W>(x, channel * wide + at).sub(mean);
            squares = centred.mul_add(centred, squares);
        }
        let deviation = squares.mul_add(share, W::splat(epsilon)).sqrt();
        let inverse = W::splat(1.0).div(deviation);
        put(inverse, scale, at);
        for channel in 0..channels {
            let index = channel * wide + at;
            put(block::<W>(x, index).sub(mean).mul(inverse), x, index);
        }
    }
}

/// `x[at..at + 16]`.
#[inline(always)]
fn block<W: Wide>(x: &[f32], at: usize) -> W {
    debug_assert!(at + BLOCK <= x.len());
    // SAFETY: callers step through whole blocks of whole channels, as they have checked.
    unsafe { W::load_at(x, at) }
}

/// Writes `out[at..at + 16]`.
#[inline(always)]
fn put<W: Wide>(values: W, out: &mut [f32], at: usize) {
    debug_assert!(at + BLOCK <= out.len());
    // SAFETY: callers step through whole blocks of whole channels, as they have checked.
    unsafe { values.store_at(out, at) }
}

for_each_wide_instruction_set! {
    /// Turns a chunk's gradient of `x̂`, in `pull`, into that of `x`.
    pub(super) fn denormalize(normal: &[f32], pull: &mut [f32], scale: &[f32]) = denormalize_with
}

#[inline(always)]
fn denormalize_with<W: Wide>(normal: &[f32], pull: &mut [f32], scale: &[f32]) {
    let wide = scale.len();
    assert!(wide.is_multiple_of(BLOCK) && normal.len().is_multiple_of(wide) && pull.len() == normal.len());
    let channels = normal.len() / wide;
    let share = W::splat(1.0 / channels as f32);
    for at in (0..wide).step_by(BLOCK) {
        let (mut plain, mut along) = (W::splat(0.0), W::splat(0.0));
        for channel in 0..channels {
            let pull = block::<W>(pull, channel * wide + at);
            plain = plain.add(pull);
            along = pull.mul_add(block(normal, channel * wide + at), along);
        }
        let (plain, along) = (plain.mul(share), along.mul(share));
        let scale = block::<W>(scale, at);
        for channel in 0..channels {
            let index = channel * wide + at;
            let along = block::<W>(normal, index).mul(along);
            put(block::<W>(pull, index).sub(plain).sub(along).mul(scale), pull, index);
        }
    }
}

for_each_wide_instruction_set! {
    /// `x = weight x + bias`, channel by channel of a chunk.
    pub(super) fn scale_and_shift(x: &mut [f32], wide: usize, weight: &[f32], bias: &[f32]) = scale_and_shift_with
}

#[inline(always)]
fn scale_and_shift_with<W: Wide>(x: &mut [f32], wide: usize, weight: &[f32], bias: &[f32]) {
    for (x, (&weight, &bias)) in x.chunks_exact_mut(wide).zip(weight.iter().zip(bias)) {
        let (weight, bias) = (W::splat(weight), W::splat(bias));
        for x in x.as_chunks_mut::<WIDE>().0 {
            W::load(x).mul_add(weight, bias).store(x);
        }
    }
}

for_each_wide_instruction_set! {
    /// Adds each channel's `Σ g x̂` and `Σ g` over a chunk to `sums`, and multiplies its gradient by its weight.
    fn weigh(normal: &[f32], gradient: &mut [f32], wide: usize, weight: &[f32], sums: &mut [f32]) = weigh_with
}

#[inline(always)]
fn weigh_with<W: Wide>(normal: &[f32], gradient: &mut [f32], wide: usize, weight: &[f32], sums: &mut [f32]) {
    let (with, alone) = sums.split_at_mut(weight.len());
    let channels = normal.chunks_exact(wide).zip(gradient.chunks_exact_mut(wide));
    for ((normal, gradient), (&weight, sums)) in channels.zip(weight.iter().zip(with.iter_mut().zip(alone))) {
        let weight = W::splat(weight);
        let (mut with, mut alone) = (W::splat(0.0), W::splat(0.0));
        for (normal, g) in normal.as_chunks::<WIDE>().0.iter().zip(gradient.as_chunks_mut::<WIDE>().0) {
            let gradient = W::load(g);
            with = gradient.mul_add(W::load(normal), with);
            alone = alone.add(gradient);
            gradient.mul(weight).store(g);
        }
        *sums.0 += with.sum();
        *sums.1 += alone.sum();
    }
}

/// `output = weight x̂ + bias` for one image, given by its planes.
pub(super) fn forward(
    x: &[&[f32]],
    weight: &[f32],
    bias: &[f32],
    output: &mut [f32],
    memory: &mut [f32],
    size: Size,
    epsilon: f32,
) {
    let mut planes: Vec<&mut [f32]> = output.chunks_exact_mut(size.pixels).collect();
    for part in size.chunks() {
        let wide = Size::wide(part);
        let (normal, rest) = memory.split_at_mut(size.channels * wide);
        gather(x, part, normal);
        normalize(normal, &mut rest[..wide], epsilon);
        scale_and_shift(normal, wide, weight, bias);
        spread(normal, part, &mut planes);
    }
}

/// The gradient of one image's planes, and added to `sums` those of weight and bias.
pub(super) fn backward(
    x: &[&[f32]],
    gradient: &[f32],
    weight: &[f32],
    output: &mut [&mut [f32]],
    sums: &mut [f32],
    memory: &mut [f32],
    size: Size,
    epsilon: f32,
) {
    let gradients: Vec<&[f32]> = gradient.chunks_exact(size.pixels).collect();
    for part in size.chunks() {
        let wide = Size::wide(part);
        let (normal, rest) = memory.split_at_mut(size.channels * wide);
        let (pull, rest) = rest.split_at_mut(size.channels * wide);
        let scale = &mut rest[..wide];
        gather(x, part, normal);
        normalize(normal, scale, epsilon);
        gather(&gradients, part, pull);
        weigh(normal, pull, wide, weight, sums);
        denormalize(normal, pull, scale);
        spread(pull, part, output);
    }
}
