//! Bilinear resize with antialias, as torchvision resizes a floating-point tensor.
//!
//! The weights follow `_upsample_bilinear2d_aa` of `ATen` (the default of `torchvision.transforms.functional.resize`
//! since 0.17): a triangle as wide as the shrink factor, cut at the border and normalised, columns before
//! rows. The authors resize after normalisation and rotation and keep floating-point values (deviation 12);
//! here the stored bytes are resized once, so results are rounded to the nearest grey level, half to even.

/// Resizes interleaved bytes `[height, width, channels]` to `[size, size, channels]`.
pub(super) fn bilinear(pixels: &[u8], height: usize, width: usize, channels: usize, size: usize) -> Vec<u8> {
    let columns = taps(width, size);
    let mut narrow = vec![0.0; height * size * channels];
    for (row, out) in pixels.chunks_exact(width * channels).zip(narrow.chunks_exact_mut(size * channels)) {
        for (tap, out) in columns.iter().zip(out.chunks_exact_mut(channels)) {
            for (channel, out) in out.iter_mut().enumerate() {
                *out = tap.sum(|x| f64::from(row[x * channels + channel]));
            }
        }
    }
    let stride = size * channels;
    let mut resized = Vec::with_capacity(size * stride);
    for tap in taps(height, size) {
        resized.extend(
            (0..stride)
                .map(|i| tap.sum(|y| narrow[y * stride + i]).round_ties_even().clamp(0.0, 255.0) as u8),
        );
    }
    resized
}

/// What one output position takes of the input positions from `start` on.
struct Tap {
    start: usize,
    weights: Vec<f64>,
}

impl Tap {
    fn sum(&self, value: impl Fn(usize) -> f64) -> f64 {
        self.weights.iter().enumerate().map(|(offset, weight)| weight * value(self.start + offset)).sum()
    }
}

fn taps(from: usize, to: usize) -> Vec<Tap> {
    let scale = from as f64 / to as f64;
    // The triangle is never narrower than one input pixel on each side: enlarging interpolates.
    let support = scale.max(1.0);
    let slope = 1.0 / support;
    (0..to)
        .map(|position| {
            let center = scale * (position as f64 + 0.5);
            let start = (center - support + 0.5).max(0.0) as usize;
            let end = ((center + support + 0.5) as usize).min(from);
            let weights: Vec<f64> =
                (start..end).map(|x| (1.0 - ((x as f64 - center + 0.5) * slope).abs()).max(0.0)).collect();
            let total: f64 = weights.iter().sum();
            Tap { start, weights: weights.into_iter().map(|weight| weight / total).collect() }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::digest::sha256;

    #[test]
    fn the_same_size_changes_nothing() {
        let pixels: Vec<u8> = (0..8 * 8 * 3).map(|i| (i * 37 % 256) as u8).collect();
        assert_eq!(bilinear(&pixels, 8, 8, 3, 8), pixels);
    }

    #[test]
    fn halving_weighs_a_step_edge() {
        // Output 0 reaches inputs 0..=2 with weights 3/8, 3/8, 1/8 of 7/8; only input 2 is bright: 255/7.
        let row = [0, 0, 255, 255];
        let pixels = row.repeat(4);
        assert_eq!(&bilinear(&pixels, 4, 4, 1, 2)[..2], [36, 219]);
    }

    /// Torchvision on a 64-bit tensor, rounded half to even (`tests/parity/augment.py`).
    #[test]
    fn the_bytes_are_those_of_torchvision() {
        let mut cases = 0;
        for line in include_str!("../../tests/parity/augment.txt").lines() {
            let Some(case) = line.strip_prefix("resize ") else { continue };
            let (sizes, expect) = case.rsplit_once(' ').unwrap();
            let [height, width, size] =
                sizes.split(' ').map(|number| number.parse().unwrap()).collect::<Vec<usize>>()[..]
            else {
                panic!("{line}");
            };
            let pixels: Vec<u8> =
                (0..height * width * 3).map(|i| ((i * i * 7 + i * 31 + 11) % 251) as u8).collect();
            assert_eq!(sha256(&bilinear(&pixels, height, width, 3, size)), expect, "{line}");
            cases += 1;
        }
        assert_eq!(cases, 5);
    }
}
