//! Direct 3x3 convolution for few channels: no im2col, four output channels by sixteen pixels in registers.
//!
//! Shapes are those of one image: input `[channels_in, height, width]`, output `[channels_out, height,
//! width]`, weight `[channels_out, channels_in, 3, 3]`, zero padding of one pixel.

use rayon::prelude::*;

use super::buffer::unwritten;
use super::reduce::{add_all, total};
use super::scratch;
use super::simd::{LANES, Vector, for_each_instruction_set};
use crate::kernel::fused::{Input, Op, Saved};

/// Floats of a band's padded input that stay in the second-level cache.
const BAND_FLOATS: usize = 48 * 1024;

/// Sizes of a batch of images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Size {
    pub batch: usize,
    pub channels_in: usize,
    pub channels_out: usize,
    pub height: usize,
    pub width: usize,
}

impl Size {
    fn plane(self) -> usize {
        self.height * self.width
    }

    /// The same convolution from its output's channels to its input's.
    fn transposed(self) -> Self {
        Self { channels_in: self.channels_out, channels_out: self.channels_in, ..self }
    }

    /// Floats from one padded row to the next: a zero on the left, then the row, then zeros up to where the
    /// last tile reads.
    fn stride(self) -> usize {
        self.width.next_multiple_of(2 * LANES) + LANES
    }

    /// True if the outputs are whole tiles of four channels by eight pixels as they stand.
    fn whole(self) -> bool {
        self.channels_out.is_multiple_of(4) && self.width.is_multiple_of(LANES)
    }

    /// Floats of `rows` rows of the outputs as whole tiles.
    fn aligned(self, rows: usize) -> usize {
        self.channels_out.next_multiple_of(4) * rows * self.width.next_multiple_of(LANES)
    }

    /// Rows of a band.
    fn band(self, channels: usize) -> usize {
        (BAND_FLOATS / (channels * self.stride())).clamp(4, self.height.max(4))
    }
}

/// A 3x3 convolution with bias.
#[derive(Clone, Copy, Debug)]
pub(in crate::kernel) struct Conv3x3;

impl Conv3x3 {
    fn size(inputs: &[Input]) -> Size {
        let (x, weight) = (inputs[0].shape, inputs[1].shape);
        Size { batch: x[0], channels_in: x[1], channels_out: weight[0], height: x[2], width: x[3] }
    }
}

impl Op for Conv3x3 {
    fn output_shape(&self, inputs: &[Input]) -> Vec<usize> {
        let size = Self::size(inputs);
        vec![size.batch, size.channels_out, size.height, size.width]
    }

    fn forward(&self, inputs: &[Input], _: bool) -> (Vec<f32>, Saved) {
        let size = Self::size(inputs);
        let mut output = unwritten(self.output_shape(inputs).iter().product());
        forward(inputs[0].values, inputs[1].values, inputs[2].values, &mut output, size);
        (output, Vec::new())
    }

    fn backward(
        &self,
        inputs: &[Input],
        _: &Saved,
        gradient: &[f32],
        wanted: &[bool],
    ) -> Vec<Option<Vec<f32>>> {
        let size = Self::size(inputs);
        let zeros = |input: Input| vec![0.0; input.values.len()];
        let x = wanted[0].then(|| {
            let mut x = unwritten(inputs[0].values.len());
            backward_input(gradient, inputs[1].values, &mut x, size);
            x
        });
        let (mut weight, mut bias) = (zeros(inputs[1]), zeros(inputs[2]));
        backward_weight(inputs[0].values, gradient, &mut weight, &mut bias, size);
        vec![x, Some(weight), Some(bias)]
    }
}

/// `output = conv(input, weight) + bias`.
fn forward(input: &[f32], weight: &[f32], bias: &[f32], output: &mut [f32], size: Size) {
    let packed = pack(weight, size, false);
    correlate(input, &packed, Some(bias), output, size);
}

/// The gradient of the input from that of the output.
fn backward_input(gradient: &[f32], weight: &[f32], output: &mut [f32], size: Size) {
    let packed = pack(weight, size, true);
    correlate(gradient, &packed, None, output, size.transposed());
}

