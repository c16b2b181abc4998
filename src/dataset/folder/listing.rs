//! Which files of a user's folder belong together, and whether they are those that were prepared.

use std::time::UNIX_EPOCH;

use sha2::{Digest, Sha256};

use super::place::Place;
use crate::dataset::entry::{Entry, Pair};
use crate::dataset::pair_folder::pictures;
use crate::dataset::{DatasetError, PairProblem, digest};

/// What the name of a mask may have more than that of its image.
const MASK_ENDINGS: [&str; 5] = ["", "_segmentation", "_Segmentation", "_mask", "_Mask"];

/// Characters that an id may have beside letters and digits: ids become names of files.
const MARKS: &str = " -_.+=,()[]@";

/// Characters that an id may have.
const LONGEST: usize = 120;

/// Pairs sorted by id, every file that has no place among them, and what all of these files are now.
pub(super) struct Listing {
    pub pairs: Vec<Pair>,
    pub problems: Vec<PairProblem>,
    /// SHA-256 of name, length and times of each file, and of what the values of masks mean.
    pub stamp: String,
}

/// Lists the images and masks of the folder.
///
/// # Errors
/// When a folder isn't there or can't be read, or holds no image.
pub(super) fn list(place: &Place) -> Result<Listing, DatasetError> {
    let unfit = |problem: String| DatasetError::UserFolder { folder: place.path.clone(), problem };
    let side = |part: &str| {
        let folder = place.path.join(part);
        if !folder.is_dir() {
            return Err(unfit(format!("holds no folder {part}/")));
        }
        pictures(&folder).map_err(|problem| unfit(format!("{part}/: {problem}")))
    };
    if !place.path.is_dir() {
        return Err(unfit("is not a folder".to_owned()));
    }
    let (images, mut masks) = (side(&place.images)?, side(&place.masks)?);
    if images.is_empty() {
        return Err(unfit(format!("{}/ holds no JPEG or PNG file", place.images)));
    }
    let mut stamp = Sha256::new();
    stamp.update(format!("background {:?} lesion {:?}\n", place.background, place.lesion));
    let (mut pairs, mut problems) = (Vec::new(), Vec::new());
    for (id, image) in images {
        let name = |part: &str, path: &std::path::Path| {
            format!("{part}/{}", path.file_name().unwrap_or_default().to_string_lossy())
        };
        let image = name(&place.images, &image);
        if !is_id(&id) {
            let problem = format!("the name may have up to {LONGEST} letters, digits and {MARKS:?}");
            problems.push(PairProblem::new(image, problem));
            continue;
        }
        let Some(mask) = MASK_ENDINGS.iter().find_map(|ending| masks.remove(&format!("{id}{ending}"))) else {
            problems.push(PairProblem::new(image, format!("has no mask {}/{id}.png", place.masks)));
            continue;
        };
        let mask = name(&place.masks, &mask);
        for name in [&image, &mask] {
            let file = fs_err::metadata(place.path.join(name))?;
            let changed = file.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
            stamp.update(format!("{name} {} {} {}\n", file.len(), changed.as_nanos(), touched(&file)));
        }
        let file = |name: &str| Entry::at(name.to_owned(), place.path.join(name));
        pairs.push(Pair { id, image: file(&image), mask: file(&mask) });
    }
    problems.extend(masks.keys().map(|stem| {
        let problem = format!("has no image {}/{stem}.jpg or .png", place.images);
        PairProblem::new(format!("{}/{stem}", place.masks), problem)
    }));
    Ok(Listing { pairs, problems, stamp: digest::hexadecimal(&stamp.finalize()) })
}

/// When the file system last noted a change of the file, which no program can set back; nothing where it notes none.
#[cfg(unix)]
fn touched(file: &std::fs::Metadata) -> String {
    use std::os::unix::fs::MetadataExt;
    format!("{}.{}", file.ctime(), file.ctime_nsec())
}

#[cfg(not(unix))]
fn touched(_file: &std::fs::Metadata) -> String {
    String::new()
}

fn is_id(id: &str) -> bool {
    id.chars().count() <= LONGEST && id.chars().all(|c| c.is_alphanumeric() || MARKS.contains(c))
}
