//! Mean and spread of a few values.

use std::fmt;

/// Mean, spread and range of at least one value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// Arithmetic mean.
    pub mean: f64,
    /// Sample standard deviation (divided by n - 1); `None` for a single value, which has no spread.
    pub std: Option<f64>,
    /// Number of values.
    pub n: usize,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
}

impl Summary {
    /// The summary of the values; `None` without any.
    pub fn of(values: &[f64]) -> Option<Self> {
        let n = values.len();
        if n == 0 {
            return None;
        }
        let mean = values.iter().sum::<f64>() / n as f64;
        // Two passes: the one-pass formula loses the digits of a spread that is small beside the mean.
        let squares = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
        Some(Self {
            mean,
            std: (n > 1).then(|| (squares / (n - 1) as f64).sqrt()),
            n,
            min: values.iter().copied().fold(f64::INFINITY, f64::min),
            max: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        })
    }

    /// The summary in percent: everything times 100.
    #[must_use]
    pub fn percent(self) -> Self {
        self.times(100.0)
    }

    /// The summary in another unit: everything times a positive factor.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        Self {
            mean: factor * self.mean,
            std: self.std.map(|std| factor * std),
            n: self.n,
            min: factor * self.min,
            max: factor * self.max,
        }
    }
}

impl fmt::Display for Summary {
    /// `79.81 ± 0.10 (n=5)`, or `79.81 (n=1)` where there is no spread; the precision is 2 unless given.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = f.precision().unwrap_or(2);
        match self.std {
            Some(std) => write!(f, "{:.digits$} ± {std:.digits$} (n={})", self.mean, self.n),
            None => write!(f, "{:.digits$} (n={})", self.mean, self.n),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(values: &[f64], mean: f64, std: Option<f64>, text: &str) {
        let summary = Summary::of(values).unwrap();
        assert!((summary.mean - mean).abs() < 1e-12, "{summary:?}");
        match (summary.std, std) {
            (Some(found), Some(expect)) => assert!((found - expect).abs() < 1e-9, "{summary:?}"),
            (found, expect) => assert_eq!(found, expect),
        }
        assert_eq!(summary.n, values.len());
        assert_eq!(summary.to_string(), text);
    }

    #[test]
    fn summaries() {
        check(&[79.81], 79.81, None, "79.81 (n=1)");
        check(&[1.0, 3.0], 2.0, Some(2.0_f64.sqrt()), "2.00 ± 1.41 (n=2)");
        // numpy.std([79.7, 79.8, 79.9, 79.75, 79.9], ddof=1)
        check(&[79.7, 79.8, 79.9, 79.75, 79.9], 79.81, Some(0.089_442_719_099_993_66), "79.81 ± 0.09 (n=5)");
        check(&[0.5; 4], 0.5, Some(0.0), "0.50 ± 0.00 (n=4)");
    }

    #[test]
    fn a_small_spread_beside_a_large_mean_survives() {
        check(&[1e9 + 1.0, 1e9 + 2.0, 1e9 + 3.0], 1e9 + 2.0, Some(1.0), "1000000002.00 ± 1.00 (n=3)");
    }

    #[test]
    fn range_percent_and_precision() {
        let summary = Summary::of(&[0.2, 0.4]).unwrap().percent();
        assert_eq!((summary.min, summary.max), (20.0, 40.0));
        assert_eq!(format!("{summary:.1}"), "30.0 ± 14.1 (n=2)");
        assert_eq!(Summary::of(&[]), None);
    }
}