/// Weights in the order in which the tiles read them: blocks of four output channels, then input channel,
/// row, column, and the four channels next to one another. `transpose` swaps the two channels and turns the
/// kernel by 180 degrees. Channels beyond the last are zeros.
fn pack(weight: &[f32], size: Size, transpose: bool) -> Vec<f32> {
    let (rows, columns) =
        if transpose { (size.channels_in, size.channels_out) } else { (size.channels_out, size.channels_in) };
    let mut packed = vec![0.0; rows.div_ceil(4) * columns * 36];
    for row in 0..rows {
        for column in 0..columns {
            for tap in 0..9 {
                let value = if transpose {
                    weight[(column * rows + row) * 9 + 8 - tap]
                } else {
                    weight[(row * columns + column) * 9 + tap]
                };
                packed[((row / 4 * columns + column) * 9 + tap) * 4 + row % 4] = value;
            }
        }
    }
    packed
}

fn correlate(input: &[f32], packed: &[f32], bias: Option<&[f32]>, output: &mut [f32], size: Size) {
    let plane = size.plane();
    // One image has one task for four channels, so that inference on a single image is parallel too.
    let group = if size.batch >= 4 { size.channels_out } else { 4.min(size.channels_out) };
    let groups = size.channels_out.div_ceil(group);
    output.par_chunks_mut(size.channels_out * plane).enumerate().for_each(|(image, output)| {
        let input = &input[image * size.channels_in * plane..][..size.channels_in * plane];
        output.par_chunks_mut(group * plane).enumerate().take(groups).for_each(|(index, output)| {
            let first = index * group;
            let count = output.len() / plane;
            scratch::with(size.channels_in * (size.band(size.channels_in) + 2) * size.stride(), |padded| {
                image_forward(input, padded, packed, bias, output, size, first, count);
            });
        });
    });
}

for_each_instruction_set! {
    fn image_forward(
        input: &[f32],
        padded: &mut [f32],
        packed: &[f32],
        bias: Option<&[f32]>,
        output: &mut [f32],
        size: Size,
        first: usize,
        count: usize,
    ) = image_forward_with
}

#[inline(always)]
fn image_forward_with<V: Vector>(
    input: &[f32],
    padded: &mut [f32],
    packed: &[f32],
    bias: Option<&[f32]>,
    output: &mut [f32],
    size: Size,
    first: usize,
    count: usize,
) {
    let (stride, band, plane) = (size.stride(), size.band(size.channels_in), size.plane());
    assert!(padded.len() >= size.channels_in * (band + 2) * stride);
    let mut top = 0;
    while top < size.height {
        let rows = band.min(size.height - top);
        pad_band(input, padded, size, size.channels_in, top, rows);
        for block in 0..count.div_ceil(4) {
            let channel = first + block * 4;
            let live = (count - block * 4).min(4);
            let weights = &packed[channel / 4 * size.channels_in * 36..][..size.channels_in * 36];
            let start: [f32; 4] =
                std::array::from_fn(
                    |i| if i < live { bias.map_or(0.0, |bias| bias[channel + i]) } else { 0.0 },
                );
            for row in 0..rows {
                let mut x = 0;
                while x < size.width {
                    let wide = size.width - x > LANES;
                    let tile = if wide {
                        tile::<V, 2>(
                            padded,
                            weights,
                            start,
                            size.channels_in,
                            (band + 2) * stride,
                            stride,
                            row * stride + x,
                        )
                    } else {
                        let [[a], [b], [c], [d]] = tile::<V, 1>(
                            padded,
                            weights,
                            start,
                            size.channels_in,
                            (band + 2) * stride,
                            stride,
                            row * stride + x,
                        );
                        [[a, a], [b, b], [c, c], [d, d]]
                    };
                    for (i, vectors) in tile.iter().enumerate().take(live) {
                        let at = (block * 4 + i) * plane + (top + row) * size.width + x;
                        let left = size.width - x;
                        put(vectors[0], &mut output[at..at + left.min(LANES)]);
                        if wide {
                            put(vectors[1], &mut output[at + LANES..at + left.min(2 * LANES)]);
                        }
                    }
                    x += 2 * LANES;
                    if !wide {
                        break;
                    }
                }
            }
        }
        top += rows;
    }
}

