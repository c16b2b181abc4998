//! Which images train, which select the epoch, and which are reported on.

use std::collections::BTreeSet;
use std::path::Path;

use super::{DatasetError, Images, Preparation, derived, digest, id_lists, lock, own_lists};
use crate::experiment::settings::{SplitBase, SplitName};

/// Three sorted id lists of one data set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// The split's name, such as `paper`.
    pub name: String,
    /// Images that train.
    pub train: Vec<String>,
    /// Images whose loss selects the epoch.
    pub select: Vec<String>,
    /// Images that the reported numbers are computed on.
    pub report: Vec<String>,
    /// SHA-256 in hexadecimal of the three lists.
    pub digest: String,
}

impl Split {
    /// A split of the three lists, which it sorts; the digest is taken of them.
    pub fn new(name: &str, mut train: Vec<String>, mut select: Vec<String>, mut report: Vec<String>) -> Self {
        for list in [&mut train, &mut select, &mut report] {
            list.sort_unstable();
        }
        let digest = digest_of(&train, &select, &report);
        Self { name: name.to_owned(), train, select, report, digest }
    }

    /// True where the epoch is selected on images that are reported on.
    pub fn selects_on_report(&self) -> bool {
        self.select == self.report
    }

    /// Every id of the split once, sorted.
    pub fn ids(&self) -> BTreeSet<&str> {
        self.train.iter().chain(&self.select).chain(&self.report).map(String::as_str).collect()
    }

    /// Checks that `images` holds every id of the split.
    ///
    /// # Errors
    /// [`DatasetError::MissingImages`] with all absent ids.
    pub fn require(&self, dataset: &str, images: &dyn Images) -> Result<(), DatasetError> {
        let present = images.index();
        let ids: Vec<String> =
            self.ids().into_iter().filter(|id| !present.contains_key(id)).map(str::to_owned).collect();
        if ids.is_empty() {
            return Ok(());
        }
        Err(DatasetError::MissingImages {
            dataset: dataset.to_owned(),
            split: self.name.clone(),
            preparation: Preparation { size: images.size(), resize: images.resize() },
            ids,
        })
    }
}

/// The split of which all images are dealt out to folds.
const WHOLE: &str = "paper";

/// The split `name` of `dataset`: lists of `datasets.lock`, or one that is made of them by rule, as [`SplitName`] reads
/// it.
///
/// # Errors
/// When there is no such split, or its lists aren't those that the lock's checksum was taken of.
pub fn split(dataset: &str, name: &str) -> Result<Split, DatasetError> {
    made(dataset, name, &|listed| self::listed(dataset, listed))
}

/// As [`split`], and the user's own lists that `data split --from` put below `data_dir`.
///
/// # Errors
/// As [`split`]; also where own lists can't be read.
pub fn split_in(dataset: &str, name: &str, data_dir: &Path) -> Result<Split, DatasetError> {
    made(dataset, name, &|listed| match self::listed(dataset, listed) {
        Err(DatasetError::UnknownSplit { known, .. }) => own_lists::read(dataset, listed, data_dir, known),
        found => found,
    })
}

fn made(
    dataset: &str,
    name: &str,
    listed: &dyn Fn(&str) -> Result<Split, DatasetError>,
) -> Result<Split, DatasetError> {
    let lock = lock::builtin();
    let near_duplicates = &lock.dataset(dataset)?.near_duplicates;
    let SplitName { base, without_leaks } = name.parse().map_err(|_| DatasetError::UnknownSplit {
        dataset: dataset.to_owned(),
        name: name.to_owned(),
        known: lock.splits(dataset).into_iter().map(str::to_owned).collect(),
    })?;
    let base = match base {
        SplitBase::Listed(listed_name) => listed(&listed_name)?,
        SplitBase::Fold(fold) => {
            derived::fold(&fold.to_string(), &self::listed(dataset, WHOLE)?, near_duplicates, fold)
        }
    };
    Ok(if without_leaks { derived::without_leaks(name, &base, near_duplicates) } else { base })
}

/// Lists of `datasets.lock`, checked against its checksum.
fn listed(dataset: &str, name: &str) -> Result<Split, DatasetError> {
    let entry = lock::builtin().split(dataset, name)?;
    let [train, select, report] =
        id_lists::read(&entry.lists).expect("a test compares the embedded lists with the lock");
    let split = Split::new(name, train, select, report);
    if split.digest == entry.sha256 {
        Ok(split)
    } else {
        Err(DatasetError::Checksum {
            what: format!("id lists {}", entry.lists),
            expected: entry.sha256.clone(),
            found: split.digest,
            mend: None,
        })
    }
}

