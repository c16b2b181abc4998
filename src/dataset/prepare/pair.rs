//! One pair of files, decoded, checked and brought to the size of the cache.

use crate::dataset::cache::Record;
use crate::dataset::entry::{Entry, Pair};
use crate::dataset::{PairProblem, decode, digest, resize};

/// A pair as the cache holds it.
pub(super) struct Ready {
    /// The cache's record of the pair.
    pub record: Record,
    /// `[size, size, 3]` bytes.
    pub image: Vec<u8>,
    /// `[size, size]` bytes.
    pub mask: Vec<u8>,
    /// What its files are.
    pub checked: Checked,
}

/// What the files of a pair are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::dataset) struct Checked {
    /// SHA-256 of the image's file.
    pub image_sha256: String,
    /// SHA-256 of the mask's file.
    pub mask_sha256: String,
    /// Height and width as stored.
    pub stored: (usize, usize),
}

/// Reads and decodes both files and resizes them to `size`.
///
/// # Errors
/// What is wrong with either.
pub(super) fn ready(pair: &Pair, size: usize) -> Result<Ready, Vec<PairProblem>> {
    let read = |entry: &Entry, decode: fn(&[u8]) -> Result<decode::Pixels, String>| {
        entry
            .read()
            .and_then(|bytes| decode(&bytes).map(|pixels| (digest::sha256(&bytes), pixels)))
            .map_err(|problem| PairProblem::new(entry.name(), problem))
    };
    let (image, mask) = match (read(&pair.image, decode::image), read(&pair.mask, decode::mask)) {
        (Ok(image), Ok(mask)) => (image, mask),
        (image, mask) => return Err([image.err(), mask.err()].into_iter().flatten().collect()),
    };
    let ((image_sha256, image), (mask_sha256, mask)) = (image, mask);
    if (image.height, image.width) != (mask.height, mask.width) {
        return Err(vec![PairProblem::new(
            pair.mask.name(),
            format!(
                "mask is {}x{} pixels, its image is {}x{}",
                mask.width, mask.height, image.width, image.height
            ),
        )]);
    }
    let stored = (image.height, image.width);
    let fit = |pixels: decode::Pixels, channels| {
        if stored == (size, size) {
            pixels.bytes
        } else {
            resize::bilinear(&pixels.bytes, pixels.height, pixels.width, channels, size)
        }
    };
    let (image, mask) = (fit(image, 3), fit(mask, 1));
    let record = Record {
        id: pair.id.clone(),
        image_sha256: digest::sha256(&image),
        mask_sha256: digest::sha256(&mask),
    };
    Ok(Ready { record, image, mask, checked: Checked { image_sha256, mask_sha256, stored } })
}
