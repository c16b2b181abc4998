//! Which of the user's files are pairs, and what is wrong with those that aren't.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::gather;
use super::group::{Group, Role};
use super::pairs::{self, Sides};
use super::recognition::{Recognised, Recognition};
use super::{extra, id};
use crate::dataset::DatasetError;
use crate::dataset::entry::Pair;
use crate::dataset::lock::{self, Holds};

/// What is wrong with one file of what is to be imported.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("{file}: {problem}")]
pub struct PairProblem {
    /// Path below the folder, such as `masks/ISIC_0000000.png`, or in an archive.
    pub file: String,
    /// What was found, and what is needed.
    pub problem: String,
}

impl PairProblem {
    pub(in crate::dataset) fn new(file: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { file: file.into(), problem: problem.into() }
    }
}

/// Pairs sorted by id, every file that should have a place among them and hasn't, and what was recognised.
pub(in crate::dataset) struct Listing {
    pub pairs: Vec<Pair>,
    pub problems: Vec<PairProblem>,
    pub recognition: Recognition,
}

/// Lists the pairs of images and masks in `paths`: folders of any layout that has official inner folders or `images/`
/// and `masks/` somewhere, and zip archives of such.
///
/// # Errors
/// When a path is neither folder nor archive or can't be read, an archive isn't harmless, or nothing is recognised.
pub(in crate::dataset) fn list(
    paths: &[PathBuf],
    dataset: &str,
    known: &BTreeSet<String>,
) -> Result<Listing, DatasetError> {
    let mut recognition = Recognition::default();
    let mut groups = gather::gather(paths, &mut recognition)?;
    name_beside_one_another(&mut groups, dataset);
    let (mut sides, mut problems) = (Sides::default(), Vec::new());
    for (at, group) in groups.iter().enumerate() {
        let role = group.role(dataset);
        let Some(holds) = role.holds() else {
            pass_over(group, role, &mut recognition);
            continue;
        };
        if let Some(first) = same_archive(&groups[..], at, dataset) {
            for (name, _) in &group.files {
                recognition.ignore(
                    &format!("files of {}, which is there as {}", group.told(), first.told()),
                    name.as_str(),
                    false,
                );
            }
            continue;
        }
        sort_out(&groups, at, role, holds, known, dataset, &mut sides, &mut problems, &mut recognition);
    }
    if sides.is_empty() && problems.is_empty() {
        return Err(DatasetError::Folder {
            folder: told(paths),
            problem: unrecognised(&groups, dataset, &recognition),
        });
    }
    let pairs = pairs::join(&groups, sides, dataset, &mut problems, &mut recognition);
    if pairs.is_empty() && problems.is_empty() {
        let problem = format!("holds no image with its mask: {}", recognition.missing.join("; "));
        return Err(DatasetError::Folder { folder: told(paths), problem });
    }
    missing_archives(&groups, dataset, &mut recognition);
    Ok(Listing { pairs, problems, recognition })
}

/// All paths in one.
pub(in crate::dataset) fn told(paths: &[PathBuf]) -> PathBuf {
    let told: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    match paths {
        [path] => path.clone(),
        _ => PathBuf::from(told.join(", ")),
    }
}

/// Where all pairs come from one `images/` and the `masks/` beside it, the two are told without the folders above, as
/// the hash of a known copy counts them.
fn name_beside_one_another(groups: &mut [Group], dataset: &str) {
    let known: Vec<usize> =
        (0..groups.len()).filter(|at| groups[*at].role(dataset).holds().is_some()).collect();
    let [a, b] = known[..] else { return };
    let plain = |at: usize| matches!(groups[at].role(dataset), Role::Plain(_));
    if plain(a) && plain(b) && groups[a].beside == groups[b].beside {
        groups[a].above.clear();
        groups[b].above.clear();
    }
}

