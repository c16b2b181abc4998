//! The bias-corrected and accelerated (BCa) bootstrap interval of Efron (1987).
//!
//! Everything random is over when this begins: the interval is a function of the sample's value, the replicates and
//! the jackknife values, in the form that Davison & Hinkley (1997), 5.3.2, give for several samples.

use statrs::distribution::{ContinuousCDF, Normal};

/// The interval of `level` from at least one replicate, in ascending order.
///
/// `jackknife` has a list for each factor: the statistic without each of its units. Replicates within `rounding` of
/// `value` count as equal to it.
pub(super) fn interval(
    value: f64,
    replicates: &[f64],
    jackknife: &[Vec<f64>],
    level: f64,
    rounding: f64,
) -> (f64, f64) {
    let normal = Normal::standard();
    let bias = bias(value, replicates, rounding);
    let acceleration = acceleration(jackknife);
    let bound = |probability: f64| {
        let shifted = bias + normal.inverse_cdf(probability);
        let stretch = 1.0 - acceleration * shifted;
        // Beyond the pole of the correction lies the end of the distribution.
        let corrected =
            if stretch > 0.0 { bias + shifted / stretch } else { f64::INFINITY.copysign(shifted) };
        quantile(replicates, normal.cdf(corrected))
    };
    let tail = (1.0 - level) / 2.0;
    (bound(tail), bound(1.0 - tail))
}

/// The normal quantile of the share of replicates below the value, those equal to it counted half. A share of 0 or 1,
/// which has no quantile, counts as half a replicate from it.
fn bias(value: f64, replicates: &[f64], rounding: f64) -> f64 {
    let below = replicates.partition_point(|&one| one < value - rounding);
    let up_to = replicates.partition_point(|&one| one <= value + rounding);
    let all = 2.0 * replicates.len() as f64;
    let share = ((below + up_to) as f64 / all).clamp(1.0 / all, 1.0 - 1.0 / all);
    Normal::standard().inverse_cdf(share)
}

/// A sixth of the skewness of the summed empirical influences; 0 where nothing varies.
fn acceleration(jackknife: &[Vec<f64>]) -> f64 {
    let (mut cubes, mut squares) = (0.0, 0.0);
    for values in jackknife {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        for value in values {
            let influence = (n - 1.0) * (mean - value);
            cubes += influence.powi(3) / n.powi(3);
            squares += influence.powi(2) / n.powi(2);
        }
    }
    if squares > 0.0 { cubes / (6.0 * squares.powf(1.5)) } else { 0.0 }
}

/// The quantile of ascending values, interpolated between neighbours (type 7 of Hyndman & Fan, 1996).
fn quantile(values: &[f64], probability: f64) -> f64 {
    let place = probability * (values.len() - 1) as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(values.len() - 1);
    values[below] + (place - below as f64) * (values[above] - values[below])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Reference {
        bca: Vec<Case>,
    }

    /// A fixed bootstrap distribution, for which scipy's own functions gave interval and acceleration.
    #[derive(serde::Deserialize)]
    struct Case {
        name: String,
        value: f64,
        replicates: Vec<f64>,
        jackknife: Vec<Vec<f64>>,
        level: f64,
        acceleration: f64,
        low: f64,
        high: f64,
    }

    fn check(case: &Case) {
        let mut sorted = case.replicates.clone();
        sorted.sort_by(f64::total_cmp);
        let (low, high) = interval(case.value, &sorted, &case.jackknife, case.level, 0.0);
        let found = acceleration(&case.jackknife);
        let close = |ours: f64, reference: f64| (ours - reference).abs() <= 1e-10 * reference.abs().max(1.0);
        assert!(close(low, case.low) && close(high, case.high), "{}: [{low}, {high}]", case.name);
        assert!(close(found, case.acceleration), "{}: acceleration {found}", case.name);
    }

    #[test]
    fn given_the_distribution_the_interval_is_that_of_scipy() {
        let text = include_str!("../../tests/parity/stats.json");
        let reference: Reference = serde_json::from_str(text).unwrap();
        assert!(reference.bca.len() >= 4);
        reference.bca.iter().for_each(check);
    }

    #[test]
    fn nothing_degenerate_gives_a_nan() {
        for (value, replicates, jackknife) in [
            (0.5, vec![0.5; 3], vec![vec![0.5, 0.5]]),
            (0.0, vec![0.1, 0.2, 0.3], vec![vec![0.0, 1.0, 0.0]]),
            (1.0, vec![0.1, 0.2, 0.3], vec![vec![1e-200, 0.0], vec![1.0, 1.0]]),
            (1.0, vec![0.7], vec![]),
        ] {
            for level in [0.5, 0.95, 0.999_999] {
                let (low, high) = interval(value, &replicates, &jackknife, level, 0.0);
                assert!(low <= high && low >= replicates[0], "[{low}, {high}] of {replicates:?}");
            }
        }
    }
}
