//! `datasets.lock`: what is known of each data set, embedded in the binary.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::sync::LazyLock;

use serde::Deserialize;

use super::DatasetError;
pub use super::official::{Archive, Bytes, Checksum, Holds, Part, Seen};
pub use super::published::{Measure, Published, SplitPart};

/// Format version of `datasets.lock` that this code reads.
pub const VERSION: u32 = 2;

/// Bytes that a lock file may have at most: some ten thousand archives.
const LONGEST: u64 = 8 << 20;

static BUILTIN: LazyLock<Lock> = LazyLock::new(|| {
    Lock::parse(include_str!("../../datasets.lock"))
        .expect("the embedded datasets.lock is parsed by a test of this file")
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
    /// Where its text can be read.
    pub license_text: String,
    /// Who says that this is the licence.
    pub license_evidence: String,
    /// Where the data set is described.
    pub page: String,
    /// What to cite.
    pub citations: Vec<String>,
    /// Addresses below which the archives lie, the current one first.
    pub base_urls: Vec<String>,
    /// Pairs of images that show the same picture.
    #[serde(default)]
    pub near_duplicates: Vec<NearDuplicate>,
    /// The official archives.
    #[serde(default)]
    pub archives: Vec<Archive>,
    /// Copies that somebody resized before.
    #[serde(default)]
    pub prepared: BTreeMap<String, Prepared>,
    /// Which images train, select and report.
    #[serde(default)]
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

/// Only the version of a file whose other keys may be anything.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

impl Lock {
    /// Reads the text of a lock file.
    ///
    /// # Errors
    /// What is wrong with it, with line and column.
    pub fn parse(text: &str) -> Result<Self, String> {
        let told = |error: toml::de::Error| error.to_string().trim_end().to_owned();
        let found = toml::from_str::<Versioned>(text).map_err(told)?.version;
        if found != VERSION {
            return Err(format!("is of version {found}; this ege-bench reads version {VERSION}"));
        }
        let lock: Self = toml::from_str(text).map_err(told)?;
        for (name, dataset) in &lock.dataset {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
            if name.is_empty() || name.len() > 64 || !name.bytes().all(plain) {
                return Err(format!(
                    "{name:?} is no name of a data set: letters, digits, `-` and `_` are allowed"
                ));
            }
            for url in &dataset.base_urls {
                if !["https://", "http://"].iter().any(|scheme| url.starts_with(scheme)) {
                    return Err(format!("data set {name}: {url:?} is not an address of http or https"));
                }
            }
            for archive in &dataset.archives {
                archive.check().map_err(|problem| format!("data set {name}: {problem}"))?;
                if dataset.archives.iter().filter(|other| other.name == archive.name).count() > 1 {
                    return Err(format!("data set {name}: archive {} is there twice", archive.name));
                }
            }
        }
        Ok(lock)
    }

    /// Reads a lock file other than the embedded one.
    ///
    /// # Errors
    /// When it can't be read, or isn't one.
    pub fn read(path: &Path) -> Result<Self, DatasetError> {
        let wrong = |problem: String| DatasetError::LockFile { path: path.to_owned(), problem };
        Self::parse(&Self::text(path)?).map_err(wrong)
    }

    /// The text of a lock file.
    ///
    /// # Errors
    /// When it can't be read.
    pub(super) fn text(path: &Path) -> Result<String, DatasetError> {
        let wrong = |problem: String| DatasetError::LockFile { path: path.to_owned(), problem };
        let mut text = String::new();
        let file = fs_err::File::open(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => wrong("there is no such file".to_owned()),
            kind => wrong(kind.to_string()),
        })?;
        file.take(LONGEST + 1).read_to_string(&mut text).map_err(|error| wrong(error.kind().to_string()))?;
        if text.len() as u64 > LONGEST {
            return Err(wrong(format!("has more than {LONGEST} bytes")));
        }
        Ok(text)
    }

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
    fn unknown_keys_and_versions_are_refused() {
        let check = |text: &str, expect: &str| {
            let problem = Lock::parse(text).unwrap_err();
            assert!(problem.contains(expect), "{problem}");
        };
        check("version = 2\ncolour = 'red'\n[dataset]\n", "unknown field `colour`");
        check("version = 3\ncolour = 'red'\n", "is of version 3; this ege-bench reads version 2");
        check("colour = 'red'", "missing field `version`");
        check("version = 1e99", "line 1, column");
    }

    #[test]
    fn what_becomes_a_path_or_an_address_is_plain() {
        let text = include_str!("../../datasets.lock");
        let check = |from: &str, to: &str, expect: &str| {
            assert!(text.contains(from));
            let problem = Lock::parse(&text.replacen(from, to, 1)).unwrap_err();
            assert!(problem.contains(expect), "{problem}");
        };
        let archive = "name = \"ISIC-2017_Training_Data.zip\"";
        for name in ["../evil.zip", "/evil.zip", "a/b.zip", ".zip", "a\\\\b.zip", "C:evil.zip", "evil.sh"] {
            check(archive, &format!("name = \"{name}\""), "the name is not the plain name of a .zip file");
        }
        check("folder = \"ISIC-2017_Training_Data\"", "folder = \"..\"", "folder is not the plain name");
        check(archive, "name = \"ISIC-2017_Test_v2_Data.zip\"", "is there twice");
        check("md5 = \"a14a", "md5 = \"A14a", "md5 is not 32 lower-case hexadecimal digits");
        check("\"https://isic-archive", "\"file:///isic-archive", "is not an address of http or https");
        let problem = Lock::parse(&text.replace("[dataset.isic2018", "[dataset.\"../x\"")).unwrap_err();
        assert!(problem.starts_with("\"../x\" is no name of a data set"), "{problem}");
    }

    #[test]
    fn every_part_of_a_data_set_has_images_and_masks() {
        for dataset in builtin().dataset.values() {
            for part in Part::ALL {
                let mut found: Vec<_> =
                    dataset.archives.iter().filter(|a| a.part == part).map(|a| a.holds).collect();
                found.sort_unstable();
                assert_eq!(found, [Holds::Images, Holds::Masks]);
            }
            for archive in &dataset.archives {
                assert_eq!(archive.name, format!("{}.zip", archive.folder));
            }
        }
    }
}