/// The group that is taken in the place of this one, where both are of one official archive: archives go before the
/// folders that they were unpacked to.
fn same_archive<'a>(groups: &'a [Group], at: usize, dataset: &str) -> Option<&'a Group> {
    let Role::Official(archive) = groups[at].role(dataset) else { return None };
    let same = |group: &&Group| group.role(dataset) == Role::Official(archive);
    let of_archives = groups.iter().filter(same).find(|group| group.archive.is_some());
    let taken = of_archives.or_else(|| groups.iter().find(same))?;
    (!std::ptr::eq(taken, &raw const groups[at])).then_some(taken)
}

/// Puts each file of a folder of images or masks where it belongs.
#[expect(clippy::too_many_arguments, reason = "one step of the listing, which has all of these at hand")]
fn sort_out(
    groups: &[Group],
    at: usize,
    role: Role,
    holds: Holds,
    known: &BTreeSet<String>,
    dataset: &str,
    sides: &mut Sides,
    problems: &mut Vec<PairProblem>,
    recognition: &mut Recognition,
) {
    let group = &groups[at];
    let skip: &[String] = match role {
        Role::Official(archive) => &archive.skip,
        _ => &[],
    };
    let mut pictures = 0;
    for (file, (name, _)) in group.files.iter().enumerate() {
        let skipped = skip.iter().any(|end| name.ends_with(end.as_str()));
        let kind = extra::kind(name);
        if !id::is_picture(name) || skipped || !extra::is_unexpected(kind) {
            recognition.ignore(kind, name.as_str(), extra::is_unexpected(kind));
            continue;
        }
        let told = group.file_told(name);
        let Some(id) = id::id_of(name, holds) else {
            problems.push(PairProblem::new(told, format!("the name is not like {}", id::names(holds))));
            continue;
        };
        if !known.contains(id) {
            problems.push(PairProblem::new(told, format!("{id} is not an image of {dataset}")));
            continue;
        }
        match sides.insert(holds, id, (at, file)) {
            Some((other, file)) => {
                let other = groups[other].file_told(&groups[other].files[file].0);
                problems.push(PairProblem::new(told, format!("{id} is there twice, also as {other}")));
            }
            None => pictures += 1,
        }
    }
    let what = match role {
        Role::Official(archive) => format!("{} {}", archive.part.name(), holds.name()),
        _ => holds.name().to_owned(),
    };
    recognition.recognised.push(Recognised { place: group.told(), what, pictures });
}

fn pass_over(group: &Group, role: Role, recognition: &mut Recognition) {
    for (name, _) in &group.files {
        if let Role::Foreign(other) = role {
            recognition.ignore(&format!("files of {other}"), name.as_str(), false);
        } else {
            let kind = extra::kind(name);
            recognition.ignore(kind, group.file_told(name), extra::is_unexpected(kind));
        }
    }
}

/// Why nothing is recognised.
fn unrecognised(groups: &[Group], dataset: &str, recognition: &Recognition) -> String {
    let foreign = groups.iter().find_map(|group| match group.role(dataset) {
        Role::Foreign(other) => Some((group.told(), other)),
        _ => None,
    });
    if let Some((place, other)) = foreign {
        return format!("{place} is of {other}, not of {dataset}");
    }
    let empty = recognition.recognised.iter().map(|found| format!("{}/", found.place.trim_end_matches('/')));
    let empty: Vec<String> = empty.collect();
    if !empty.is_empty() {
        return format!("{} holds no JPEG or PNG file", empty.join(" and "));
    }
    let found = match recognition.ignored.iter().find(|ignored| !ignored.named.is_empty()) {
        Some(ignored) => {
            format!("; found were {} {}, such as {}", ignored.count, ignored.kind, ignored.named[0])
        }
        None => String::new(),
    };
    format!("holds no folder images/ and no official archive or folder{found}")
}

