//! Batches of the authors' protocol: normalised, augmented, in an order that depends on seed and epoch alone.

mod recipe;

use rayon::prelude::*;

use super::Images;
use super::augment::{Draws, Geometry, common_angle};
use super::normalize::Normalizer;
use super::rotate::OUTSIDE;
use crate::experiment::settings::{AugmentSettings, LastBatch, LossMask, Rotation, TrainSettings};
use crate::random;

pub use recipe::Recipe;

/// Grey values of a mask from here on are lesion: half of 255, rounded up.
pub const LESION_FROM: u8 = 128;

/// Images of one step, as the network takes them.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Positions of the images.
    pub indices: Vec<usize>,
    /// Height and width in pixels.
    pub size: usize,
    /// `[batch, 3, height, width]` in the range of the network's input: 0..255 under `min-max`.
    pub images: Vec<f32>,
    /// `[batch, 1, height, width]` in 0..1: what the loss compares with.
    pub masks: Vec<f32>,
    /// `[batch, height, width]`: true where the mask shows lesion, what metrics compare with.
    pub truth: Vec<bool>,
}

/// Makes the batches of a run.
pub struct Batches<'a> {
    images: &'a dyn Images,
    train: Vec<usize>,
    batch_size: usize,
    last_batch: LastBatch,
    augment: AugmentSettings,
    mask_table: [f32; 256],
    normalizer: Normalizer,
    geometry: Geometry,
    seed: u64,
}

impl<'a> Batches<'a> {
    /// Batches of the images at the positions `train_indices`, by the protocol of `settings`.
    pub fn new(
        images: &'a dyn Images,
        train_indices: Vec<usize>,
        settings: &TrainSettings,
        seed: u64,
    ) -> Self {
        let geometry = Geometry::new(images.size(), images.size());
        let geometry = match settings.augment.rotation {
            Rotation::Once => geometry.share(common_angle(seed)),
            Rotation::PerSample => geometry,
        };
        Self {
            images,
            batch_size: settings.batch_size,
            last_batch: settings.last_batch,
            augment: settings.augment,
            mask_table: mask_table(settings.loss.mask),
            normalizer: Normalizer::new(settings.normalization, images, &train_indices),
            train: train_indices,
            geometry,
            seed,
        }
    }

    /// The positions of each training batch of `epoch` (from 1).
    pub fn order(&self, epoch: u64) -> Vec<Vec<usize>> {
        let mut order = self.train.clone();
        random::stream(self.seed, "shuffle", epoch, "").shuffle(&mut order);
        let mut batches: Vec<_> = order.chunks(self.batch_size.max(1)).map(<[usize]>::to_vec).collect();
        if self.last_batch == LastBatch::Drop
            && batches.last().is_some_and(|batch| batch.len() < self.batch_size)
        {
            batches.pop();
        }
        batches
    }

    /// The images at `indices` as they train in `epoch`: each augmented by its own draws, which depend on
    /// seed, epoch and id alone.
    pub fn train(&self, epoch: u64, indices: &[usize]) -> Batch {
        self.batch(indices, |index| Draws::of(&self.augment, self.seed, epoch, &self.images.ids()[index]))
    }

    /// The images at `indices` as they are evaluated: not augmented.
    pub fn evaluation(&self, indices: &[usize]) -> Batch {
        self.batch(indices, |_| Draws::default())
    }

    /// The images at `indices`, each by the draws of its position.
    pub fn batch(&self, indices: &[usize], draws: impl Fn(usize) -> Draws + Sync) -> Batch {
        let size = self.images.size();
        let pixels = size * size;
        let mut images = vec![0.0; indices.len() * 3 * pixels];
        let mut masks = vec![0.0; indices.len() * pixels];
        let mut truth = vec![false; indices.len() * pixels];
        // Chunks can't be of length 0, and without pixels there is nothing to fill.
        indices
            .par_iter()
            .zip(images.par_chunks_exact_mut(3 * pixels.max(1)))
            .zip(masks.par_chunks_exact_mut(pixels.max(1)))
            .zip(truth.par_chunks_exact_mut(pixels.max(1)))
            .for_each(|(((&index, image), mask), truth)| self.fill(index, draws(index), image, mask, truth));
        Batch { indices: indices.to_vec(), size, images, masks, truth }
    }

