//! How uncertain the difference between a mean of ours and a printed one is.

use crate::analysis::{LEVEL, POWER};
use crate::claim::{Cell, Table};
use crate::statistics::{Summary, Uncertainty, equivalence_power};

/// Beyond so many seeds nobody looks.
pub(super) const MANY: usize = 50;

/// Of ours, a spread over so many seeds, minus theirs.
///
/// A mean that they print without a spread is taken to vary as ours does, and one without a number of trainings to come
/// from one.
fn uncertainty(std: f64, seeds: usize, table: &Table, cell: &Cell) -> Uncertainty {
    let part = |std: f64, n: usize| (std * std / n as f64, (n - 1) as f64);
    let ours = part(std, seeds);
    if let (Some(theirs), Some(n)) = (cell.spread, table.repeats)
        && n > 1
    {
        return Uncertainty::of(&[ours, part(theirs, n)]);
    }
    // Nothing tells how well their spread is known: ours does.
    let theirs = cell.spread.unwrap_or(std).powi(2) / table.repeats.unwrap_or(1) as f64;
    Uncertainty { std_error: (ours.0 + theirs).sqrt(), freedom: ours.1 }
}

/// Interval of ours minus theirs over repeated trainings, with half a unit of their last digit on both sides; none for a
/// single seed.
pub(super) fn interval(ours: &Summary, table: &Table, cell: &Cell) -> Option<(f64, f64)> {
    let half = uncertainty(ours.std?, ours.n, table, cell).half_width(LEVEL) + cell.half_digit();
    let difference = ours.mean - cell.value;
    Some((difference - half, difference + half))
}

/// The probability that a network which is theirs in truth comes out as reproduced, for at least two seeds.
pub(super) fn power(std: f64, seeds: usize, table: &Table, cell: &Cell, tolerance: f64) -> f64 {
    equivalence_power(uncertainty(std, seeds, table, cell), tolerance - cell.half_digit(), LEVEL)
}

/// The fewest seeds, at least two and at most [`MANY`], at which the power reaches [`POWER`].
pub(super) fn seeds_needed(power: impl Fn(usize) -> f64) -> Option<usize> {
    (2..=MANY).find(|seeds| power(*seeds) >= POWER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fewest_seeds_are_found() {
        assert_eq!(seeds_needed(|seeds| seeds as f64 / 20.0), Some(16));
        assert_eq!(seeds_needed(|_| 1.0), Some(2));
        assert_eq!(seeds_needed(|_| 0.79), None);
    }
}