/// Names the official archives that aren't there, where any is.
fn missing_archives(groups: &[Group], dataset: &str, recognition: &mut Recognition) {
    let roles: Vec<Role> = groups.iter().map(|group| group.role(dataset)).collect();
    if !roles.iter().any(|role| matches!(role, Role::Official(_))) {
        return;
    }
    let archives = lock::builtin().dataset.get(dataset).map(|d| &d.archives[..]).unwrap_or_default();
    for archive in archives {
        if !roles.contains(&Role::Official(archive)) {
            let what = format!("{} ({} {})", archive.name, archive.part.name(), archive.holds.name());
            if !recognition.missing.iter().any(|told| told.contains(&archive.name)) {
                recognition.missing.push(what);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn files(root: &Path, names: &[&str]) {
        for name in names {
            let path = root.join(name);
            fs_err::create_dir_all(path.parent().expect("a folder above")).expect("a writable folder");
            fs_err::write(path, "").expect("a writable folder");
        }
    }

    fn known() -> BTreeSet<String> {
        (0..4).map(|i| format!("ISIC_{i:07}")).collect()
    }

    /// Ids of the pairs, and what was told.
    fn listed(paths: &[PathBuf]) -> (Vec<String>, Vec<String>, Vec<String>) {
        let Listing { pairs, problems, recognition } = list(paths, "isic2017", &known()).expect("a listing");
        let told = recognition.lines().into_iter().map(|(label, text)| format!("{label}: {text}")).collect();
        (
            pairs.into_iter().map(|pair| pair.id).collect(),
            problems.iter().map(ToString::to_string).collect(),
            told,
        )
    }

    #[test]
    fn every_file_without_a_place_is_told() {
        let root = tempfile::tempdir().unwrap();
        files(
            root.path(),
            &[
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
                "notes/train.py",
            ],
        );
        let (ids, mut problems, told) = listed(&[root.path().to_owned()]);
        assert_eq!(ids, ["ISIC_0000000", "ISIC_0000001"]);
        problems.sort();
        assert_eq!(
            problems,
            [
                "images/ISIC_0000001.png: ISIC_0000001 is there twice, also as images/ISIC_0000001.jpg",
                "images/ISIC_0000002.jpg: has no mask masks/ISIC_0000002.png",
                "images/ISIC_9999999.jpg: ISIC_9999999 is not an image of isic2017",
                "images/holiday.jpg: the name is not like ISIC_0000000.jpg or ISIC_0000000.png",
                "masks/ISIC_0000003.png: has no image images/ISIC_0000003.jpg or images/ISIC_0000003.png",
            ]
        );
        assert_eq!(
            told,
            [
                "found: 3 images in images",
                "found: 3 masks in masks",
                "ignored: 1 files of the system",
                "ignored: 1 superpixels",
                "ignored: 1 licences and notes",
                "ignored: 1 unknown files: notes/train.py",
            ]
        );
    }

    #[test]
    fn layouts_are_found_wherever_they_lie() {
        let root = tempfile::tempdir().unwrap();
        let check = |layout: &str, paths: &[&str], names: &[&str]| {
            let root = root.path().join(layout);
            files(&root, names);
            let paths: Vec<PathBuf> = paths.iter().map(|path| root.join(path)).collect();
            let (ids, problems, _) = listed(&paths);
            assert_eq!((ids.len(), problems), (2, Vec::<String>::new()), "{layout}");
        };
        let authors = [
            "data/isic2017/train/images/ISIC_0000000.png",
            "data/isic2017/train/masks/ISIC_0000000_segmentation.png",
            "data/isic2017/val/images/ISIC_0000001.png",
            "data/isic2017/val/masks/ISIC_0000001_segmentation.png",
        ];
        check("authors", &[""], &authors);
        check("authors", &["data/isic2017"], &authors);
        check("authors", &["data/isic2017/val", "data/isic2017/train"], &authors);
        // One path that lies in another counts once.
        check("authors", &["data", "data/isic2017/train"], &authors);
        let official = [
            "ISIC-2017_Training_Data/ISIC_0000000.jpg",
            "ISIC-2017_Training_Data/ISIC_0000000_superpixels.png",
            "ISIC-2017_Training_Data/ISIC_0000001.jpg",
            "ISIC-2017_Training_Part1_GroundTruth/ISIC_0000000_segmentation.png",
            "ISIC-2017_Training_Part1_GroundTruth/ISIC_0000001_segmentation.png",
        ];
        check("official", &[""], &official);
        check("official", &["ISIC-2017_Training_Data", "ISIC-2017_Training_Part1_GroundTruth"], &official);
        let two = [
            "a/images/ISIC_0000000.jpg",
            "a/masks/ISIC_0000000.png",
            "b/images/ISIC_0000001.jpg",
            "b/masks/ISIC_0000001.png",
        ];
        check("two", &["a", "b"], &two);
        check("two", &["a/images", "a/masks", "b"], &two);
    }

    #[test]
    fn one_copy_below_its_folder_is_told_as_its_hash_counts_it() {
        let root = tempfile::tempdir().unwrap();
        files(root.path(), &["x/copy/images/ISIC_0000000.jpg", "x/copy/masks/ISIC_0000000.png"]);
        for path in ["", "x", "x/copy"] {
            let listing = list(&[root.path().join(path)], "isic2017", &known()).unwrap();
            assert_eq!(listing.pairs[0].image.name(), "images/ISIC_0000000.jpg", "{path}");
        }
    }

    #[test]
    fn official_halves_that_are_absent_are_told_once() {
        let root = tempfile::tempdir().unwrap();
        files(
            root.path(),
            &[
                "ISIC-2017_Training_Data/ISIC_0000000.jpg",
                "ISIC-2017_Training_Part1_GroundTruth/ISIC_0000000_segmentation.png",
                "ISIC-2017_Validation_Data/ISIC_0000001.jpg",
                "ISIC-2017_Validation_Data/ISIC_0000002.jpg",
                "ISIC2018_Task1-2_Training_Input/ISIC_0000003.jpg",
            ],
        );
        let (ids, problems, told) = listed(&[root.path().to_owned()]);
        assert_eq!((ids.len(), problems.len()), (1, 0));
        assert_eq!(
            told[3..],
            [
                "missing: ISIC-2017_Validation_Part1_GroundTruth.zip: 2 images of ISIC-2017_Validation_Data are left \
                 out, since their masks are in it",
                "missing: ISIC-2017_Test_v2_Data.zip (test images)",
                "missing: ISIC-2017_Test_v2_Part1_GroundTruth.zip (test masks)",
                "ignored: 1 files of isic2018",
            ]
        );
        // One mask among many is a problem, not a missing archive.
        files(root.path(), &["ISIC-2017_Validation_Part1_GroundTruth/ISIC_0000001_segmentation.png"]);
        let (ids, problems, _) = listed(&[root.path().to_owned()]);
        assert_eq!(ids.len(), 2);
        assert_eq!(
            problems,
            ["ISIC-2017_Validation_Data/ISIC_0000002.jpg: has no mask ISIC_0000002_segmentation.png"]
        );
    }

    #[test]
    fn what_is_not_recognised_is_the_users_mistake() {
        let root = tempfile::tempdir().unwrap();
        let check = |path: &str, expect: &str| {
            let error = list(&[root.path().join(path)], "isic2017", &known()).err().expect(expect);
            assert!(error.is_usage() && error.to_string().ends_with(expect), "{error}");
        };
        check("absent", "there is no such folder or archive");
        check("", "holds no folder images/ and no official archive or folder");
        files(root.path(), &["x/cat.gif"]);
        check("x/cat.gif", "is neither a folder nor a .zip archive");
        check("", "found were 1 unknown files, such as x/cat.gif");
        files(root.path(), &["y/ISIC2018_Task1-2_Training_Input/ISIC_0000000.jpg"]);
        check("y", "ISIC2018_Task1-2_Training_Input is of isic2018, not of isic2017");
        fs_err::create_dir_all(root.path().join("z/images")).unwrap();
        check("z", "holds no folder images/ and no official archive or folder");
        files(root.path(), &["z/images/LICENSE.txt"]);
        check("z", "images/ holds no JPEG or PNG file");
        files(root.path(), &["v/ISIC-2017_Validation_Data/ISIC_0000001.jpg"]);
        check("v", "since their masks are in it");
    }
}
