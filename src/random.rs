//! The one source of randomness: a stream for each (seed, purpose, epoch, sample).
//!
//! No stream is shared between two purposes, so that the order in which work is done, the number of
//! threads and an interruption can't change what is drawn.

use rand_chacha::{ChaCha8Rng, rand_core::Rng, rand_core::SeedableRng};
use sha2::{Digest, Sha256};

/// A reproducible stream of random numbers.
#[derive(Clone, Debug)]
pub struct Stream(ChaCha8Rng);

/// The stream of `purpose` in `epoch` for the sample named `sample` (empty where there is none).
///
/// The four parts are hashed with their lengths, so no two tuples share a stream.
pub fn stream(seed: u64, purpose: &str, epoch: u64, sample: &str) -> Stream {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    hash.update((purpose.len() as u64).to_le_bytes());
    hash.update(purpose.as_bytes());
    hash.update(epoch.to_le_bytes());
    hash.update((sample.len() as u64).to_le_bytes());
    hash.update(sample.as_bytes());
    Stream(ChaCha8Rng::from_seed(hash.finalize().into()))
}

impl Stream {
    /// A uniform number in `[0, 1)` with 53 random bits.
    pub fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// A uniform number in `[low, high)`.
    pub fn range(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// True with probability `p`.
    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// A uniform integer in `0..bound`; `bound` must not be 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        // Rejection keeps the result unbiased: only whole multiples of `bound` are accepted.
        let zone = u64::MAX - u64::MAX % bound;
        loop {
            let draw = self.0.next_u64();
            if draw < zone {
                return draw % bound;
            }
        }
    }

    /// A number from the standard normal distribution (Box-Muller, one of the pair).
    pub fn normal(&mut self) -> f64 {
        // `1 - unit` lies in (0, 1], so the logarithm is finite.
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Shuffles in place (Fisher-Yates from the end).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u64 + 1) as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_the_key_changes_the_stream() {
        let base = stream(42, "augment", 3, "ISIC_0000000").unit().to_bits();
        assert_eq!(base, stream(42, "augment", 3, "ISIC_0000000").unit().to_bits());
        for other in [
            stream(43, "augment", 3, "ISIC_0000000"),
            stream(42, "shuffle", 3, "ISIC_0000000"),
            stream(42, "augment", 4, "ISIC_0000000"),
            stream(42, "augment", 3, "ISIC_0000001"),
        ] {
            assert_ne!(base, other.clone().unit().to_bits());
        }
    }

    #[test]
    fn draws_have_the_moments_of_their_distributions() {
        let mut s = stream(1, "moments", 0, "");
        let n = 200_000;
        let mean = (0..n).map(|_| s.unit()).sum::<f64>() / f64::from(n);
        assert!((mean - 0.5).abs() < 0.005, "{mean}");
        let normals: Vec<f64> = (0..n).map(|_| s.normal()).collect();
        let mean = normals.iter().sum::<f64>() / f64::from(n);
        let variance = normals.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / f64::from(n);
        assert!(mean.abs() < 0.01 && (variance - 1.0).abs() < 0.02, "{mean} {variance}");
    }

    #[test]
    fn shuffle_keeps_every_item() {
        let mut items: Vec<u32> = (0..100).collect();
        stream(7, "shuffle", 0, "").shuffle(&mut items);
        assert_ne!(items, (0..100).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..100).collect::<Vec<_>>());
    }
}
