//! Intervals of means of a few values.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::Summary;

/// A mean that somebody else reports.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reported {
    /// The mean.
    pub mean: f64,
    /// Sample standard deviation, where it is reported.
    pub std: Option<f64>,
    /// Number of values behind the mean, where it is reported.
    pub n: Option<usize>,
}

/// Interval of the true difference of means, ours minus theirs, at `level` in `]0, 1[`.
///
/// Welch's interval where theirs comes with a spread and a number of values, else Student's, which takes their mean as
/// exact. `None` for a single value of ours, whose spread is unknown.
pub fn difference_interval(ours: &Summary, theirs: Reported, level: f64) -> Option<(f64, f64)> {
    let difference = ours.mean - theirs.mean;
    let part = |std: f64, n: usize| (std * std / n as f64, (n - 1) as f64);
    let (variance, freedom) = part(ours.std?, ours.n);
    let (variance, freedom) = match (theirs.std, theirs.n) {
        (Some(std), Some(n)) if n > 1 => {
            let (other, others_freedom) = part(std, n);
            let total = variance + other;
            // Welch and Satterthwaite's degrees of freedom; without any spread there is nothing to weigh.
            let weighed = variance * variance / freedom + other * other / others_freedom;
            (total, if weighed > 0.0 { total * total / weighed } else { freedom })
        }
        _ => (variance, freedom),
    };
    let quantile = StudentsT::new(0.0, 1.0, freedom).ok()?.inverse_cdf(f64::midpoint(1.0, level));
    let half = quantile * variance.sqrt();
    Some((difference - half, difference + half))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(values: &[f64], theirs: Reported, expect: Option<(f64, f64)>) {
        let found = difference_interval(&Summary::of(values).unwrap(), theirs, 0.95);
        match (found, expect) {
            (Some(found), Some(expect)) => {
                assert!((found.0 - expect.0).abs() < 1e-6 && (found.1 - expect.1).abs() < 1e-6, "{found:?}");
            }
            _ => assert_eq!(found, expect),
        }
    }

    #[test]
    fn intervals_are_those_of_scipy() {
        let ours = [79.7, 79.8, 79.9, 79.75, 79.9];
        // SciPy, one-sample t interval of ours, minus 79.5
        let exact = Reported { mean: 79.5, std: None, n: None };
        check(&ours, exact, Some((0.198_942_196, 0.421_057_804)));
        // SciPy, quantile of t at Welch's degrees of freedom, 7.9024
        let welch = Reported { mean: 79.5, std: Some(0.1), n: Some(5) };
        check(&ours, welch, Some((0.171_341_861, 0.448_658_139)));
    }

    #[test]
    fn a_single_value_has_no_interval_and_equal_ones_have_a_point() {
        let exact = Reported { mean: 1.0, std: None, n: None };
        check(&[2.0], exact, None);
        check(&[2.0, 2.0], exact, Some((1.0, 1.0)));
        check(&[2.0, 2.0], Reported { std: Some(0.0), n: Some(2), ..exact }, Some((1.0, 1.0)));
    }
}
