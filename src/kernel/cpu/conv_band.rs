//! A band of rows of a direct 3x3 convolution for few channels: no im2col, four output channels by sixteen pixels,
//! or eight by thirty-two, in registers.
//!
//! Shapes are those of one image: input `[channels_in, height, width]`, output `[channels_out, height,
//! width]`, weight `[channels_out, channels_in, 3, 3]`, zero padding of one pixel.

use super::reduce::total;
use super::simd::{
    LANES, Lanes, Vector, WIDE, Wide, for_each_instruction_set, for_each_wide_instruction_set,
};

/// Floats of a band's padded input that stay in the second-level cache.
const BAND_FLOATS: usize = 48 * 1024;

/// Sizes of a batch of images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    pub batch: usize,
    pub channels_in: usize,
    pub channels_out: usize,
    pub height: usize,
    pub width: usize,
}

/// Rows of an image that are done at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Band {
    pub top: usize,
    pub rows: usize,
}

impl Size {
    pub fn plane(self) -> usize {
        self.height * self.width
    }

    /// The same convolution from its output's channels to its input's.
    pub fn transposed(self) -> Self {
        Self { channels_in: self.channels_out, channels_out: self.channels_in, ..self }
    }

    /// Numbers of weights of all output channels.
    pub fn taps(self) -> usize {
        self.channels_out * self.channels_in * 9
    }

