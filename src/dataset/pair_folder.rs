//! A folder of images and masks of any names, in memory: to evaluate weights on, not to train on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::decode::{self, MaskValues, Pixels};
use super::{DatasetError, Images, PairProblem, resize};
use crate::experiment::settings::Resize;

/// What the mask of an image may end in beside the image's name.
const MASK_ENDINGS: [&str; 3] = ["_segmentation", "_Segmentation", ""];

/// Images and masks of a folder, at one size.
pub struct PairFolder {
    ids: Vec<String>,
    size: usize,
    images: Vec<Vec<u8>>,
    masks: Vec<Vec<u8>>,
}

impl PairFolder {
    /// Reads `images/` and `masks/` below `folder`, which belong together by their names; a mask may end in
    /// `_segmentation`. Files that can't be used are told and left out. Images and masks are resized to `size` by
    /// `size` pixels as an import does it.
    ///
    /// # Errors
    /// When a folder isn't there or can't be read, or no pair is left.
    pub fn read(folder: &Path, size: usize) -> Result<(Self, Vec<PairProblem>), DatasetError> {
        let unfit = |problem: String| DatasetError::Folder { folder: folder.to_owned(), problem };
        let side =
            |part: &str| pictures(&folder.join(part)).map_err(|error| unfit(format!("{part}/: {error}")));
        let (images, mut masks) = (side("images")?, side("masks")?);
        let mut problems = Vec::new();
        let mut pairs = Vec::new();
        for (stem, image) in images {
            match MASK_ENDINGS.iter().find_map(|ending| masks.remove(&format!("{stem}{ending}"))) {
                Some(mask) => pairs.push((stem, image, mask)),
                None => problems.push(PairProblem::new(format!("images/{stem}"), "has no mask")),
            }
        }
        problems.extend(masks.keys().map(|stem| PairProblem::new(format!("masks/{stem}"), "has no image")));
        let read: Vec<_> = pairs.par_iter().map(|(_, image, mask)| pair(image, mask, size)).collect();
        let mut found = Self { ids: Vec::new(), size, images: Vec::new(), masks: Vec::new() };
        for ((stem, ..), read) in pairs.into_iter().zip(read) {
            match read {
                Ok([image, mask]) => {
                    found.ids.push(stem);
                    found.images.push(image);
                    found.masks.push(mask);
                }
                Err(problem) => problems.push(PairProblem::new(format!("images/{stem}"), problem)),
            }
        }
        if found.ids.is_empty() {
            let first = problems.first().map(|problem| format!("; {problem}")).unwrap_or_default();
            return Err(unfit(format!("holds no pair of an image and a mask{first}")));
        }
        problems.sort_unstable();
        Ok((found, problems))
    }
}

fn pair(image: &Path, mask: &Path, size: usize) -> Result<[Vec<u8>; 2], String> {
    let bytes = |path: &Path| fs_err::read(path).map_err(|error| error.to_string());
    let image = decode::image(&bytes(image)?)?;
    let mask =
        decode::mask(&bytes(mask)?, &MaskValues::default()).map_err(|error| format!("mask: {error}"))?;
    if (image.height, image.width) != (mask.height, mask.width) {
        return Err(format!(
            "is {}x{}, its mask {}x{} (height x width)",
            image.height, image.width, mask.height, mask.width
        ));
    }
    let squared = |Pixels { height, width, bytes }: Pixels, channels| {
        resize::resize(Resize::default(), bytes, [height, width, channels], size)
    };
    Ok([squared(image, 3), squared(mask, 1)])
}

/// JPEG and PNG files of a folder by their names without ending.
///
/// # Errors
/// When the folder can't be read, two files have one name, or a name isn't Unicode.
pub fn pictures(folder: &Path) -> Result<BTreeMap<String, PathBuf>, String> {
    let mut found = BTreeMap::new();
    for entry in fs_err::read_dir(folder).map_err(|error| error.to_string())? {
        let path = entry.map_err(|error| error.to_string())?.path();
        let is_picture = path.extension().and_then(|ending| ending.to_str()).is_some_and(|ending| {
            ["jpg", "jpeg", "png"].iter().any(|known| ending.eq_ignore_ascii_case(known))
        });
        if !is_picture || !path.is_file() {
            continue;
        }
        let Some(stem) = path.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned) else {
            return Err(format!("the name of {} is not Unicode: rename it", path.display()));
        };
        if !stem.starts_with('.')
            && let Some(other) = found.insert(stem.clone(), path)
        {
            return Err(format!("{stem} is there twice, also as {}", other.display()));
        }
    }
    Ok(found)
}

impl Images for PairFolder {
    fn ids(&self) -> &[String] {
        &self.ids
    }

    fn size(&self) -> usize {
        self.size
    }

    fn image(&self, index: usize) -> &[u8] {
        &self.images[index]
    }

    fn mask(&self, index: usize) -> &[u8] {
        &self.masks[index]
    }

    /// Nothing is trained on such a folder, so no run needs to know it.
    fn digest(&self) -> &'static str {
        ""
    }
}
