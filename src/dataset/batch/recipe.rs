//! How images become samples, for those who gather their pixels elsewhere than on this processor.

use super::Batches;
use crate::dataset::Images;
use crate::dataset::augment::{Arranged, Draws};

/// How one image becomes a sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// Position of the image.
    pub image: usize,
    /// Which of its pixels comes where.
    pub arranged: Arranged,
}

impl Batches<'_> {
    /// The images that batches are made of.
    pub fn images(&self) -> &dyn Images {
        self.images
    }

    /// The sources that samples have again and again.
    pub fn kept_sources(&self) -> Vec<&[u32]> {
        self.geometry.kept_sources()
    }

    /// The network's value for each byte of the image at that position.
    pub fn table(&self, index: usize) -> [f32; 256] {
        self.normalizer.table(self.images.image(index))
    }

    /// What the loss compares with, by byte of a mask.
    pub fn mask_table(&self) -> &[f32; 256] {
        &self.mask_table
    }

    /// How the images at `indices` train in `epoch`; [`train`](Self::train) makes a batch by the same draws.
    pub fn recipes(&self, epoch: u64, indices: &[usize]) -> Vec<Recipe> {
        let draws = |index: usize| Draws::of(&self.augment, self.seed, epoch, &self.images.ids()[index]);
        indices.iter().map(|&index| self.recipe(index, draws(index))).collect()
    }

    /// How the images at `indices` are evaluated: not augmented.
    pub fn evaluation_recipes(&self, indices: &[usize]) -> Vec<Recipe> {
        indices.iter().map(|&index| self.recipe(index, Draws::default())).collect()
    }

    /// How the image at that position becomes a sample by these draws.
    pub fn recipe(&self, image: usize, draws: Draws) -> Recipe {
        Recipe { image, arranged: self.geometry.arranged(draws) }
    }
}
