//! Whether a user's folder still is what was prepared of it.

use super::listing::{Listing, list};
use super::open::DATASET;
use crate::dataset::DatasetError;
use crate::dataset::cache::{Cache, Record};
use crate::dataset::prepare::{self, Order};

/// Where the folder lies that a cache is of, if it is of one and says so, and whether it is there.
pub fn place(cache: &Cache) -> Option<(String, bool)> {
    let place = cache.place()?;
    Some((place.path.display().to_string(), place.path.is_dir()))
}

/// Compares a cache with the folder that it is of: by names, lengths and times of all files; `deep`ly by preparing every
/// pair again, which finds files that changed and don't show it. `progress` hears of pairs done and of all pairs.
///
/// # Errors
/// [`DatasetError::FolderChanged`] with the pairs that are others now; [`DatasetError::Pairs`] where they can't be read any
/// more. None where the cache is of no folder, or of one that isn't there.
pub fn check(cache: &Cache, deep: bool, progress: &mut dyn FnMut(usize, usize)) -> Result<(), DatasetError> {
    let Some(place) = cache.place().filter(|place| place.path.is_dir()) else { return Ok(()) };
    let changed = |pairs: Vec<String>, shows: bool| DatasetError::FolderChanged {
        folder: place.path.clone(),
        cache: cache.path().to_owned(),
        pairs,
        shows,
    };
    let Listing { pairs, problems, stamp } = list(place)?;
    let shows = cache.stamp() != Some(stamp.as_str());
    if !deep {
        return if shows { Err(changed(Vec::new(), true)) } else { Ok(()) };
    }
    let masks = place.mask_values();
    let preparation = cache.preparation();
    let order = Order { dataset: DATASET, preparation, masks: &masks, path: cache.path(), from: &place.path };
    let now = prepare::records(&order, &pairs, problems, progress)?;
    let others = differing(cache.records(), &now);
    match (others.is_empty(), shows) {
        (true, false) => Ok(()),
        // What was only touched would be prepared again, to the same pixels.
        (_, shows) => Err(changed(others, shows)),
    }
}

/// Ids of the pairs that aren't the same in both, sorted; both are sorted by id.
fn differing(then: &[Record], now: &[Record]) -> Vec<String> {
    let is_in = |record: &Record, other: &[Record]| {
        other.binary_search_by(|known| known.id.cmp(&record.id)).is_ok_and(|at| other[at] == *record)
    };
    let gone = then.iter().filter(|record| !is_in(record, now));
    let mut ids: Vec<String> = gone
        .chain(now.iter().filter(|record| !is_in(record, then)))
        .map(|record| record.id.clone())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_that_changed_came_or_went_are_named_once() {
        let record = |id: &str, image: &str| Record {
            id: id.into(),
            image_sha256: image.into(),
            mask_sha256: String::new(),
        };
        let then = [record("a", "1"), record("b", "2"), record("d", "4")];
        let now = [record("a", "1"), record("b", "3"), record("c", "4")];
        assert_eq!(differing(&then, &now), ["b", "c", "d"]);
        assert!(differing(&then, &then).is_empty());
    }
}
