//! What a sample standard deviation says, and what it can be.

use statrs::distribution::{ChiSquared, ContinuousCDF};

/// The interval of `level` of the true standard deviation behind the sample standard deviation (divided by n - 1) of
/// `n` values from a normal distribution, by the chi-squared distribution; in the unit of `std`.
///
/// `None` for fewer than two values and where `std` is negative or no number. `level` lies in `(0, 1)`.
pub fn sigma_interval(std: f64, n: usize, level: f64) -> Option<(f64, f64)> {
    if n < 2 || !std.is_finite() || std < 0.0 {
        return None;
    }
    let freedom = (n - 1) as f64;
    let chi_squared = ChiSquared::new(freedom).ok()?;
    let tail = (1.0 - level) / 2.0;
    let bound = |probability: f64| std * (freedom / quantile(&chi_squared, probability)).sqrt();
    Some((bound(1.0 - tail), bound(tail)))
}

/// The quantile by bisection, to the last digits: that of statrs 0.18 is NaN in the lower tail of one degree of freedom.
fn quantile(distribution: &ChiSquared, probability: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while distribution.cdf(high) < probability && high < f64::MAX {
        (low, high) = (high, 2.0 * high);
    }
    loop {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            return high;
        }
        if distribution.cdf(middle) < probability {
            low = middle;
        } else {
            high = middle;
        }
    }
}

/// The largest sample standard deviation (divided by n - 1) that `n` values in `[low, high]` with that mean can have.
///
/// The sum of squares is convex, so it is largest in a corner: as many values at `high` as the mean allows, the others
/// at `low`, and at most one between them that takes up the rest. Near Bhatia & Davis' bound, which only large samples
/// reach. `None` for fewer than two values and for a mean outside the range.
pub fn largest_std(mean: f64, n: usize, low: f64, high: f64) -> Option<f64> {
    if n < 2 || !(low..=high).contains(&mean) {
        return None;
    }
    let width = high - low;
    if width == 0.0 {
        return Some(0.0);
    }
    let n = n as f64;
    // In units of the range, above `low`.
    let sum = n * (mean - low) / width;
    let at_high = sum.floor();
    let between = sum - at_high;
    let squares = at_high + between.powi(2) - sum.powi(2) / n;
    Some(width * (squares.max(0.0) / (n - 1.0)).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::Summary;

    #[test]
    fn largest_by_hand() {
        let check = |mean: f64, n: usize, low: f64, high: f64, expect: Option<f64>| {
            let found = largest_std(mean, n, low, high);
            match (found, expect) {
                (Some(found), Some(expect)) => assert!((found - expect).abs() < 1e-12, "{found}, {expect}"),
                _ => assert_eq!(found, expect),
            }
        };
        let std = |values: &[f64]| Summary::of(values).unwrap().std;
        check(0.5, 4, 0.0, 1.0, std(&[0.0, 0.0, 1.0, 1.0]));
        check(0.5, 3, 0.0, 1.0, std(&[0.0, 0.5, 1.0]));
        check(0.8, 2, 0.0, 1.0, std(&[0.6, 1.0]));
        check(79.81, 5, 0.0, 100.0, std(&[0.0, 99.05, 100.0, 100.0, 100.0]));
        check(-1.0, 3, -2.0, 2.0, std(&[-2.0, -2.0, 1.0]));
        check(1.0, 7, 0.0, 1.0, Some(0.0));
        check(2.0, 3, 2.0, 2.0, Some(0.0));
        for (mean, n, low, high) in
            [(0.5, 1, 0.0, 1.0), (1.1, 5, 0.0, 1.0), (f64::NAN, 5, 0.0, 1.0), (0.5, 5, 1.0, 0.0)]
        {
            check(mean, n, low, high, None);
        }
    }

    proptest::proptest! {
        #[test]
        fn no_sample_spreads_more(values in proptest::collection::vec(-3.0..5.0_f64, 2..8)) {
            let summary = Summary::of(&values).unwrap();
            let bound = largest_std(summary.mean, values.len(), -3.0, 5.0).unwrap();
            assert!(summary.std.unwrap() <= bound + 1e-12, "{summary:?}, bound {bound}");
        }
    }

    #[test]
    fn too_few_values_tell_no_sigma() {
        assert_eq!(sigma_interval(1.0, 1, 0.95), None);
        assert_eq!(sigma_interval(f64::NAN, 5, 0.95), None);
        assert_eq!(sigma_interval(0.0, 5, 0.95), Some((0.0, 0.0)));
    }
}
