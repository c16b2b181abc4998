//! Which files of a folder belong together, and what is wrong with those that don't.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::DatasetError;
use super::entry::{Entry, Pair};

/// What is wrong with one file of a folder to import.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("{file}: {problem}")]
pub struct PairProblem {
    /// Path below the folder, such as `masks/ISIC_0000000.png`.
    pub file: String,
    /// What was found, and what is needed.
    pub problem: String,
}

impl PairProblem {
    pub(super) fn new(file: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { file: file.into(), problem: problem.into() }
    }
}

/// Pairs sorted by id, and every file that has no place among them.
pub(super) struct Listing {
    pub pairs: Vec<Pair>,
    pub problems: Vec<PairProblem>,
}

/// Lists `images/` and `masks/` below `folder`.
///
/// Hidden files, files that are neither JPEG nor PNG by name (licences, tables) and the superpixel files of
/// the official archives are passed over.
///
/// # Errors
/// When one of the two folders isn't there or can't be read, or holds no image at all.
pub(super) fn list(folder: &Path, dataset: &str, known: &BTreeSet<String>) -> Result<Listing, DatasetError> {
    let unfit = |problem: String| DatasetError::Folder { folder: folder.to_owned(), problem };
    if !folder.is_dir() {
        return Err(unfit("is not a folder".to_owned()));
    }
    let mut problems = Vec::new();
    let mut sides = [BTreeMap::new(), BTreeMap::new()];
    for (side, part) in sides.iter_mut().zip(["images", "masks"]) {
        if !folder.join(part).is_dir() {
            return Err(unfit(format!("holds no folder {part}/")));
        }
        for name in file_names(&folder.join(part))? {
            let file = format!("{part}/{name}");
            let Some(id) = id_of(&name, part == "masks") else {
                problems.push(PairProblem::new(file, format!("the name is not like {}", names(part))));
                continue;
            };
            if !known.contains(id) {
                problems.push(PairProblem::new(file, format!("{id} is not an image of {dataset}")));
            } else if let Some(other) = side.get(id) {
                problems.push(PairProblem::new(file, format!("{id} is there twice, also as {other}")));
            } else {
                side.insert(id.to_owned(), file);
            }
        }
    }
    let [images, mut masks] = sides;
    if images.is_empty() && problems.is_empty() {
        return Err(unfit("images/ holds no JPEG or PNG file".to_owned()));
    }
    let mut pairs = Vec::new();
    for (id, image) in images {
        match masks.remove(&id) {
            Some(mask) => {
                let file = |relative: &str| Entry::file(folder, relative);
                pairs.push(Pair { id, image: file(&image), mask: file(&mask) });
            }
            None => {
                problems.push(PairProblem::new(image, format!("has no mask masks/{id}.png")));
            }
        }
    }
    problems.extend(masks.into_iter().map(|(id, mask)| {
        PairProblem::new(mask, format!("has no image images/{id}.jpg or images/{id}.png"))
    }));
    Ok(Listing { pairs, problems })
}

/// The names that files of a part may have.
fn names(part: &str) -> &'static str {
    match part {
        "masks" => "ISIC_0000000.png or ISIC_0000000_segmentation.png",
        _ => "ISIC_0000000.jpg or ISIC_0000000.png",
    }
}

/// Names of the files that count, sorted.
fn file_names(folder: &Path) -> Result<Vec<String>, DatasetError> {
    let mut names = Vec::new();
    for entry in fs_err::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if counts(&name) {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

fn counts(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let is_image = [".jpg", ".jpeg", ".png"].iter().any(|end| lower.ends_with(end));
    is_image && !name.starts_with('.') && !lower.ends_with("_superpixels.png")
}

/// The id in a file's name; a mask may be a PNG called `ISIC_0000000_segmentation.png`.
fn id_of(name: &str, is_mask: bool) -> Option<&str> {
    let (stem, end) = name.rsplit_once('.')?;
    if is_mask && !end.eq_ignore_ascii_case("png") {
        return None;
    }
    let id = if is_mask { stem.strip_suffix("_segmentation").unwrap_or(stem) } else { stem };
    let digits = id.strip_prefix("ISIC_")?;
    (digits.len() == 7 && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_from_names() {
        let check = |name: &str, is_mask, expect: Option<&str>| {
            assert_eq!(id_of(name, is_mask), expect, "{name}");
        };
        check("ISIC_0000001.jpg", false, Some("ISIC_0000001"));
        check("ISIC_0000001.PNG", false, Some("ISIC_0000001"));
        check("ISIC_0000001.png", true, Some("ISIC_0000001"));
        check("ISIC_0000001_segmentation.png", true, Some("ISIC_0000001"));
        check("ISIC_0000001_segmentation.png", false, None);
        check("ISIC_0000001.jpg", true, None);
        check("ISIC_000001.jpg", false, None);
        check("IMG_0000001.jpg", false, None);
    }

    #[test]
    fn every_file_without_a_place_is_told() {
        let root = tempfile::tempdir().unwrap();
        for file in [
            "images/ISIC_0000000.jpg",
            "images/ISIC_0000001.jpg",
            "images/ISIC_0000001.png",
            "images/ISIC_0000001_superpixels.png",
            "images/ISIC_0000002.jpg",
            "images/ISIC_9999999.jpg",
            "images/holiday.jpg",
            "images/.hidden.jpg",
            "images/LICENSE.txt",
            "masks/ISIC_0000000_segmentation.png",
            "masks/ISIC_0000001.png",
            "masks/ISIC_0000003.png",
        ] {
            let path = root.path().join(file);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, "").unwrap();
        }
        let known = (0..4).map(|i| format!("ISIC_{i:07}")).collect();
        let listing = list(root.path(), "isic2017", &known).unwrap();
        let ids: Vec<&str> = listing.pairs.iter().map(|pair| pair.id.as_str()).collect();
        assert_eq!(ids, ["ISIC_0000000", "ISIC_0000001"]);
        let told: Vec<String> = listing.problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "images/ISIC_0000001.png: ISIC_0000001 is there twice, also as images/ISIC_0000001.jpg",
                "images/ISIC_9999999.jpg: ISIC_9999999 is not an image of isic2017",
                "images/holiday.jpg: the name is not like ISIC_0000000.jpg or ISIC_0000000.png",
                "images/ISIC_0000002.jpg: has no mask masks/ISIC_0000002.png",
                "masks/ISIC_0000003.png: has no image images/ISIC_0000003.jpg or images/ISIC_0000003.png",
            ]
        );
    }

    #[test]
    fn an_unfit_folder_is_the_users_mistake() {
        let root = tempfile::tempdir().unwrap();
        let check = |folder: &Path, expect: &str| {
            let error = list(folder, "isic2017", &BTreeSet::new()).err().unwrap();
            assert!(error.is_usage() && error.to_string().ends_with(expect), "{error}");
        };
        check(&root.path().join("absent"), "is not a folder");
        check(root.path(), "holds no folder images/");
        fs_err::create_dir_all(root.path().join("images")).unwrap();
        check(root.path(), "holds no folder masks/");
        fs_err::create_dir_all(root.path().join("masks")).unwrap();
        check(root.path(), "images/ holds no JPEG or PNG file");
    }
}
