//! Splits that are made by rule of listed ones: folds of a cross-validation, and splits without their leaks.
//!
//! Neither looks at an image, so the lists are the same for everybody, however the images were prepared.

use std::collections::BTreeSet;

use super::held_out::{partner, units};
use super::{NearDuplicate, Split};
use crate::experiment::settings::Fold;
use crate::random;

/// One image in so many that don't report selects the epoch: about 15 %, as in `held-out`.
const SELECT_SHARE: f64 = 0.15;

/// A fold of a cross-validation over all images of `whole`.
///
/// 1. Near duplicates of one another form units, all others are alone; units never part.
/// 2. The units, in the order of their first ids, are shuffled by the stream (seed, `folds`, 0, "") and dealt out in
///    turn, so folds differ by a unit at most.
/// 3. The fold `number` is reported on. Of the others' units, shuffled by the stream (seed, `fold-select`, number, ""),
///    the first select until 15 % of the images do; the rest trains.
pub(super) fn fold(name: &str, whole: &Split, near_duplicates: &[NearDuplicate], fold: Fold) -> Split {
    let ids: Vec<&str> = whole.ids().into_iter().collect();
    let mut units = units(&ids, near_duplicates);
    units.sort_unstable();
    random::stream(fold.seed, "folds", 0, "").shuffle(&mut units);
    let (mut report, mut others) = (Vec::new(), Vec::new());
    for (at, unit) in units.into_iter().enumerate() {
        if at as u32 % fold.of + 1 == fold.number { report.extend(unit) } else { others.push(unit) }
    }
    random::stream(fold.seed, "fold-select", u64::from(fold.number), "").shuffle(&mut others);
    let wanted = (SELECT_SHARE * others.iter().map(Vec::len).sum::<usize>() as f64).round() as usize;
    let (mut train, mut select) = (Vec::new(), Vec::new());
    for unit in others {
        if select.len() + unit.len() <= wanted { select.extend(unit) } else { train.extend(unit) }
    }
    let owned = |ids: Vec<&str>| ids.into_iter().map(str::to_owned).collect();
    Split::new(name, owned(train), owned(select), owned(report))
}

/// The split without the images that leak: one that trains and looks like one that selects or is reported on, and one that
/// selects and looks like one that is reported on. What is reported on stays as it is.
pub(super) fn without_leaks(name: &str, split: &Split, near_duplicates: &[NearDuplicate]) -> Split {
    let looks_like_one_of = |id: &String, judged: &BTreeSet<&str>| {
        near_duplicates.iter().any(|pair| partner(pair, id).is_some_and(|other| judged.contains(other)))
    };
    let reported: BTreeSet<&str> = split.report.iter().map(String::as_str).collect();
    // An image that selects and is reported on as well is no copy of itself.
    let select: Vec<String> = split
        .select
        .iter()
        .filter(|id| reported.contains(id.as_str()) || !looks_like_one_of(id, &reported))
        .cloned()
        .collect();
    let judged: BTreeSet<&str> = split.report.iter().chain(&select).map(String::as_str).collect();
    let train = split.train.iter().filter(|id| !looks_like_one_of(id, &judged)).cloned().collect();
    Split::new(name, train, select, split.report.clone())
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

    fn whole() -> Split {
        let (train, rest) = ((0..150).map(id).collect(), (150..203).map(id).collect::<Vec<_>>());
        Split::new("paper", train, rest.clone(), rest)
    }

    #[test]
    fn folds_part_all_images_and_no_unit() {
        let pairs = [pair(1, 160), pair(160, 40), pair(7, 8)];
        let folds: Vec<Split> =
            (1..=5).map(|number| fold("f", &whole(), &pairs, Fold { number, of: 5, seed: 3 })).collect();
        let mut reported: Vec<String> = folds.iter().flat_map(|fold| fold.report.clone()).collect();
        reported.sort_unstable();
        assert_eq!(reported, (0..203).map(id).collect::<Vec<_>>());
        for fold in &folds {
            assert!((40..=43).contains(&fold.report.len()), "{}", fold.report.len());
            let others = 203 - fold.report.len();
            assert_eq!(fold.ids().len(), 203);
            assert!(fold.select.len().abs_diff((0.15 * others as f64).round() as usize) <= 2);
            assert_eq!(fold.train.len() + fold.select.len(), others);
            for list in [&fold.train, &fold.select, &fold.report] {
                for group in [&[1, 160, 40][..], &[7, 8]] {
                    let inside = group.iter().filter(|&&number| list.contains(&id(number))).count();
                    assert!(inside == 0 || inside == group.len(), "{group:?}");
                }
            }
        }
        let of = |seed| fold("f", &whole(), &pairs, Fold { number: 1, of: 5, seed });
        assert_eq!(of(3), folds[0]);
        assert_ne!(of(4).report, folds[0].report);
    }

    #[test]
    fn leaks_leave_the_part_that_is_farther_from_the_report() {
        let ids = |range: std::ops::Range<usize>| range.map(id).collect::<Vec<_>>();
        let split = Split::new("s", ids(0..10), ids(10..15), ids(15..20));
        let pairs = [pair(0, 16), pair(1, 11), pair(12, 17), pair(2, 3), pair(4, 12)];
        let clean = without_leaks("s-without-leaks", &split, &pairs);
        assert_eq!(clean.report, split.report);
        assert_eq!(clean.select, [10, 11, 13, 14].map(id));
        // 4 looks like 12, which doesn't select any more.
        assert_eq!(clean.train, [2, 3, 4, 5, 6, 7, 8, 9].map(id));
        assert_eq!(without_leaks("s", &split, &[]), split);
    }

    #[test]
    fn a_split_that_selects_on_its_report_goes_on_doing_so() {
        let pairs = [pair(5, 150), pair(151, 152)];
        let clean = without_leaks("paper-without-leaks", &whole(), &pairs);
        assert!(clean.selects_on_report());
        assert_eq!(clean.train.len(), 149);
    }
}