    /// Multiply-adds of all images.
    pub fn multiply_adds(self) -> u64 {
        (self.batch * self.plane() * self.taps()) as u64
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

    /// Rows of every band but the last: an even number.
    pub fn band_rows(self) -> usize {
        (BAND_FLOATS / (self.channels_in * self.stride())).clamp(4, self.height.max(4)) & !1
    }

    /// The image's bands, from top to bottom.
    pub fn bands(self) -> impl Iterator<Item = Band> {
        let rows = self.band_rows();
        (0..self.height).step_by(rows).map(move |top| Band { top, rows: rows.min(self.height - top) })
    }

    /// Floats of working memory of [`forward_band`].
    pub fn forward_memory(self) -> usize {
        self.channels_in * (self.band_rows() + 2) * self.stride()
    }

    /// Floats of working memory of [`weight_band`].
    pub fn weight_memory(self) -> usize {
        self.forward_memory() + if self.whole() { 0 } else { self.aligned(self.band_rows()) }
    }
}

/// Weights in the order in which the tiles read them: blocks of four output channels, then input channel,
/// row, column, and the four channels next to one another. `transpose` swaps the two channels and turns the
/// kernel by 180 degrees. Channels beyond the last are zeros.
pub(super) fn pack(weight: &[f32], size: Size, transpose: bool) -> Vec<f32> {
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

for_each_wide_instruction_set! {
    /// Writes a band of the output channels `first..first + count`, whose planes `output` holds.
    ///
    /// `packed` comes from [`pack`], `padded` is working memory.
    pub(super) fn forward_band(
        input: &[f32],
        padded: &mut [f32],
        packed: &[f32],
        bias: Option<&[f32]>,
        output: &mut [f32],
        size: Size,
        first: usize,
        band: Band,
    ) = forward_band_with
}

#[inline(always)]
fn forward_band_with<W: Wide>(
    input: &[f32],
    padded: &mut [f32],
    packed: &[f32],
    bias: Option<&[f32]>,
    output: &mut [f32],
    size: Size,
    first: usize,
    Band { top, rows }: Band,
) {
    let (stride, plane) = (size.stride(), size.plane());
    let channel_stride = (size.band_rows() + 2) * stride;
    assert!(padded.len() >= size.forward_memory() && rows <= size.band_rows());
    pad_band(input, padded, size, top, rows);
    let count = output.len() / plane;
    assert!(output.len() == count * plane && top + rows <= size.height);
    let mut done = 0;
    while done < count {
        let at_once = if W::ROOMY && count - done > 4 { 8 } else { 4 };
        let live = (count - done).min(at_once);
        let channel = first + done;
        let mut start = [0.0; 8];
        if let Some(bias) = bias {
            start[..live].copy_from_slice(&bias[channel..channel + live]);
        }
        let rows = Rows {
            padded,
            weights: &packed[channel / 4 * size.channels_in * 36..],
            start,
            channel_stride,
            live,
            size,
            band: Band { top, rows },
        };
        let output = &mut output[done * plane..][..live * plane];
        if at_once == 8 {
            rows.write::<W, 8>(output);
        } else {
            rows.write::<W, 4>(output);
        }
        done += live;
    }
}

/// What a band's output channels are computed from, four or eight at once.
struct Rows<'a> {
    padded: &'a [f32],
    /// Packed, from these channels on.
    weights: &'a [f32],
    start: [f32; 8],
    /// Floats from one channel's padded rows to the next.
    channel_stride: usize,
    /// Channels that there are.
    live: usize,
    size: Size,
    band: Band,
}

impl Rows<'_> {
    /// Writes the band's rows to `output`, the planes of the channels that there are.
    #[inline(always)]
    fn write<W: Wide, const C: usize>(&self, output: &mut [f32]) {
        let (width, plane) = (self.size.width, self.size.plane());
        assert!(output.len() == self.live * plane && self.live <= C);
        assert!(self.padded.len() >= self.size.channels_in * self.channel_stride);
        assert!((self.band.rows + 2) * self.size.stride() <= self.channel_stride);
        for row in 0..self.band.rows {
            let place = |i: usize, x: usize| i * plane + (self.band.top + row) * width + x;
            let mut x = 0;
            while W::ROOMY && x + 2 * WIDE <= width {
                for (i, [left, right]) in self.tile::<W, 2, C>(row, x).into_iter().enumerate().take(self.live)
                {
                    // SAFETY: the row has 32 more pixels, and `output` a whole plane for each live channel.
                    unsafe {
                        left.store_at(output, place(i, x));
                        right.store_at(output, place(i, x + WIDE));
                    }
                }
                x += 2 * WIDE;
            }
            while x + WIDE <= width {
                for (i, [pixels]) in self.tile::<W, 1, C>(row, x).into_iter().enumerate().take(self.live) {
                    // SAFETY: the row has sixteen more pixels, and `output` a whole plane for each live channel.
                    unsafe { pixels.store_at(output, place(i, x)) };
                }
                x += WIDE;
            }
            while x < width {
                let tile = self.tile::<W::Half, 1, C>(row, x);
                for (i, [pixels]) in tile.into_iter().enumerate().take(self.live) {
                    put(pixels, &mut output[place(i, x)..][..(width - x).min(LANES)]);
                }
                x += LANES;
            }
        }
    }

