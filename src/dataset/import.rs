//! From a folder of images and masks to the cache that runs read.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::cache::{self, Source};
use super::decode::MaskValues;
use super::entry::Pair;
use super::prepare::{self, Checked, Order};
use super::source::{self, Listing, Recognition};
use super::{DatasetError, Images, Preparation, digest, known_ids, lock, split};

/// What an import made, and of what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportReport {
    /// The data set.
    pub dataset: String,
    /// The cache that was written.
    pub cache: PathBuf,
    /// Height and width of its images in pixels.
    pub size: usize,
    /// Number of pairs.
    pub pairs: usize,
    /// Pairs that had another size and were resized.
    pub resized: usize,
    /// Digest of the cache's content.
    pub digest: String,
    /// Whether the folder is a copy that `datasets.lock` knows.
    pub source: SourceCopy,
    /// Images that bear an orientation tag, which is ignored.
    pub oriented: usize,
    /// For each split of the data set, how many of its images are there.
    pub splits: Vec<SplitCoverage>,
    /// What was recognised of what the user has.
    pub recognition: Recognition,
}

/// Whether an imported folder is a copy that `datasets.lock` knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceCopy {
    /// It is, file by file.
    Known {
        /// The copy's name.
        name: String,
        /// In what the copy differs from the paper's preparation; empty if in nothing known.
        deviation: String,
        /// The copy's tree hash.
        tree_sha256: String,
    },
    /// It has the number and size of a known copy, but at least one file is another.
    Changed {
        /// The copy's name.
        name: String,
        /// The copy's tree hash.
        expected: String,
        /// The folder's tree hash, which is recorded in the cache.
        found: String,
    },
    /// It isn't.
    Unknown {
        /// The folder's tree hash, which is recorded in the cache.
        tree_sha256: String,
    },
}

/// How much of a split an import holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitCoverage {
    /// The split's name.
    pub split: String,
    /// Images of the split that are there.
    pub present: usize,
    /// Images of the split.
    pub total: usize,
}

impl ImportReport {
    /// What the user should know although the import succeeded.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        match &self.source {
            SourceCopy::Known { name, deviation, .. } if !deviation.is_empty() => {
                warnings.push(format!("{name} differs from the paper's preparation: {deviation}"));
            }
            SourceCopy::Known { .. } => {}
            SourceCopy::Changed { name, expected, found } => warnings.push(format!(
                "the folder looks like {name}, but at least one of its files was changed: its tree hash is {found}, \
                 not {expected}"
            )),
            SourceCopy::Unknown { tree_sha256 } => {
                warnings.push(format!("unknown copy: its hash {tree_sha256} is recorded"));
            }
        }
        if self.oriented > 0 {
            warnings.push(format!(
                "{} images bear an orientation tag, which is ignored: their masks have the size of the stored pixels",
                self.oriented
            ));
        }
        for coverage in self.splits.iter().filter(|coverage| coverage.present < coverage.total) {
            let SplitCoverage { split, present, total } = coverage;
            warnings.push(format!("split {split} is incomplete: {present} of {total} images"));
        }
        warnings
    }
}