/// Stores as many lanes as `out` has room for.
#[inline(always)]
fn put<V: Vector>(vector: V, out: &mut [f32]) {
    if out.len() >= LANES {
        vector.store(out);
    } else {
        let lanes = vector.to_array();
        out.copy_from_slice(&lanes[..out.len()]);
    }
}

/// Four output channels by `8 * W` pixels.
#[inline(always)]
fn tile<V: Vector, const W: usize>(
    padded: &[f32],
    weights: &[f32],
    start: [f32; 4],
    channels: usize,
    channel_stride: usize,
    stride: usize,
    at: usize,
) -> [[V; W]; 4] {
    let mut sums = [[V::splat(0.0); W]; 4];
    for (sums, value) in sums.iter_mut().zip(start) {
        *sums = [V::splat(value); W];
    }
    let mut taps = weights.as_chunks::<4>().0.iter();
    for channel in 0..channels {
        for ky in 0..3 {
            let row = channel * channel_stride + ky * stride + at;
            for kx in 0..3 {
                let Some(tap) = taps.next() else { return sums };
                for w in 0..W {
                    // SAFETY: `padded` holds `channels` planes of `band + 2` rows of `stride` floats, `ky`
                    // stays within the band's two extra rows, and a row's `stride` covers every tile's eight
                    // or sixteen pixels plus the two columns of the border.
                    let pixels = unsafe { V::load_at(padded, row + kx + w * LANES) };
                    for (sums, &tap) in sums.iter_mut().zip(tap) {
                        sums[w] = pixels.mul_add(V::splat(tap), sums[w]);
                    }
                }
            }
        }
    }
    sums
}

/// Copies rows `top - 1 ..= top + rows` of every channel between zeros.
#[inline(always)]
fn pad_band(input: &[f32], padded: &mut [f32], size: Size, channels: usize, top: usize, rows: usize) {
    let (stride, band) = (size.stride(), size.band(channels));
    for channel in 0..channels {
        for row in 0..rows + 2 {
            let target = &mut padded[(channel * (band + 2) + row) * stride..][..stride];
            let y = top + row;
            if (1..=size.height).contains(&y) {
                target[0] = 0.0;
                let source = &input[channel * size.plane() + (y - 1) * size.width..][..size.width];
                target[1..=size.width].copy_from_slice(source);
                target[size.width + 1..].fill(0.0);
            } else {
                target.fill(0.0);
            }
        }
    }
}

/// Gradients of weight and bias from that of the output; `weight` and `bias` are overwritten.
///
/// Each image is summed by itself and the images in their order, so that the result doesn't depend on the
/// number of threads.
fn backward_weight(input: &[f32], gradient: &[f32], weight: &mut [f32], bias: &mut [f32], size: Size) {
    let plane = size.plane();
    let taps = size.channels_out * size.channels_in * 9;
    let partial: Vec<Vec<f32>> = (0..size.batch)
        .into_par_iter()
        .map(|image| {
            let input = &input[image * size.channels_in * plane..][..size.channels_in * plane];
            let gradient = &gradient[image * size.channels_out * plane..][..size.channels_out * plane];
            let mut sums = vec![0.0; taps + size.channels_out];
            let rows = size.band(size.channels_in);
            let padded = size.channels_in * (rows + 2) * size.stride();
            let aligned = if size.whole() { 0 } else { size.aligned(rows) };
            scratch::with(padded + aligned, |memory| {
                let (padded, aligned) = memory.split_at_mut(padded);
                image_weight(input, gradient, padded, aligned, &mut sums, size);
            });
            sums
        })
        .collect();
    let sums = add_all(partial);
    let (weights, biases) = sums.split_at(taps);
    weight.copy_from_slice(weights);
    bias.copy_from_slice(biases);
}

