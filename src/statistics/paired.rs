//! Tests on pairs: the same images under two treatments.

use rayon::prelude::*;
use statrs::distribution::{ContinuousCDF, Normal};

use crate::random;

/// Result of a permutation test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Permutation {
    /// Two-sided p value, in `(0, 1]`.
    pub p: f64,
    /// Assignments that were looked at.
    pub permutations: usize,
    /// True if these were all there are.
    pub exact: bool,
}

/// Up to so many pairs, all assignments are looked at.
const ALL_ASSIGNMENTS: usize = 13;

/// A difference counts as the observed one where it is smaller by no more than this share: rounding noise.
const ROUNDING: f64 = 1e-9;

/// Permutation test of a difference between the members of pairs, by exchanging them.
///
/// `statistic(&swapped)` is the difference with those pairs exchanged whose place is true; exchanging all of them turns
/// its sign around. Two-sided: counted are assignments whose difference is at least as far from 0 as the observed one.
/// All 2^n of them for up to 13 pairs, else `permutations` random ones with p = (b + 1) / (m + 1) (Phipson & Smyth
/// 2010), drawn from streams of their own.
///
/// `None` without pairs, or where the statistic is undefined on the pairs as they are. An assignment on which it is
/// undefined counts as far from 0, which can only make p larger.
pub fn permutation(
    pairs: usize,
    permutations: usize,
    statistic: &(dyn Fn(&[bool]) -> Option<f64> + Sync),
) -> Option<Permutation> {
    if pairs == 0 {
        return None;
    }
    let observed = statistic(&vec![false; pairs]).filter(|value| value.is_finite())?;
    let least = observed.abs() * (1.0 - ROUNDING);
    let extreme = |swapped: &[bool]| {
        let value = statistic(swapped).filter(|value| value.is_finite());
        value.is_none_or(|value| value.abs() >= least)
    };
    let exact = pairs <= ALL_ASSIGNMENTS;
    let assignments = if exact { 1 << pairs } else { permutations };
    let count = (0..assignments)
        .into_par_iter()
        .map_init(
            || vec![false; pairs],
            |swapped, number| {
                if exact {
                    swapped.iter_mut().enumerate().for_each(|(pair, swap)| *swap = number >> pair & 1 == 1);
                } else {
                    toss(swapped, number);
                }
                extreme(swapped)
            },
        )
        .filter(|&extreme| extreme)
        .count();
    let p =
        if exact { count as f64 / assignments as f64 } else { (count + 1) as f64 / (assignments + 1) as f64 };
    Some(Permutation { p, permutations: assignments, exact })
}

/// Tosses a coin for each pair.
fn toss(swapped: &mut [bool], number: usize) {
    const COINS: usize = 32;
    let mut stream = random::stream(0, "permutation", number as u64, "");
    for pairs in swapped.chunks_mut(COINS) {
        let coins = stream.below(1 << COINS);
        pairs.iter_mut().enumerate().for_each(|(place, swap)| *swap = coins >> place & 1 == 1);
    }
}

/// Result of Wilcoxon's signed-rank test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wilcoxon {
    /// The smaller of the rank sums of positive and of negative differences.
    pub w: f64,
    /// Two-sided p value, in `(0, 1]`.
    pub p: f64,
    /// True if p comes from the exact distribution.
    pub exact: bool,
    /// Differences that are not 0: those ranked.
    pub used: usize,
}

/// Up to so many differences without ties, the distribution is exact.
const EXACT: usize = 50;

/// Up to so many differences with ties, the distribution is exact.
const EXACT_WITH_TIES: usize = 13;

/// Wilcoxon's signed-rank test of symmetry about 0, two-sided.
///
/// Differences of 0 are left out (Wilcoxon's rule), ties get their mean rank. The exact distribution, given the ranks,
/// where at most 50 are left without ties, or 13 with ties; else the normal approximation with the correction for ties
/// and without one for continuity. That is what `scipy.stats.wilcoxon` does by itself but for one case: scipy also
/// approximates where a difference is 0 among 14 to 50 without ties.
///
/// `None` where no difference is left and where one is no number.
pub fn wilcoxon(differences: &[f64]) -> Option<Wilcoxon> {
    if differences.iter().any(|difference| difference.is_nan()) {
        return None;
    }
    let mut ranked: Vec<f64> = differences.iter().copied().filter(|&difference| difference != 0.0).collect();
    let used = ranked.len();
    if used == 0 {
        return None;
    }
    ranked.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
    let mut doubled_ranks = Vec::with_capacity(used);
    let (mut positive, mut ties) = (0, 0.0);
    for tied in ranked.chunk_by(|a, b| a.abs().to_bits() == b.abs().to_bits()) {
        // First and last rank of the group together: twice the mean rank.
        let doubled = 2 * doubled_ranks.len() + 1 + tied.len();
        positive += doubled * tied.iter().filter(|&&difference| difference > 0.0).count();
        ties += (tied.len() as f64).powi(3) - tied.len() as f64;
        doubled_ranks.extend(tied.iter().map(|_| doubled));
    }
    let doubled_w = positive.min(used * (used + 1) - positive);
    let exact = used <= if ties > 0.0 { EXACT_WITH_TIES } else { EXACT };
    let p = if exact { exact_p(&doubled_ranks, doubled_w) } else { normal_p(used, doubled_w, ties) };
    Some(Wilcoxon { w: doubled_w as f64 / 2.0, p, exact, used })
}

