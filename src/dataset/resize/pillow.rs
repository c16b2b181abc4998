//! Bilinear as Pillow resizes bytes: `pil-bilinear`, bit for bit `Image.resize(size, Image.BILINEAR)`.
//!
//! Columns come before rows. Pillow 13 takes the rows of some images first, all of them higher than wide, which moves a
//! byte by one here and there; the versions before never do.
//!
//! The triangle of `triangle` with weights in 22-bit fixed point, each direction rounded to bytes
//! (`src/libImaging/Resample.c`); a direction that keeps its size is left alone.

/// Bits behind the point of a weight: a byte and two bits of room lie above.
const BITS: u32 = 32 - 8 - 2;

/// Resizes `[height, width, channels]` to `[size, size, channels]`; channels are one or three.
pub(super) fn resize(pixels: &[u8], [height, width, channels]: [usize; 3], size: usize) -> Vec<u8> {
    let across = match (width == size, channels) {
        (true, _) => pixels.to_vec(),
        (false, 1) => across::<1>(pixels, width, size),
        (false, _) => across::<3>(pixels, width, size),
    };
    if height == size { across } else { down(&across, height, size * channels, size) }
}

/// Every row of `width` pixels to one of `size`.
fn across<const C: usize>(pixels: &[u8], width: usize, size: usize) -> Vec<u8> {
    let taps = taps(width, size);
    let mut narrow = Vec::with_capacity(pixels.len() / width * size);
    for row in pixels.chunks_exact(width * C) {
        for Tap { start, weights } in &taps {
            let mut sums = [1 << (BITS - 1); C];
            for (pixel, weight) in row[start * C..].chunks_exact(C).zip(weights) {
                for (sum, &byte) in sums.iter_mut().zip(pixel) {
                    *sum += i32::from(byte) * weight;
                }
            }
            narrow.extend(sums.map(clipped));
        }
    }
    narrow
}

/// `height` rows of `stride` bytes to `size` rows.
fn down(rows: &[u8], height: usize, stride: usize, size: usize) -> Vec<u8> {
    let mut resized = Vec::with_capacity(size * stride);
    let mut sums = vec![0_i32; stride];
    for Tap { start, weights } in taps(height, size) {
        sums.fill(1 << (BITS - 1));
        for (row, weight) in rows[start * stride..].chunks_exact(stride).zip(weights) {
            for (sum, &byte) in sums.iter_mut().zip(row) {
                *sum += i32::from(byte) * weight;
            }
        }
        resized.extend(sums.iter().map(|&sum| clipped(sum)));
    }
    resized
}

fn clipped(sum: i32) -> u8 {
    (sum >> BITS).clamp(0, 255) as u8
}

/// What one output position takes of the input positions from `start` on.
struct Tap {
    start: usize,
    weights: Vec<i32>,
}

/// `precompute_coeffs` and `normalize_coeffs_8bpc`.
fn taps(from: usize, to: usize) -> Vec<Tap> {
    let scale = from as f64 / to as f64;
    let support = scale.max(1.0);
    let slope = 1.0 / support;
    (0..to)
        .map(|position| {
            let center = (position as f64 + 0.5) * scale;
            let start = (center - support + 0.5).max(0.0) as usize;
            let end = ((center + support + 0.5) as usize).min(from);
            let weight = |x: usize| {
                let distance = (((x - start) as f64 + start as f64 - center + 0.5) * slope).abs();
                if distance < 1.0 { 1.0 - distance } else { 0.0 }
            };
            let weights: Vec<f64> = (start..end).map(weight).collect();
            let total: f64 = weights.iter().sum();
            let fixed = |weight: f64| (weight / total * f64::from(1 << BITS) + 0.5) as i32;
            Tap { start, weights: weights.into_iter().map(fixed).collect() }
        })
        .collect()
}
