//! Batches of the authors' protocol: normalised, augmented, in an order that depends on seed and epoch alone.

use rayon::prelude::*;

use super::augment::{Draws, Geometry, common_angle};
use super::normalize::Normalizer;
use super::Images;
use crate::experiment::settings::{AugmentSettings, LastBatch, LossMask, Rotation, TrainSettings};
use crate::random;

/// Grey values of a mask from here on are lesion: half of 255, rounded up.
const LESION_FROM: u8 = 128;

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
    mask: LossMask,
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
            mask: settings.loss.mask,
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

    fn batch(&self, indices: &[usize], draws: impl Fn(usize) -> Draws + Sync) -> Batch {
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
        self.geometry.each(draws, |target, from| {
            // Outside of a rotated image stands 0 in the network's range, whatever byte that is.
            let Some(from) = from else { return };
            let pixel = &source[3 * from..3 * from + 3];
            red[target] = table[usize::from(pixel[0])];
            green[target] = table[usize::from(pixel[1])];
            blue[target] = table[usize::from(pixel[2])];
            let lesion = grey[from] >= LESION_FROM;
            truth[target] = lesion;
            mask[target] = match self.mask {
                LossMask::Soft => (f64::from(grey[from]) / 255.0) as f32,
                LossMask::Hard => f32::from(u8::from(lesion)),
            };
        });
    }
}
