//! Prepares a user's folder, and opens what was prepared of it.

use std::path::{Path, PathBuf};

use super::listing::{Listing, list};
use super::place::Place;
use super::split::split;
use crate::dataset::cache::{self, Cache, Source};
use crate::dataset::import::{tree, tree_sha256};
use crate::dataset::prepare::{self, Order};
use crate::dataset::{DatasetError, Images, Preparation, Split};
use crate::experiment::settings::FolderSource;

/// What the cache of any such folder says it is of, and the folder of prepared data that it lies in.
pub(in crate::dataset) const DATASET: &str = "folder";

/// Where the cache of the folder lies.
pub fn cache_path(source: &FolderSource, preparation: Preparation, data_dir: &Path) -> PathBuf {
    Place::of(source).wanted(preparation, data_dir).path
}

/// True where the folder isn't prepared yet, or has changed since: a file is another by its name, length or times.
///
/// # Errors
/// When the folder can't be listed.
pub fn is_due(
    source: &FolderSource,
    preparation: Preparation,
    data_dir: &Path,
) -> Result<bool, DatasetError> {
    let place = Place::of(source);
    let listing = list(&place)?;
    let prepared = cache::look(&place.wanted(preparation, data_dir));
    Ok(!prepared.is_ok_and(|cache| cache.stamp() == Some(listing.stamp.as_str())))
}

/// Prepares the folder as data sets are prepared, in place of what was prepared of it before. `progress` hears of the pairs
/// done and of all pairs.
///
/// # Errors
/// [`DatasetError::Pairs`] with every problem of every file, and what else keeps files from being read or written.
pub fn prepare(
    source: &FolderSource,
    preparation: Preparation,
    data_dir: &Path,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<(), DatasetError> {
    preparation.require()?;
    let place = Place::of(source);
    let Listing { pairs, problems, stamp } = list(&place)?;
    let (masks, path) = (place.mask_values(), place.wanted(preparation, data_dir).path);
    let order = Order { dataset: DATASET, preparation, masks: &masks, path: &path, from: &source.path };
    prepare::write(&order, &pairs, problems, progress, |checked| {
        let side = preparation.size;
        let resized = checked.iter().filter(|checked| checked.stored != (side, side)).count();
        let sha256 = tree_sha256(tree(&pairs, checked));
        let dataset = DATASET.to_owned();
        let (stamp, place) = (Some(stamp), place.whole());
        Ok((Source { dataset, sha256, copy: String::new(), resized, stamp, place }, ()))
    })?;
    Ok(())
}

/// Opens what was prepared of the folder, with its split; checksums are verified.
///
/// # Errors
/// [`DatasetError::Unprepared`] where it isn't prepared or has changed since; otherwise as [`cache::open`] and for the
/// split's lists.
pub fn open(
    source: &FolderSource,
    preparation: Preparation,
    data_dir: &Path,
) -> Result<(Cache, Split), DatasetError> {
    let unprepared = |what| DatasetError::Unprepared { folder: source.path.clone(), what };
    let place = Place::of(source);
    let mut cache = match cache::look(&place.wanted(preparation, data_dir)) {
        Err(DatasetError::Missing { .. }) => return Err(unprepared("is not prepared")),
        found => found?,
    };
    if cache.stamp() != Some(list(&place)?.stamp.as_str()) {
        return Err(unprepared("has changed since it was prepared"));
    }
    cache.verify()?;
    let split = split(source, cache.ids())?;
    Ok((cache, split))
}