    fn fill(&self, index: usize, draws: Draws, image: &mut [f32], mask: &mut [f32], truth: &mut [bool]) {
        let source = self.images.image(index);
        let table = self.normalizer.table(source);
        let (red, rest) = image.split_at_mut(mask.len());
        let (green, blue) = rest.split_at_mut(mask.len());
        let grey = self.images.mask(index);
        let places = red.iter_mut().zip(green).zip(blue).zip(mask.iter_mut().zip(truth));
        for (&from, (((red, green), blue), (mask, truth))) in self.geometry.sources(draws).iter().zip(places)
        {
            // Outside of a rotated image stands 0 in the network's range, whatever byte that is.
            if from == OUTSIDE {
                continue;
            }
            let from = from as usize;
            let pixel = &source[3 * from..3 * from + 3];
            *red = table[usize::from(pixel[0])];
            *green = table[usize::from(pixel[1])];
            *blue = table[usize::from(pixel[2])];
            *mask = self.mask_table[usize::from(grey[from])];
            *truth = grey[from] >= LESION_FROM;
        }
    }
}

/// What the loss compares with, by grey value of the mask.
fn mask_table(mask: LossMask) -> [f32; 256] {
    std::array::from_fn(|grey| match mask {
        LossMask::Soft => (grey as f64 / 255.0) as f32,
        LossMask::Hard => f32::from(u8::from(grey >= usize::from(LESION_FROM))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::digest::sha256;
    use crate::dataset::synthetic;
    use crate::experiment::settings::{
        AdamWSettings, LossSettings, Normalization, OptimizerSettings, Precision, Protocol, ScheduleSettings,
        Selection,
    };

    fn settings() -> TrainSettings {
        TrainSettings {
            protocol: Protocol::AsReleased,
            epochs: 1,
            batch_size: 4,
            last_batch: LastBatch::Keep,
            optimizer: OptimizerSettings::Adamw(AdamWSettings::default()),
            schedule: ScheduleSettings::Constant,
            loss: LossSettings::default(),
            normalization: Normalization::MinMax,
            augment: AugmentSettings::default(),
            selection: Selection::LowestLoss,
            precision: Precision::F32,
        }
    }

    /// The image and mask of `tests/parity/augment.py`.
    struct Procedural {
        ids: Vec<String>,
        size: usize,
        image: Vec<u8>,
        mask: Vec<u8>,
    }

    impl Procedural {
        fn new(size: usize) -> Self {
            let image = (0..size * size * 3).map(|i| ((i * i * 7 + i * 31 + 11) % 251) as u8).collect();
            let lesion = |i: usize| ((i / size) * 3 + (i % size) * 5) % 17 < 8;
            let mask = (0..size * size).map(|i| if lesion(i) { 255 } else { 0 }).collect();
            Self { ids: vec!["procedural".to_owned()], size, image, mask }
        }
    }

    impl Images for Procedural {
        fn ids(&self) -> &[String] {
            &self.ids
        }
        fn size(&self) -> usize {
            self.size
        }
        fn image(&self, _index: usize) -> &[u8] {
            &self.image
        }
        fn mask(&self, _index: usize) -> &[u8] {
            &self.mask
        }
        fn digest(&self) -> &'static str {
            "procedural"
        }
    }

    /// What the authors' classes make of the procedural image (`tests/parity/augment.py`).
    ///
    /// Masks agree bit by bit. Image values are theirs rounded from 64 to 32 bits, at most 255 * 2^-24 off.
    #[test]
    fn augmentation_is_the_authors() {
        let mut cases = 0;
        for line in include_str!("../../tests/parity/augment.txt").lines() {
            let Some(case) = line.strip_prefix("augment ") else { continue };
            let columns: Vec<&str> = case.split(' ').collect();
            let size = columns[0].parse().unwrap();
            let angle = (columns[3] != "none").then(|| columns[3].parse().unwrap());
            let [horizontal, vertical] = [1, 2].map(|column| columns[column].parse().unwrap());
            let images = Procedural::new(size);
            let draws = Draws { horizontal, vertical, angle };
            let batch = Batches::new(&images, vec![0], &settings(), 1).batch(&[0], |_| draws);

            let grey: Vec<u8> = batch.masks.iter().map(|&value| (value * 255.0) as u8).collect();
            assert_eq!(sha256(&grey), columns[4], "{line}");
            assert!(batch.truth.iter().zip(&grey).all(|(&truth, &grey)| truth == (grey == 255)), "{line}");

            let at = |c: usize, y: usize, x: usize| f64::from(batch.images[(c * size + y) * size + x]);
            let sum = batch.images.iter().map(|&value| f64::from(value)).sum();
            let found = [sum, at(0, 3, 5), at(1, size / 2, size / 3), at(2, size - 4, size - 2)];
            for (found, expect) in found.into_iter().zip(&columns[5..]) {
                let expect: f64 = expect.parse().unwrap();
                assert!((found - expect).abs() < 2e-5 + 1e-7 * expect, "{line}: {found}");
            }
            cases += 1;
        }
        assert_eq!(cases, 22);
    }

    #[test]
    fn an_epoch_holds_each_image_once_in_an_order_of_its_own() {
        let images = synthetic::generate(10, 0, 32);
        let batches = Batches::new(&images, (0..10).collect(), &settings(), 3);
        let order = batches.order(1);
        assert_eq!(order.iter().map(Vec::len).collect::<Vec<_>>(), [4, 4, 2]);
        let mut all = order.concat();
        all.sort_unstable();
        assert_eq!(all, (0..10).collect::<Vec<_>>());
        assert_eq!(order, batches.order(1));
        assert_ne!(order, batches.order(2));
        let dropping = TrainSettings { last_batch: LastBatch::Drop, ..settings() };
        let order = Batches::new(&images, (0..10).collect(), &dropping, 3).order(1);
        assert_eq!(order.iter().map(Vec::len).collect::<Vec<_>>(), [4, 4]);
    }

    #[test]
    fn a_sample_depends_on_seed_epoch_and_id_alone() {
        let images = synthetic::generate(6, 0, 32);
        let settings = settings();
        let batches = Batches::new(&images, (0..6).collect(), &settings, 5);
        let (alone, among) = (batches.train(2, &[3]), batches.train(2, &[0, 3, 5]));
        let pixels = 32 * 32;
        assert_eq!(alone.images, among.images[3 * pixels..6 * pixels]);
        assert_eq!(alone.masks, among.masks[pixels..2 * pixels]);
        assert_eq!(among.indices, [0, 3, 5]);
        let draws: Vec<Draws> =
            (0..64).map(|epoch| Draws::of(&settings.augment, 5, epoch, "ISIC_0000000")).collect();
        let angles: Vec<f64> = draws.iter().filter_map(|draws| draws.angle).collect();
        assert!(angles.len() > 16 && angles.len() < 48, "{}", angles.len());
        let common = common_angle(5).to_bits();
        assert!(angles.iter().all(|angle| angle.to_bits() == common), "one angle a run");
        assert!(draws.iter().any(|draws| draws.horizontal) && draws.iter().any(|draws| !draws.vertical));

        let own = AugmentSettings { rotation: Rotation::PerSample, ..settings.augment };
        let others: Vec<Draws> = (0..64).map(|epoch| Draws::of(&own, 5, epoch, "ISIC_0000000")).collect();
        assert!(others.iter().filter_map(|draws| draws.angle).any(|angle| angle.to_bits() != common));
        let coins = |draws: &Draws| (draws.horizontal, draws.vertical, draws.angle.is_some());
        assert!(draws.iter().map(coins).eq(others.iter().map(coins)), "only the angle changes");
    }

    #[test]
    fn evaluation_shows_the_image_as_it_is() {
        let images = Procedural::new(8);
        let batch = Batches::new(&images, vec![0], &settings(), 1).evaluation(&[0]);
        let (low, high) = (*images.image.iter().min().unwrap(), *images.image.iter().max().unwrap());
        for (index, pixel) in images.image.chunks_exact(3).enumerate() {
            for (channel, &byte) in pixel.iter().enumerate() {
                let expect = 255.0 * f32::from(byte - low) / f32::from(high - low);
                assert!((batch.images[channel * 64 + index] - expect).abs() < 1e-3);
            }
        }
        let truth: Vec<bool> = images.mask.iter().map(|&grey| grey == 255).collect();
        assert_eq!(batch.truth, truth);
    }

    #[test]
    fn grey_masks_are_soft_in_the_loss_and_hard_in_the_truth() {
        let mut images = Procedural::new(4);
        images.mask = (0..16).map(|i| i * 17).collect();
        let mut settings = settings();
        let soft = Batches::new(&images, vec![0], &settings, 1).evaluation(&[0]);
        assert_eq!((soft.masks[0], soft.masks[3], soft.masks[15]), (0.0, 0.2, 1.0));
        assert_eq!((soft.truth[7], soft.truth[8]), (false, true), "119 and 136");
        settings.loss.mask = LossMask::Hard;
        let hard = Batches::new(&images, vec![0], &settings, 1).evaluation(&[0]);
        assert_eq!((hard.masks[7], hard.masks[8]), (0.0, 1.0));
        assert_eq!(hard.truth, soft.truth);
    }

    #[test]
    fn standardized_training_images_have_mean_0_and_deviation_1() {
        let images = synthetic::generate(5, 0, 32);
        let settings = TrainSettings { normalization: Normalization::Standardize, ..settings() };
        let batch = Batches::new(&images, (0..4).collect(), &settings, 1).evaluation(&[0, 1, 2, 3]);
        let n = batch.images.len() as f64;
        let mean = batch.images.iter().map(|&x| f64::from(x)).sum::<f64>() / n;
        let variance = batch.images.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / n;
        assert!(mean.abs() < 1e-5 && (variance - 1.0).abs() < 1e-5, "{mean} {variance}");
    }
}