/// Imports `folder`, which holds `images/` and `masks/`, as `dataset` into a cache below `data_dir`.
///
/// Image and mask of a pair must have the same size; where that isn't the size asked for, both are resized by the
/// kernel asked for, the mask to grey values. An earlier import is replaced; where it has images that this folder
/// lacks, only if `replace` is true. `progress` hears of the pairs done and of all pairs. The cache
/// doesn't depend on the number of threads.
///
/// # Errors
/// [`DatasetError::Pairs`] with every problem of every file, in which case nothing is written;
/// [`DatasetError::Folder`], [`DatasetError::UnknownDataset`] and [`DatasetError::Size`] for wrong arguments.
pub fn import(
    dataset: &str,
    folder: &Path,
    preparation: impl Into<Preparation>,
    data_dir: &Path,
    replace: bool,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<ImportReport, DatasetError> {
    import_from(dataset, &[folder.to_owned()], preparation, data_dir, replace, progress)
}

/// As [`import`], of all that `paths` hold: zip archives, and folders of any layout that has official inner folders, or
/// `images/` and `masks/`, somewhere.
///
/// # Errors
/// As [`import`]; [`DatasetError::Archive`] for an archive that isn't read.
pub fn import_from(
    dataset: &str,
    paths: &[PathBuf],
    preparation: impl Into<Preparation>,
    data_dir: &Path,
    replace: bool,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<ImportReport, DatasetError> {
    let preparation = preparation.into();
    let size = preparation.size;
    let known = known_ids(dataset)?;
    preparation.require()?;
    let Listing { pairs, problems, recognition } = source::list(paths, dataset, &known)?;
    let path = cache::path(dataset, preparation, data_dir);
    if !replace && problems.is_empty() {
        refuse_to_lose(dataset, preparation, data_dir, &pairs)?;
    }
    let from = source::told(paths);
    let masks = MaskValues::default();
    let order = Order { dataset, preparation, masks: &masks, path: &path, from: &from };
    let (digest, (source, resized, oriented)) =
        prepare::write(&order, &pairs, problems, progress, |checked| {
            let source = source_copy(dataset, tree(&pairs, checked), checked)?;
            let resized = checked.iter().filter(|checked| checked.stored != (size, size)).count();
            let oriented = checked.iter().filter(|checked| checked.orientation != 1).count();
            Ok((recorded(dataset, &source, resized), (source, resized, oriented)))
        })?;
    let splits = coverage(dataset, &pairs)?;
    let dataset = dataset.to_owned();
    Ok(ImportReport {
        dataset,
        cache: path,
        size,
        pairs: pairs.len(),
        resized,
        digest,
        source,
        oriented,
        splits,
        recognition,
    })
}

/// An import that lacks images which an earlier one brought is a mistake until the user says that it isn't.
fn refuse_to_lose(
    dataset: &str,
    preparation: Preparation,
    data_dir: &Path,
    pairs: &[Pair],
) -> Result<(), DatasetError> {
    // A cache that can't be used has nothing to lose.
    let Ok(earlier) = cache::open(dataset, preparation, data_dir) else { return Ok(()) };
    let brought: HashSet<&str> = pairs.iter().map(|pair| pair.id.as_str()).collect();
    let lost: Vec<String> =
        earlier.ids().iter().filter(|id| !brought.contains(id.as_str())).cloned().collect();
    if lost.is_empty() {
        return Ok(());
    }
    Err(DatasetError::WouldLose { path: earlier.path().to_owned(), ids: lost })
}

/// The lines that a tree hash is taken of: path, two spaces, SHA-256 of the file.
pub(super) fn tree(pairs: &[Pair], checked: &[Checked]) -> Vec<String> {
    let lines = |(pair, checked): (&Pair, &Checked)| {
        let line = |name: &str, sha256: &str| format!("{name}  {sha256}\n");
        [line(pair.image.name(), &checked.image_sha256), line(pair.mask.name(), &checked.mask_sha256)]
    };
    pairs.iter().zip(checked).flat_map(lines).collect()
}

/// SHA-256 of the lines, sorted.
pub(super) fn tree_sha256(mut lines: Vec<String>) -> String {
    lines.sort_unstable();
    let mut hash = Sha256::new();
    for line in lines {
        hash.update(line);
    }
    digest::hexadecimal(&hash.finalize())
}

/// Compares the tree hash with those of the lock; `tree` holds its lines.
fn source_copy(dataset: &str, tree: Vec<String>, checked: &[Checked]) -> Result<SourceCopy, DatasetError> {
    let found = tree_sha256(tree);
    let copies = &lock::builtin().dataset(dataset)?.prepared;
    if let Some((name, copy)) = copies.iter().find(|(_, copy)| copy.tree_sha256 == found) {
        return Ok(SourceCopy::Known {
            name: name.clone(),
            deviation: copy.deviation.clone(),
            tree_sha256: found,
        });
    }
    let similar = copies.iter().find(|(_, copy)| {
        copy.pairs == checked.len() && checked.iter().all(|pair| pair.stored == (copy.size, copy.size))
    });
    Ok(match similar {
        Some((name, copy)) => {
            SourceCopy::Changed { name: name.clone(), expected: copy.tree_sha256.clone(), found }
        }
        None => SourceCopy::Unknown { tree_sha256: found },
    })
}

/// What the cache keeps of its origin.
fn recorded(dataset: &str, source: &SourceCopy, resized: usize) -> Source {
    let (sha256, copy) = match source {
        SourceCopy::Known { name, tree_sha256, .. } => (tree_sha256, name.clone()),
        SourceCopy::Changed { found: sha256, .. } | SourceCopy::Unknown { tree_sha256: sha256 } => {
            (sha256, String::new())
        }
    };
    Source { dataset: dataset.to_owned(), sha256: sha256.clone(), copy, resized, stamp: None, place: None }
}

fn coverage(dataset: &str, pairs: &[Pair]) -> Result<Vec<SplitCoverage>, DatasetError> {
    lock::builtin()
        .splits(dataset)
        .into_iter()
        .map(|name| {
            let split = split(dataset, name)?;
            let ids = split.ids();
            let present = pairs.iter().filter(|pair| ids.contains(pair.id.as_str())).count();
            Ok(SplitCoverage { split: name.to_owned(), present, total: ids.len() })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copy(sizes: &[(usize, usize)]) -> SourceCopy {
        let checked = |&stored| Checked {
            image_sha256: String::new(),
            mask_sha256: String::new(),
            stored,
            orientation: 1,
        };
        let checked: Vec<Checked> = sizes.iter().map(checked).collect();
        source_copy("isic2017", vec!["images/ISIC_0000000.jpg  0\n".to_owned()], &checked).unwrap()
    }

    #[test]
    fn a_changed_file_in_a_known_copy_is_told_from_an_unknown_copy() {
        let SourceCopy::Changed { name, expected, found } = copy(&vec![(256, 256); 2150]) else {
            panic!("2150 pairs of 256x256 look like the known copy");
        };
        assert_eq!(name, "isic2017-256");
        assert_eq!(expected, lock::builtin().dataset("isic2017").unwrap().prepared[&name].tree_sha256);
        assert_eq!(found, digest::sha256(b"images/ISIC_0000000.jpg  0\n"));
        for sizes in [vec![(256, 256); 2149], vec![(767, 1022); 2150]] {
            assert_eq!(copy(&sizes), SourceCopy::Unknown { tree_sha256: found.clone() });
        }
    }

    #[test]
    fn warnings_tell_of_the_copy_and_of_incomplete_splits() {
        let report = ImportReport {
            dataset: "isic2017".to_owned(),
            cache: PathBuf::from("x.cache"),
            size: 256,
            pairs: 2150,
            resized: 0,
            digest: String::new(),
            source: SourceCopy::Changed {
                name: "isic2017-256".to_owned(),
                expected: "aa".to_owned(),
                found: "bb".to_owned(),
            },
            oriented: 2,
            splits: vec![
                SplitCoverage { split: "official".to_owned(), present: 2150, total: 2750 },
                SplitCoverage { split: "paper".to_owned(), present: 2150, total: 2150 },
            ],
            recognition: Recognition::default(),
        };
        assert_eq!(
            report.warnings(),
            [
                "the folder looks like isic2017-256, but at least one of its files was changed: its tree hash is \
             bb, not aa",
                "2 images bear an orientation tag, which is ignored: their masks have the size of the stored pixels",
                "split official is incomplete: 2150 of 2750 images",
            ]
        );
    }
}
