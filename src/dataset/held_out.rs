//! The split `held-out`: the epoch is selected on images that aren't reported on.
//!
//! The paper selects the epoch on the very images that it reports (deviation 6). Here the paper's training
//! images give up a part that selects, and images that show the same picture as a reported one neither
//! train nor select.

use std::collections::{BTreeMap, BTreeSet};

use super::{NearDuplicate, Split};
use crate::random;

/// Seed of the draw: the year of the data set.
pub const SEED: u64 = 2017;

/// Images that select: 15 % of the paper's 1500 training images.
pub const SELECT_IMAGES: usize = 225;

/// Strata of equal size by lesion size; each gives the same number of images to the selection.
const STRATA: usize = 45;

/// Makes `held-out` from the paper's split and the number of lesion pixels of each of its training images.
///
/// 1. Training images that are near duplicates of a reported image are left out.
/// 2. The others form units: near duplicates of one another stay together, all others are alone.
/// 3. Units are ordered by their mean number of lesion pixels (then by id) and cut into 45 strata.
/// 4. In each stratum the units are shuffled by the stream (seed, `held-out`, 0, stratum) and taken, as long
///    as they fit, until the stratum has given its share of `select_images`.
///
/// Training images without an entry in `lesion_pixels` count as 0.
pub fn make(
    paper: &Split,
    lesion_pixels: &BTreeMap<String, u64>,
    near_duplicates: &[NearDuplicate],
    select_images: usize,
    seed: u64,
) -> Split {
    let reported: BTreeSet<&str> = paper.report.iter().map(String::as_str).collect();
    let leaks = |id: &str| {
        near_duplicates.iter().any(|pair| partner(pair, id).is_some_and(|other| reported.contains(other)))
    };
    let candidates: Vec<&str> = paper.train.iter().map(String::as_str).filter(|id| !leaks(id)).collect();
    let mut units = units(&candidates, near_duplicates);
    let mean = |unit: &Vec<&str>| {
        let pixels: u64 = unit.iter().map(|&id| lesion_pixels.get(id).copied().unwrap_or(0)).sum();
        pixels as f64 / unit.len() as f64
    };
    units.sort_by(|a, b| mean(a).total_cmp(&mean(b)).then_with(|| a.cmp(b)));

    let share = |total: usize, stratum: usize| total * stratum / STRATA;
    let mut selected = BTreeSet::new();
    for stratum in 0..STRATA {
        let mut open = share(select_images, stratum + 1) - share(select_images, stratum);
        let mut units = units[share(units.len(), stratum)..share(units.len(), stratum + 1)].to_vec();
        random::stream(seed, "held-out", 0, &stratum.to_string()).shuffle(&mut units);
        for unit in units {
            if unit.len() <= open {
                open -= unit.len();
                selected.extend(unit);
            }
        }
    }
    let (select, train): (Vec<&str>, Vec<&str>) = candidates.iter().partition(|&id| selected.contains(id));
    let owned = |ids: Vec<&str>| ids.into_iter().map(str::to_owned).collect();
    Split::new("held-out", owned(train), owned(select), paper.report.clone())
}

/// The other image of a pair that `id` belongs to.
pub(super) fn partner<'a>(pair: &'a NearDuplicate, id: &str) -> Option<&'a str> {
    let [first, second] = &pair.ids;
    if first == id {
        Some(second)
    } else if second == id {
        Some(first)
    } else {
        None
    }
}

/// The candidates in groups that must not be parted, each sorted.
pub(super) fn units<'a>(candidates: &[&'a str], near_duplicates: &[NearDuplicate]) -> Vec<Vec<&'a str>> {
    let mut units: Vec<Vec<&str>> = candidates.iter().map(|&id| vec![id]).collect();
    for pair in near_duplicates {
        let find = |id: &String| units.iter().position(|unit| unit.contains(&id.as_str()));
        if let (Some(first), Some(second)) = (find(&pair.ids[0]), find(&pair.ids[1]))
            && first != second
        {
            let moved = units.remove(first.max(second));
            units[first.min(second)].extend(moved);
            units[first.min(second)].sort_unstable();
        }
    }
    units
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: usize) -> String {
        format!("ISIC_{number:07}")
    }

    fn pair(a: usize, b: usize) -> NearDuplicate {
        NearDuplicate { ids: [id(a), id(b)], mse: 0.0 }
    }

    fn paper() -> (Split, BTreeMap<String, u64>) {
        let reported: Vec<String> = (900..1000).map(id).collect();
        let split = Split::new("paper", (0..900).map(id).collect(), reported.clone(), reported);
        // The lesion's size has nothing to do with the order of ids: 7 is coprime to 900.
        let pixels = (0..900).map(|i| (id(i), (i as u64 * 7) % 900)).collect();
        (split, pixels)
    }

    #[test]
    fn selection_is_stratified_by_lesion_size() {
        let (paper, pixels) = paper();
        let split = make(&paper, &pixels, &[], 90, 1);
        assert_eq!((split.train.len(), split.select.len()), (810, 90));
        for stratum in 0..45_u64 {
            let chosen = split.select.iter().filter(|&id| pixels[id] / 20 == stratum).count();
            assert_eq!(chosen, 2, "stratum {stratum}");
        }
        assert_eq!(split, make(&paper, &pixels, &[], 90, 1));
        assert_ne!(split.select, make(&paper, &pixels, &[], 90, 2).select);
    }

    #[test]
    fn near_duplicates_stay_on_one_side_and_leaks_are_left_out() {
        let (paper, pixels) = paper();
        let pairs = [pair(3, 950), pair(10, 11), pair(11, 12), pair(20, 21), pair(901, 902)];
        for seed in 0..20 {
            let split = make(&paper, &pixels, &pairs, 90, seed);
            assert_eq!((split.train.len(), split.select.len()), (809, 90));
            assert!(!split.train.contains(&id(3)) && !split.select.contains(&id(3)));
            for group in [&[10, 11, 12][..], &[20, 21]] {
                let selected = group.iter().filter(|&&i| split.select.contains(&id(i))).count();
                assert!(selected == 0 || selected == group.len(), "seed {seed}: {group:?}");
            }
        }
    }
}
