//! Bilinear with antialias, as torchvision resizes a floating-point tensor: `bilinear-antialias`.
//!
//! The weights follow `_upsample_bilinear2d_aa` of `ATen` (the default of `torchvision.transforms.functional.resize`
//! since 0.17): a triangle as wide as the shrink factor, cut at the border and normalised, columns before
//! rows. The authors resize after normalisation and rotation and keep floating-point values (deviation 12);
//! here the stored bytes are resized once, so results are rounded to the nearest grey level, half to even.

use super::moments;

/// Resizes `[height, width, channels]` to `[size, size, channels]`; channels are one or three.
pub(super) fn resize(pixels: &[u8], [height, width, channels]: [usize; 3], size: usize) -> Vec<u8> {
    let weighed = Weighed::new(pixels, [height, width, channels], size);
    if height < size || width < size {
        return weighed.all();
    }
    match channels {
        1 => moments::shrink::<1, 1>(pixels, [height, width], size, &weighed),
        _ => moments::shrink::<3, 4>(pixels, [height, width], size, &weighed),
    }
}

/// The resize as it is defined: sums of weighed pixels in 64-bit floating point, in the order of torchvision.
pub(super) struct Weighed<'a> {
    pixels: &'a [u8],
    width: usize,
    channels: usize,
    rows: Vec<Tap>,
    columns: Vec<Tap>,
}

impl<'a> Weighed<'a> {
    fn new(pixels: &'a [u8], [height, width, channels]: [usize; 3], size: usize) -> Self {
        Self { pixels, width, channels, rows: taps(height, size), columns: taps(width, size) }
    }

    /// One byte of the result.
    pub fn one(&self, row: usize, column: usize, channel: usize) -> u8 {
        let column = &self.columns[column];
        rounded(
            self.rows[row].sum(|y| {
                column.sum(|x| f64::from(self.pixels[(y * self.width + x) * self.channels + channel]))
            }),
        )
    }

    /// All bytes of the result.
    fn all(&self) -> Vec<u8> {
        let stride = self.columns.len() * self.channels;
        let narrow: Vec<f64> = self
            .pixels
            .chunks_exact(self.width * self.channels)
            .flat_map(|row| {
                self.columns.iter().flat_map(move |tap| {
                    (0..self.channels)
                        .map(move |channel| tap.sum(|x| f64::from(row[x * self.channels + channel])))
                })
            })
            .collect();
        self.rows
            .iter()
            .flat_map(|tap| (0..stride).map(|i| rounded(tap.sum(|y| narrow[y * stride + i]))))
            .collect()
    }
}

/// The nearest grey level, half to even.
fn rounded(value: f64) -> u8 {
    value.round_ties_even().clamp(0.0, 255.0) as u8
}

/// What one output position takes of the input positions from `start` on.
pub(super) struct Tap {
    /// The first input position.
    pub start: usize,
    /// Weights that sum to one.
    pub weights: Vec<f64>,
}

impl Tap {
    fn sum(&self, value: impl Fn(usize) -> f64) -> f64 {
        self.weights.iter().enumerate().map(|(offset, weight)| weight * value(self.start + offset)).sum()
    }
}

/// The triangle around each of `to` positions over `from` positions.
pub(super) fn taps(from: usize, to: usize) -> Vec<Tap> {
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
    use crate::random;

    #[test]
    fn halving_weighs_a_step_edge() {
        // Output 0 reaches inputs 0..=2 with weights 3/8, 3/8, 1/8 of 7/8; only input 2 is bright: 255/7.
        let row = [0, 0, 255, 255];
        let pixels = row.repeat(4);
        assert_eq!(&resize(&pixels, [4, 4, 1], 2)[..2], [36, 219]);
    }

    /// Images of random bytes, of two levels (which meet halves often) and of large sizes, at sizes with all
    /// kinds of common divisors.
    #[test]
    fn the_fast_way_gives_the_bytes_of_the_definition() {
        let mut draws = random::stream(7, "test-resize", 0, "");
        for (height, width, size) in [
            (64, 64, 32),
            (128, 256, 32),
            (96, 33, 32),
            (32, 480, 32),
            (767, 1022, 256),
            (101, 768, 64),
            (450, 600, 32),
            (1536, 40, 32),
            (64, 3000, 64),
            (800, 64, 32),
            // Each of the widths that sums need.
            (2000, 300, 256),
            (4000, 300, 256),
            (16_384, 40, 32),
            (40, 16_384, 32),
        ] {
            for channels in [1, 3] {
                for binary in [false, true] {
                    let mut draw =
                        |_| if binary { 255 * draws.below(2) as u8 } else { draws.below(256) as u8 };
                    let pixels: Vec<u8> = (0..height * width * channels).map(&mut draw).collect();
                    let shape = [height, width, channels];
                    let same = resize(&pixels, shape, size) == Weighed::new(&pixels, shape, size).all();
                    assert!(same, "{height}x{width}x{channels} to {size}, binary: {binary}");
                }
            }
        }
    }

    /// Torchvision on a 64-bit tensor, rounded half to even (`tests/parity/augment.py`).
    #[test]
    fn the_bytes_are_those_of_torchvision() {
        use crate::dataset::digest::sha256;
        let mut cases = 0;
        for line in include_str!("../../../tests/parity/augment.txt").lines() {
            let Some(case) = line.strip_prefix("resize ") else { continue };
            let (sizes, expect) = case.rsplit_once(' ').unwrap();
            let [height, width, size] =
                sizes.split(' ').map(|number| number.parse().unwrap()).collect::<Vec<usize>>()[..]
            else {
                panic!("{line}");
            };
            let pixels: Vec<u8> =
                (0..height * width * 3).map(|i| ((i * i * 7 + i * 31 + 11) % 251) as u8).collect();
            assert_eq!(sha256(&resize(&pixels, [height, width, 3], size)), expect, "{line}");
            cases += 1;
        }
        assert_eq!(cases, 5);
    }
}
