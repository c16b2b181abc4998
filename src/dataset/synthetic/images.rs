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
    let digest = digest::content(size, entries);
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