/// Twice the share of the 2^n assignments of signs whose rank sum is at most `doubled_w` / 2.
fn exact_p(doubled_ranks: &[usize], doubled_w: usize) -> f64 {
    // Assignments by their doubled sum; below 2^50 in all, so counted exactly.
    let mut ways = vec![0.0_f64; doubled_w + 1];
    ways[0] = 1.0;
    for &rank in doubled_ranks {
        for sum in (rank..ways.len()).rev() {
            ways[sum] += ways[sum - rank];
        }
    }
    let all = 2.0_f64.powi(doubled_ranks.len() as i32);
    (2.0 * ways.iter().sum::<f64>() / all).min(1.0)
}

/// The normal approximation; `ties` is the sum of t³ - t over groups of equal differences.
fn normal_p(n: usize, doubled_w: usize, ties: f64) -> f64 {
    let n = n as f64;
    let mean = n * (n + 1.0) / 4.0;
    let variance = (n * (n + 1.0) * (2.0 * n + 1.0) - ties / 2.0) / 24.0;
    let z = (doubled_w as f64 / 2.0 - mean) / variance.sqrt();
    (2.0 * Normal::standard().cdf(z)).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permutations_by_hand() {
        let check = |differences: &[f64], p: f64| {
            let found = permutation(differences.len(), 10, &|swapped| {
                let signed = differences.iter().zip(swapped).map(|(d, &swap)| if swap { -d } else { *d });
                Some(signed.sum())
            });
            let permutations = 1 << differences.len();
            assert_eq!(found, Some(Permutation { p, permutations, exact: true }));
        };
        check(&[1.0], 1.0);
        check(&[1.0, 2.0, 3.0], 0.25);
        check(&[0.1, 0.2, -0.3], 1.0);
        check(&[3.0, -1.0, 1.0, 1.0], 0.5);
        check(&[0.0, 0.0], 1.0);
        assert_eq!(permutation(0, 10, &|_| Some(1.0)), None);
        assert_eq!(permutation(3, 10, &|_| None), None);
        let undefined = permutation(3, 10, &|swapped| (!swapped[0]).then_some(1.0));
        assert_eq!(undefined.map(|found| found.p), Some(1.0));
    }

    #[test]
    fn random_permutations_come_near_the_exact_ones() {
        let differences: Vec<f64> = (1..=20).map(|n| f64::from(n) - 7.0).collect();
        let sum = |swapped: &[bool]| -> Option<f64> {
            Some(differences.iter().zip(swapped).map(|(d, &swap)| if swap { -d } else { *d }).sum())
        };
        let found = permutation(20, 20_000, &sum).unwrap();
        // Of the 2^20 assignments, by their sums.
        let extreme = (0..1_u32 << 20).filter(|signs| {
            let signed =
                differences.iter().enumerate().map(|(n, d)| if signs >> n & 1 == 1 { -d } else { *d });
            signed.sum::<f64>().abs() >= 70.0
        });
        let exact = extreme.count() as f64 / f64::from(1 << 20);
        assert!((found.p - exact).abs() < 4.0 * (exact / 20_000.0).sqrt(), "{found:?}, exact {exact}");
        assert_eq!((found.permutations, found.exact), (20_000, false));
    }

    #[test]
    fn signed_ranks_by_hand() {
        let check = |differences: &[f64], expect: Option<(f64, f64, usize)>| {
            let found = wilcoxon(differences);
            assert_eq!(found.map(|found| (found.w, found.p, found.used)), expect, "{differences:?}");
        };
        check(&[1.0], Some((0.0, 1.0, 1)));
        check(&[1.0, -2.0, 3.0, 4.0], Some((2.0, 0.375, 4)));
        check(&[0.0, 1.0, 0.0, -2.0, 3.0, 4.0], Some((2.0, 0.375, 4)));
        // Ranks 1.5, 1.5 and 3: sums 0, 1.5 (twice), 3 (twice), ... of eight.
        check(&[-1.0, 1.0, 2.0], Some((1.5, 0.75, 3)));
        check(&[], None);
        check(&[0.0, -0.0], None);
        check(&[1.0, f64::NAN], None);
    }
}
