//! Generated images in memory.

use rayon::prelude::*;

use super::scene;
use crate::dataset::{Images, Split, digest};

/// Generated images and masks.
#[derive(Clone, Debug)]
pub struct SyntheticImages {
    ids: Vec<String>,
    size: usize,
    pairs: Vec<(Vec<u8>, Vec<u8>)>,
    digest: String,
}

/// Generates `train` + `validation` images of `size`x`size` pixels, in parallel.
///
/// An image depends on its number and the size alone: more images leave the first ones as they are.
pub fn generate(train: usize, validation: usize, size: usize) -> SyntheticImages {
    let ids: Vec<String> = (0..train + validation).map(id).collect();
    let pairs: Vec<_> = ids.par_iter().map(|id| scene::draw(id, size)).collect();
    let sums: Vec<_> =
        pairs.par_iter().map(|(image, mask)| (digest::sha256(image), digest::sha256(mask))).collect();
    let entries = ids.iter().zip(&sums).map(|(id, (image, mask))| (&**id, &**image, &**mask));
    let digest = digest::content(size.into(), entries);
    SyntheticImages { ids, size, pairs, digest }
}

/// The split of generated images: the first `train` train, the others select the epoch and are reported on.
pub fn split(train: usize, validation: usize) -> Split {
    let validation: Vec<String> = (train..train + validation).map(id).collect();
    Split::new("built-in", (0..train).map(id).collect(), validation.clone(), validation)
}

fn id(number: usize) -> String {
    format!("SYNTH_{number:06}")
}

impl Images for SyntheticImages {
    fn ids(&self) -> &[String] {
        &self.ids
    }

    fn size(&self) -> usize {
        self.size
    }

    fn image(&self, index: usize) -> &[u8] {
        &self.pairs[index].0
    }

    fn mask(&self, index: usize) -> &[u8] {
        &self.pairs[index].1
    }

    fn digest(&self) -> &str {
        &self.digest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_follow_from_their_number_alone() {
        let (few, many) = (generate(2, 1, 64), generate(5, 3, 64));
        assert_eq!(many.ids()[..3], few.ids()[..]);
        for index in 0..3 {
            assert_eq!((few.image(index), few.mask(index)), (many.image(index), many.mask(index)));
        }
        assert_ne!(few.digest(), many.digest());
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        assert_eq!(pool.install(|| generate(2, 1, 64)).digest(), few.digest());
    }

    #[test]
    fn the_bytes_are_the_same_on_every_machine() {
        // Basic arithmetic is exact to the last bit by IEEE 754; a change here makes earlier runs incomparable.
        assert_eq!(
            generate(3, 1, 64).digest(),
            "b807dfeb1236996bb0d44ffd0c0f8f4e9bca1449a2e5b2d7dd8162b95f432562"
        );
    }

    #[test]
    fn masks_are_binary_and_lesions_are_darker_than_their_skin() {
        let images = generate(40, 0, 64);
        let mut areas = Vec::new();
        let mut darker = 0;
        for index in 0..40 {
            let (mut sums, mut counts) = ([0_u64; 2], [0_u64; 2]);
            for (pixel, &grey) in images.image(index).chunks_exact(3).zip(images.mask(index)) {
                assert!(matches!(grey, 0 | 255));
                let side = usize::from(grey == 255);
                sums[side] += u64::from(pixel[1]);
                counts[side] += 1;
            }
            let mean = |side: usize| sums[side] as f64 / counts[side] as f64;
            darker += usize::from(mean(1) < mean(0) - 5.0);
            areas.push(counts[1] as f64 / 4096.0);
        }
        areas.sort_by(f64::total_cmp);
        assert!(areas[0] > 0.015 && areas[39] < 0.7, "{areas:?}");
        assert!(areas[20] > 0.08 && areas[20] < 0.25, "{areas:?}");
        // A dark rim can make the skin darker on average.
        assert!(darker >= 32, "{darker} of 40");
    }

    #[test]
    fn the_same_lesion_is_seen_at_every_size() {
        let (small, large) = (generate(6, 0, 64), generate(6, 0, 128));
        let area = |images: &SyntheticImages, index: usize| {
            let mask = images.mask(index);
            mask.iter().map(|&grey| f64::from(grey) / 255.0).sum::<f64>() / mask.len() as f64
        };
        for index in 0..6 {
            assert!((area(&small, index) - area(&large, index)).abs() < 0.01, "image {index}");
        }
    }

    #[test]
    fn the_split_selects_on_what_it_reports() {
        let split = split(3, 2);
        assert_eq!(split.name, "built-in");
        assert!(split.selects_on_report());
        assert_eq!(split.train, ["SYNTH_000000", "SYNTH_000001", "SYNTH_000002"]);
        assert_eq!(split.report, ["SYNTH_000003", "SYNTH_000004"]);
        split.require("synthetic-lesions", &generate(3, 2, 32)).unwrap();
    }
}
