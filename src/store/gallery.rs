//! `masks/`: predicted masks of a few images to look at, and why each was chosen.

use std::io::Cursor;
use std::path::Path;

use image::{GrayImage, ImageFormat};
use serde::{Deserialize, Serialize};

use super::{StoreError, atomic};

/// One entry of `masks/gallery.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct GalleryEntry {
    /// The image's id; the predicted mask is `masks/<id>.png`.
    pub image: String,
    /// Why it was chosen: `best`, `median` or `worst`.
    pub choice: String,
    /// Overlap of the prediction under the best weights with the truth, as intersection over union in 0..1.
    pub iou: f64,
}

/// Writes a mask of shape `[size, size]` as a grey PNG: 0 background, 255 lesion.
///
/// # Errors
/// When it can't be written.
pub(super) fn write_mask(path: &Path, size: usize, mask: &[bool]) -> Result<(), StoreError> {
    let damaged = |message: String| StoreError::Damaged { path: path.to_owned(), message };
    let grey = mask.iter().map(|&lesion| if lesion { 255 } else { 0 }).collect();
    let picture = GrayImage::from_raw(size as u32, size as u32, grey)
        .ok_or_else(|| damaged(format!("a mask of {} pixels is not {size} by {size}", mask.len())))?;
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).map_err(|error| damaged(error.to_string()))?;
    Ok(atomic::write(path, bytes.get_ref())?)
}

/// Reads a mask, row by row.
///
/// # Errors
/// When it can't be read or isn't a grey PNG.
pub(super) fn read_mask(path: &Path) -> Result<Vec<bool>, StoreError> {
    let bytes = fs_err::read(path)?;
    let picture = image::load_from_memory_with_format(&bytes, ImageFormat::Png)
        .map_err(|error| StoreError::Damaged { path: path.to_owned(), message: error.to_string() })?;
    Ok(picture.to_luma8().into_raw().into_iter().map(|grey| grey >= 128).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_comes_back_as_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mask.png");
        let mask = [true, false, false, true, true, false, false, false, true];
        write_mask(&path, 3, &mask).unwrap();
        assert_eq!(read_mask(&path).unwrap(), mask);
        assert!(write_mask(&path, 4, &mask).is_err());
    }
}
