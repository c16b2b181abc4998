//! From bytes to the range that the network sees.

use rayon::prelude::*;

use super::Images;
use crate::experiment::settings::Normalization;

/// The network's value for each byte.
pub(super) type Table = [f32; 256];

/// Normalisation with what it had to learn from the training images.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Normalizer {
    /// By the extremes of each image.
    MinMax,
    /// By constants.
    Standardize {
        /// Mean byte of all channels of the training images.
        mean: f64,
        /// Their standard deviation (of the population).
        deviation: f64,
    },
}

impl Normalizer {
    /// What `normalization` means for these training images.
    pub fn new(normalization: Normalization, images: &dyn Images, train: &[usize]) -> Self {
        match normalization {
            Normalization::MinMax => Self::MinMax,
            Normalization::Standardize => {
                let histogram = train
                    .par_iter()
                    .map(|&index| histogram(images.image(index)))
                    .reduce(|| [0; 256], |a, b| std::array::from_fn(|byte| a[byte] + b[byte]));
                moments(&histogram)
            }
        }
    }

    /// The table for an image, of its pixels before augmentation.
    ///
    /// The authors' `myNormalize` subtracts a mean and divides by a deviation first; both cancel (deviation 2),
    /// so the result differs from theirs by rounding alone. An image of one value, which they divide by 0,
    /// becomes 0.
    pub fn table(&self, image: &[u8]) -> Table {
        match *self {
            Self::MinMax => {
                let low = f64::from(image.iter().copied().min().unwrap_or(0));
                let high = f64::from(image.iter().copied().max().unwrap_or(0));
                let range = if high > low { high - low } else { 1.0 };
                std::array::from_fn(|byte| ((byte as f64 - low) / range * 255.0) as f32)
            }
            Self::Standardize { mean, deviation } => {
                std::array::from_fn(|byte| ((byte as f64 - mean) / deviation) as f32)
            }
        }
    }
}

fn histogram(image: &[u8]) -> [u64; 256] {
    let mut histogram = [0; 256];
    for &byte in image {
        histogram[usize::from(byte)] += 1;
    }
    histogram
}

/// Mean and deviation from exact integer sums, so that neither depends on an order of summation.
fn moments(histogram: &[u64; 256]) -> Normalizer {
    let sum = |power: u32| {
        histogram.iter().zip(0_u128..).map(|(&count, byte)| u128::from(count) * byte.pow(power)).sum::<u128>()
    };
    let (count, first, second) = (sum(0), sum(1), sum(2));
    if count == 0 {
        return Normalizer::Standardize { mean: 0.0, deviation: 1.0 };
    }
    let mean = first as f64 / count as f64;
    let variance = (count * second - first * first) as f64 / (count as f64 * count as f64);
    let deviation = if variance > 0.0 { variance.sqrt() } else { 1.0 };
    Normalizer::Standardize { mean, deviation }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn min_max_stretches_to_the_whole_range() {
        let table = Normalizer::MinMax.table(&[10, 20, 110]);
        assert_eq!((table[10], table[110]), (0.0, 255.0));
        assert!((table[20] - 25.5).abs() < 1e-6);
        assert!(Normalizer::MinMax.table(&[7; 12]).iter().all(|value| value.is_finite()));
    }

    #[test]
    fn moments_are_those_of_the_population() {
        let Normalizer::Standardize { mean, deviation } = moments(&histogram(&[2, 4, 4, 4, 5, 5, 7, 9]))
        else {
            panic!("moments answer constants");
        };
        assert!((mean - 5.0).abs() < 1e-12 && (deviation - 2.0).abs() < 1e-12, "{mean} {deviation}");
    }
}