    /// `C` output channels by as many pixels as `N` vectors have lanes, from column `x` of a row on.
    #[inline(always)]
    fn tile<L: Lanes, const N: usize, const C: usize>(&self, row: usize, x: usize) -> [[L; N]; C] {
        let stride = self.size.stride();
        let block = self.size.channels_in * 36;
        assert!(self.weights.len() >= C / 4 * block);
        let mut sums = [[L::splat(0.0); N]; C];
        for (sums, &value) in sums.iter_mut().zip(&self.start) {
            *sums = [L::splat(value); N];
        }
        for channel in 0..self.size.channels_in {
            for ky in 0..3 {
                let from = channel * self.channel_stride + (row + ky) * stride + x;
                for kx in 0..3 {
                    let tap = (channel * 9 + ky * 3 + kx) * 4;
                    // SAFETY: `padded` holds `channels_in` planes of `band + 2` rows of `stride` floats, `ky`
                    // stays within the band's two extra rows, and a row's `stride` covers every tile's
                    // pixels plus the two columns of the border; `weights` holds `C / 4` blocks, as was checked.
                    unsafe {
                        for n in 0..N {
                            let pixels = L::load_at(self.padded, from + kx + n * L::LANES);
                            for (c, sums) in sums.iter_mut().enumerate() {
                                let weight = *self.weights.get_unchecked(c / 4 * block + tap + c % 4);
                                sums[n] = pixels.mul_add(L::splat(weight), sums[n]);
                            }
                        }
                    }
                }
            }
        }
        sums
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

/// Copies rows `top - 1 ..= top + rows` of every channel between zeros.
#[inline(always)]
fn pad_band(input: &[f32], padded: &mut [f32], size: Size, top: usize, rows: usize) {
    let (stride, band) = (size.stride(), size.band_rows());
    for channel in 0..size.channels_in {
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

/// The gradient of a band of the output: channel after channel, `channel_stride` floats apart, the band's rows
/// beginning `from` floats into each.
#[derive(Clone, Copy)]
pub(super) struct BandGradient<'a> {
    pub values: &'a [f32],
    pub from: usize,
    pub channel_stride: usize,
}

for_each_instruction_set! {
    /// Adds a band's gradients of the weights, then those of the bias, to `sums`.
    pub(super) fn weight_band(
        input: &[f32],
        gradient: BandGradient<'_>,
        memory: &mut [f32],
        sums: &mut [f32],
        size: Size,
        band: Band,
    ) = weight_band_with
}

#[inline(always)]
fn weight_band_with<V: Vector>(
    input: &[f32],
    gradient: BandGradient<'_>,
    memory: &mut [f32],
    sums: &mut [f32],
    size: Size,
    Band { top, rows }: Band,
) {
    let stride = size.stride();
    let wide = size.width.next_multiple_of(LANES);
    let (padded, aligned) = memory.split_at_mut(size.forward_memory());
    pad_band(input, padded, size, top, rows);
    for (channel, sum) in sums[size.taps()..].iter_mut().enumerate() {
        let at = channel * gradient.channel_stride + gradient.from;
        *sum += total::<V>(&gradient.values[at..at + rows * size.width]);
    }
    let gradient = if size.whole() {
        gradient
    } else {
        align_band(gradient, aligned, size, rows);
        BandGradient { values: aligned, from: 0, channel_stride: rows * wide }
    };
    let last = gradient.from + (size.channels_out.next_multiple_of(4) - 1) * gradient.channel_stride;
    assert!(gradient.values.len() >= last + rows * wide && rows <= size.band_rows());
    for block in 0..size.channels_out.div_ceil(4) {
        let live = (size.channels_out - block * 4).min(4);
        let gradients = &gradient.values[gradient.from + block * 4 * gradient.channel_stride..];
        for channel in 0..size.channels_in {
            for ky in 0..3 {
                let from = (channel * (size.band_rows() + 2) + ky) * stride;
                let products =
                    weight_tile::<V>(padded, gradients, from, stride, wide, rows, gradient.channel_stride);
                for (i, products) in products.iter().enumerate().take(live) {
                    let at = ((block * 4 + i) * size.channels_in + channel) * 9 + ky * 3;
                    for (sum, product) in sums[at..at + 3].iter_mut().zip(products) {
                        *sum += product.sum();
                    }
                }
            }
        }
    }
}

/// Copies every channel's rows, each filled up with zeros to whole vectors, and channels of zeros up to whole
/// blocks.
fn align_band(gradient: BandGradient<'_>, aligned: &mut [f32], size: Size, rows: usize) {
    let wide = size.width.next_multiple_of(LANES);
    for (channel, target) in aligned[..size.aligned(rows)].chunks_exact_mut(rows * wide).enumerate() {
        if channel >= size.channels_out {
            target.fill(0.0);
            continue;
        }
        let at = channel * gradient.channel_stride + gradient.from;
        let source = &gradient.values[at..at + rows * size.width];
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