/// Every id that any split of `dataset` names, sorted.
///
/// # Errors
/// As [`split`].
pub fn known_ids(dataset: &str) -> Result<BTreeSet<String>, DatasetError> {
    let mut known = BTreeSet::new();
    for name in lock::builtin().dataset(dataset)?.split.keys() {
        let Split { train, select, report, .. } = listed(dataset, name)?;
        known.extend(train.into_iter().chain(select).chain(report));
    }
    Ok(known)
}

/// Names of the parts, in the order of every list of them.
pub(super) const PARTS: [&str; 3] = ["train", "select", "report"];

fn digest_of(train: &[String], select: &[String], report: &[String]) -> String {
    digest::sha256(text_of([train, select, report]).as_bytes())
}

/// The text that a split's digest is taken of: each part's name and its ids, a line each.
pub(super) fn text_of(parts: [&[String]; 3]) -> String {
    let mut text = String::new();
    for (part, ids) in PARTS.into_iter().zip(parts) {
        for line in std::iter::once(part).chain(ids.iter().map(String::as_str)) {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_split_of_the_lock_has_the_lists_that_its_checksum_was_taken_of() {
        for dataset in lock::builtin().datasets() {
            for name in lock::builtin().splits(dataset) {
                let split = split(dataset, name).unwrap();
                let entry = lock::builtin().split(dataset, name).unwrap();
                assert_eq!(entry.images, [split.train.len(), split.select.len(), split.report.len()]);
                for list in [&split.train, &split.select, &split.report] {
                    assert!(list.is_sorted_by(|a, b| a < b), "{dataset} {name}: an id stands twice");
                }
                let train: BTreeSet<_> = split.train.iter().collect();
                assert!(split.select.iter().chain(&split.report).all(|id| !train.contains(id)));
            }
        }
    }

    #[test]
    fn every_embedded_list_belongs_to_a_split_of_the_lock() {
        let named: BTreeSet<&str> = lock::builtin()
            .dataset
            .values()
            .flat_map(|dataset| dataset.split.values())
            .map(|entry| entry.lists.as_str())
            .collect();
        assert_eq!(named, id_lists::folders().collect());
    }

    #[test]
    fn the_paper_selects_on_what_it_reports() {
        assert!(split("isic2017", "paper").unwrap().selects_on_report());
        assert!(!split("isic2017", "held-out").unwrap().selects_on_report());
        assert!(!split("isic2017", "official").unwrap().selects_on_report());
    }

    #[test]
    fn held_out_reports_on_the_papers_images_and_trains_without_near_duplicates_of_them() {
        let paper = split("isic2017", "paper").unwrap();
        let held_out = split("isic2017", "held-out").unwrap();
        assert_eq!(held_out.report, paper.report);
        let seen: BTreeSet<&str> =
            held_out.train.iter().chain(&held_out.select).map(String::as_str).collect();
        for pair in &lock::builtin().dataset("isic2017").unwrap().near_duplicates {
            for (one, other) in [(0, 1), (1, 0)] {
                let reported = held_out.report.contains(&pair.ids[one]);
                assert!(!(reported && seen.contains(pair.ids[other].as_str())), "{:?}", pair.ids);
            }
        }
    }

    #[test]
    fn splits_are_made_by_rule_of_listed_ones() {
        let clean = split("isic2017", "paper-without-leaks").unwrap();
        let paper = split("isic2017", "paper").unwrap();
        let left: Vec<&String> = paper.train.iter().filter(|id| !clean.train.contains(id)).collect();
        assert_eq!(left, ["ISIC_0012290", "ISIC_0012970"]);
        assert_eq!((clean.name.as_str(), &clean.report), ("paper-without-leaks", &paper.report));
        let fold = split("isic2017", "fold-2-of-5").unwrap();
        assert_eq!((fold.ids().len(), fold.report.len(), fold.name.as_str()), (2150, 431, "fold-2-of-5"));
        for name in ["fold-6-of-5", "paper-without-leaks-without-leaks", "absent"] {
            let error = split("isic2017", name).unwrap_err();
            assert!(matches!(error, DatasetError::UnknownSplit { .. }), "{name}: {error}");
        }
    }

    #[test]
    fn the_boundary_between_lists_enters_the_digest() {
        let ids = |names: &[&str]| names.iter().map(|&id| id.to_owned()).collect::<Vec<_>>();
        let one = Split::new("s", ids(&["a", "b"]), ids(&["c"]), ids(&["d"]));
        let other = Split::new("s", ids(&["a"]), ids(&["b", "c"]), ids(&["d"]));
        assert_ne!(one.digest, other.digest);
        assert_eq!(one.digest, Split::new("t", ids(&["b", "a"]), ids(&["c"]), ids(&["d"])).digest);
    }
}
