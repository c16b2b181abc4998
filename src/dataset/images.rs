//! Decoded images with their masks, ready for batches.

use std::collections::HashMap;

/// Images and masks of one size as bytes, in the order of their sorted ids.
pub trait Images: Send + Sync {
    /// Sorted ids.
    fn ids(&self) -> &[String];
    /// Height and width in pixels.
    fn size(&self) -> usize;
    /// Image `index` as `[height, width, 3]` bytes.
    fn image(&self, index: usize) -> &[u8];
    /// Mask `index` as `[height, width]` bytes: 0 background, 255 lesion, between them where a resize
    /// mixed both.
    fn mask(&self, index: usize) -> &[u8];
    /// SHA-256 in hexadecimal of ids, images and masks: it enters the run's id.
    fn digest(&self) -> &str;

    /// Positions of the ids.
    fn index(&self) -> HashMap<&str, usize> {
        self.ids().iter().enumerate().map(|(index, id)| (id.as_str(), index)).collect()
    }
}