for_each_instruction_set! {
    fn image_weight(
        input: &[f32],
        gradient: &[f32],
        padded: &mut [f32],
        aligned: &mut [f32],
        sums: &mut [f32],
        size: Size,
    ) = image_weight_with
}

#[inline(always)]
fn image_weight_with<V: Vector>(
    input: &[f32],
    gradient: &[f32],
    padded: &mut [f32],
    aligned: &mut [f32],
    sums: &mut [f32],
    size: Size,
) {
    let (stride, plane) = (size.stride(), size.plane());
    let band = size.band(size.channels_in);
    let wide = size.width.next_multiple_of(LANES);
    let blocks = size.channels_out.div_ceil(4);
    let taps = size.channels_out * size.channels_in * 9;
    assert!(
        padded.len() >= size.channels_in * (band + 2) * stride
            && gradient.len() >= size.channels_out * plane
            && (size.whole() || aligned.len() >= size.aligned(band))
    );
    for (sum, gradient) in sums[taps..].iter_mut().zip(gradient.chunks_exact(plane)) {
        *sum += total::<V>(gradient);
    }
    let mut top = 0;
    while top < size.height {
        let rows = band.min(size.height - top);
        pad_band(input, padded, size, size.channels_in, top, rows);
        let (gradients, first, channel_stride) = if size.whole() {
            (gradient, top * size.width, plane)
        } else {
            align_band(gradient, aligned, size, top, rows);
            (&*aligned, 0, rows * wide)
        };
        for block in 0..blocks {
            let live = (size.channels_out - block * 4).min(4);
            let gradients = &gradients[first + block * 4 * channel_stride..];
            for channel in 0..size.channels_in {
                for ky in 0..3 {
                    let from = (channel * (band + 2) + ky) * stride;
                    let products =
                        weight_tile::<V>(padded, gradients, from, stride, wide, rows, channel_stride);
                    for (i, products) in products.iter().enumerate().take(live) {
                        let at = ((block * 4 + i) * size.channels_in + channel) * 9 + ky * 3;
                        for (sum, product) in sums[at..at + 3].iter_mut().zip(products) {
                            *sum += product.sum();
                        }
                    }
                }
            }
        }
        top += rows;
    }
}

/// Copies rows from `top` on of every channel, each filled up with zeros to whole vectors, and channels of zeros
/// up to whole blocks.
fn align_band(gradient: &[f32], aligned: &mut [f32], size: Size, top: usize, rows: usize) {
    let wide = size.width.next_multiple_of(LANES);
    for (channel, target) in aligned[..size.aligned(rows)].chunks_exact_mut(rows * wide).enumerate() {
        if channel >= size.channels_out {
            target.fill(0.0);
            continue;
        }
        let source = &gradient[channel * size.plane() + top * size.width..][..rows * size.width];
        for (target, source) in target.chunks_exact_mut(wide).zip(source.chunks_exact(size.width)) {
            target[..size.width].copy_from_slice(source);
            target[size.width..].fill(0.0);
        }
    }
}

/// Products of four output gradients with one padded input row shifted by 0, 1 and 2, summed over a band.
#[inline(always)]
fn weight_tile<V: Vector>(
    padded: &[f32],
    gradients: &[f32],
    from: usize,
    stride: usize,
    wide: usize,
    rows: usize,
    channel_stride: usize,
) -> [[V; 3]; 4] {
    let mut sums = [[V::splat(0.0); 3]; 4];
    for row in 0..rows {
        let mut x = 0;
        while x < wide {
            let at = from + row * stride + x;
            // SAFETY: a padded row holds `wide` floats and at least two more, and `gradients` holds `rows * wide`
            // floats in each of four channels, `channel_stride` apart.
            unsafe {
                let shifted =
                    [V::load_at(padded, at), V::load_at(padded, at + 1), V::load_at(padded, at + 2)];
                for (i, sums) in sums.iter_mut().enumerate() {
                    let gradient = V::load_at(gradients, i * channel_stride + row * wide + x);
                    for (sum, shifted) in sums.iter_mut().zip(shifted) {
                        *sum = gradient.mul_add(shifted, *sum);
                    }
                }
            }
            x += LANES;
        }
    }
    sums
}
