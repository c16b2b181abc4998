//! `datasets.lock`: what is known of each data set, embedded in the binary.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::DatasetError;

/// Format version of `datasets.lock` that this code reads.
pub const VERSION: u32 = 1;

static BUILTIN: LazyLock<Lock> = LazyLock::new(|| {
    let lock: Lock = toml::from_str(include_str!("../../datasets.lock"))
        .expect("the embedded datasets.lock is parsed by a test of this file");
    assert_eq!(lock.version, VERSION, "the embedded datasets.lock is of this code's version");
    lock
});

/// The `datasets.lock` that this binary was built with.
pub fn builtin() -> &'static Lock {
    &BUILTIN
}

/// All data sets.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Lock {
    /// Version of the file's format.
    pub version: u32,
    /// Data sets by name.
    pub dataset: BTreeMap<String, Dataset>,
}

/// One data set.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Dataset {
    /// The name in full.
    pub title: String,
    /// SPDX identifier of the licence.
    pub license: String,
    /// Who says that this is the licence.
    pub license_evidence: String,
    /// Where the data set is described.
    pub page: String,
    /// What to cite.
    pub citations: Vec<String>,
    /// Addresses below which the archives lie, the current one first.
    pub base_urls: Vec<String>,
    /// Pairs of images that show the same picture.
    pub near_duplicates: Vec<NearDuplicate>,
    /// The official archives.
    pub archives: Vec<Archive>,
    /// Copies that somebody resized before.
    pub prepared: BTreeMap<String, Prepared>,
    /// Which images train, select and report.
    pub split: BTreeMap<String, SplitEntry>,
}

/// Two images that show the same picture.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct NearDuplicate {
    /// The two ids, sorted.
    pub ids: [String; 2],
    /// Mean squared difference of the two, shrunk to 32x32 RGB bytes.
    pub mse: f64,
}

/// An official archive.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Archive {
    /// File name.
    pub name: String,
    /// Size of the file.
    pub bytes: Bytes,
    /// MD5 in hexadecimal, where anybody published one.
    pub md5: Option<String>,
    /// SHA-256 in hexadecimal, where anybody published one.
    pub sha256: Option<String>,
    /// Where size and checksums come from.
    pub origin: String,
}

/// A file's size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum Bytes {
    /// Known to the byte.
    Exact(u64),
    /// Known roughly.
    About(u64),
}

/// A copy of the data set that somebody resized before.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Prepared {
    /// Number of images, each with its mask.
    pub pairs: usize,
    /// Height and width in pixels.
    pub size: usize,
    /// How images were brought to that size.
    pub images: String,
    /// How masks were brought to that size.
    pub masks: String,
    /// Where the copy comes from.
    pub source: String,
    /// In what the copy differs from the paper's preparation; empty if in nothing known.
    pub deviation: String,
    /// SHA-256 of the sorted lines `relative path`, two spaces, `sha256 of the file` of all images and masks.
    pub tree_sha256: String,
}

/// A split: where its lists lie and what they must be.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SplitEntry {
    /// Folder of `train.txt`, `select.txt` and `report.txt`.
    pub lists: String,
    /// Where the split comes from.
    pub origin: String,
    /// Number of images that train, select and report.
    pub images: [usize; 3],
    /// SHA-256 of the word `train`, the ids of `train.txt`, and so on for `select` and `report`, each on a
    /// line of its own.
    pub sha256: String,
    /// Published numbers that the lists can be checked against, where there are any.
    #[serde(default)]
    pub published: Vec<Published>,
}

/// A number that somebody published about the images of one part of a split.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Published {
    /// What was measured.
    pub measure: Measure,
    /// Over which part of the split.
    pub part: Part,
    /// The number, in the measure's unit.
    pub value: f64,
    /// Decimal places as published.
    pub digits: usize,
    /// Height and width in pixels at which it was measured.
    pub size: usize,
    /// Where it stands.
    pub source: String,
}

/// What is measured of a part of a split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Mean of all bytes of all images, three colours together, in 0..=255.
    MeanPixel,
    /// Number of lesion pixels of all masks.
    LesionPixels,
}

/// A part of a split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Images that train.
    Train,
    /// Images that select the epoch.
    Select,
    /// Images that are reported on.
    Report,
}

impl Lock {
    /// Names of all data sets, sorted.
    pub fn datasets(&self) -> Vec<&str> {
        self.dataset.keys().map(String::as_str).collect()
    }

    /// The data set called `name`.
    ///
    /// # Errors
    /// When there is none.
    pub fn dataset(&self, name: &str) -> Result<&Dataset, DatasetError> {
        self.dataset.get(name).ok_or_else(|| DatasetError::UnknownDataset {
            name: name.to_owned(),
            known: self.dataset.keys().cloned().collect(),
        })
    }

    /// Names of the splits of a data set, sorted; none for an unknown data set.
    pub fn splits(&self, dataset: &str) -> Vec<&str> {
        self.dataset.get(dataset).into_iter().flat_map(|d| d.split.keys()).map(String::as_str).collect()
    }

    /// The entry of a split.
    ///
    /// # Errors
    /// When there is no such data set or split.
    pub fn split(&self, dataset: &str, name: &str) -> Result<&SplitEntry, DatasetError> {
        let entry = self.dataset(dataset)?;
        entry.split.get(name).ok_or_else(|| DatasetError::UnknownSplit {
            dataset: dataset.to_owned(),
            name: name.to_owned(),
            known: entry.split.keys().cloned().collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_hexadecimal(text: &str, digits: usize) -> bool {
        text.len() == digits && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    }

    #[test]
    fn the_embedded_lock_is_well_formed() {
        let lock = builtin();
        assert_eq!(lock.datasets(), ["isic2017", "isic2018"]);
        assert_eq!(lock.splits("isic2017"), ["held-out", "official", "paper"]);
        assert_eq!(lock.splits("isic2018"), ["official", "paper"]);
        for dataset in lock.dataset.values() {
            for archive in &dataset.archives {
                assert!(archive.md5.as_ref().is_none_or(|sum| is_hexadecimal(sum, 32)), "{}", archive.name);
                assert!(
                    archive.sha256.as_ref().is_none_or(|sum| is_hexadecimal(sum, 64)),
                    "{}",
                    archive.name
                );
                assert!(archive.origin.starts_with("third party"), "{}", archive.name);
            }
            assert!(dataset.prepared.values().all(|copy| is_hexadecimal(&copy.tree_sha256, 64)));
            assert!(dataset.near_duplicates.iter().all(|pair| pair.ids[0] < pair.ids[1]));
        }
    }

    #[test]
    fn unknown_names_are_told_with_the_known_ones() {
        let check = |result: Result<&SplitEntry, DatasetError>, expect: &str| {
            assert_eq!(result.unwrap_err().to_string(), expect);
        };
        check(
            builtin().split("isic2019", "paper"),
            "unknown data set `isic2019`; known are isic2017, isic2018",
        );
        check(
            builtin().split("isic2018", "held-out"),
            "data set `isic2018` has no split `held-out`; it has official, paper",
        );
    }

    #[test]
    fn unknown_keys_are_refused() {
        let error = toml::from_str::<Lock>("version = 1\ncolour = 'red'\n[dataset]\n").unwrap_err();
        assert!(error.message().contains("unknown field `colour`"), "{error}");
    }
}
