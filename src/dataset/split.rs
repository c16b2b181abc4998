//! Which images train, which select the epoch, and which are reported on.

use std::collections::BTreeSet;

use super::{DatasetError, Images, Preparation, digest, id_lists, lock};

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

/// The split `name` of `dataset`, with its lists checked against `datasets.lock`.
///
/// # Errors
/// When there is no such split, or its lists aren't those that the lock's checksum was taken of.
pub fn split(dataset: &str, name: &str) -> Result<Split, DatasetError> {
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
        let Split { train, select, report, .. } = split(dataset, name)?;
        known.extend(train.into_iter().chain(select).chain(report));
    }
    Ok(known)
}

fn digest_of(train: &[String], select: &[String], report: &[String]) -> String {
    let mut text = String::new();
    for (role, ids) in [("train", train), ("select", select), ("report", report)] {
        for line in std::iter::once(role).chain(ids.iter().map(String::as_str)) {
            text.push_str(line);
            text.push('\n');
        }
    }
    digest::sha256(text.as_bytes())
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
    fn the_boundary_between_lists_enters_the_digest() {
        let ids = |names: &[&str]| names.iter().map(|&id| id.to_owned()).collect::<Vec<_>>();
        let one = Split::new("s", ids(&["a", "b"]), ids(&["c"]), ids(&["d"]));
        let other = Split::new("s", ids(&["a"]), ids(&["b", "c"]), ids(&["d"]));
        assert_ne!(one.digest, other.digest);
        assert_eq!(one.digest, Split::new("t", ids(&["b", "a"]), ids(&["c"]), ids(&["d"])).digest);
    }
}
