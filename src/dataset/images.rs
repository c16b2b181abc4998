//! Decoded images with their masks, ready for batches.

use std::collections::HashMap;

use super::{Preparation, digest};
use crate::experiment::settings::Resize;

/// Where imported images come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Name of the known copy in `datasets.lock`; none for any other folder.
    pub copy: Option<String>,
    /// How the copy brought images to their stored size; empty where unknown.
    pub images: String,
    /// How the copy brought masks to their stored size; empty where unknown.
    pub masks: String,
    /// In what the copy is known to differ from the paper's preparation, may be empty.
    pub deviation: String,
    /// Number of pairs that were imported.
    pub pairs: usize,
    /// How many of them the import resized; none where that wasn't recorded.
    pub resized: Option<usize>,
    /// True if every pixel of every mask is 0 or 255.
    pub masks_binary: bool,
}

/// Images and masks of one size as bytes, in the order of their sorted ids.
pub trait Images: Send + Sync {
    /// Sorted ids.
    fn ids(&self) -> &[String];
    /// Height and width in pixels.
    fn size(&self) -> usize;
    /// The kernel that brought them to that size.
    fn resize(&self) -> Resize {
        Resize::default()
    }
    /// Image `index` as `[height, width, 3]` bytes.
    fn image(&self, index: usize) -> &[u8];
    /// Mask `index` as `[height, width]` bytes: 0 background, 255 lesion, between them where a resize
    /// mixed both.
    fn mask(&self, index: usize) -> &[u8];
    /// SHA-256 in hexadecimal of all ids, images and masks.
    fn digest(&self) -> &str;

    /// SHA-256 in hexadecimal of these images alone, whatever others there are; all of them must be there.
    ///
    /// # Panics
    /// When an id isn't among the images.
    fn digest_of(&self, ids: &[&str]) -> String {
        let index = self.index();
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        let sums: Vec<[String; 2]> = ids
            .iter()
            .map(|id| [digest::sha256(self.image(index[id])), digest::sha256(self.mask(index[id]))])
            .collect();
        digest::content(
            Preparation { size: self.size(), resize: self.resize() },
            ids.iter().zip(&sums).map(|(id, [image, mask])| (*id, &**image, &**mask)),
        )
    }

    /// Where imported images come from; none for generated ones.
    fn origin(&self) -> Option<Origin> {
        None
    }

    /// Positions of the ids.
    fn index(&self) -> HashMap<&str, usize> {
        self.ids().iter().enumerate().map(|(index, id)| (id.as_str(), index)).collect()
    }
}
