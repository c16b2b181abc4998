//! How uncertain a sum of a few estimated means is.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// The standard error of a sum of independent parts, and how many degrees of freedom it is known with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Uncertainty {
    /// In the unit of what is uncertain.
    pub std_error: f64,
    /// Degrees of freedom; infinite where the standard error is known.
    pub freedom: f64,
}

impl Uncertainty {
    /// Of parts given as variance of their mean and degrees of freedom (Welch 1947, Satterthwaite 1946).
    ///
    /// Without any variance the freedom is that of the first part; infinite without parts.
    pub fn of(parts: &[(f64, f64)]) -> Self {
        let total: f64 = parts.iter().map(|(variance, _)| variance).sum();
        let weighed: f64 = parts.iter().map(|(variance, freedom)| variance * variance / freedom).sum();
        let first = parts.first().map_or(f64::INFINITY, |(_, freedom)| *freedom);
        Self { std_error: total.sqrt(), freedom: if weighed > 0.0 { total * total / weighed } else { first } }
    }

    /// The quantile of its standardised error at `probability`: Student's, the normal one where the error is known.
    pub fn quantile(self, probability: f64) -> f64 {
        match StudentsT::new(0.0, 1.0, self.freedom) {
            Ok(student) if self.freedom.is_finite() => student.inverse_cdf(probability),
            _ => Normal::standard().inverse_cdf(probability),
        }
    }

    /// Half the width of the interval at `level` in `]0, 1[`, such as 0.95.
    pub fn half_width(self, level: f64) -> f64 {
        self.quantile(f64::midpoint(1.0, level)) * self.std_error
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::Summary;

    #[test]
    fn parts_add_up_and_one_alone_keeps_its_freedom() {
        let both = Uncertainty::of(&[(9.0, 4.0), (16.0, 4.0)]);
        assert!((both.std_error - 5.0).abs() < 1e-12);
        assert!((both.freedom - 625.0 / (81.0 / 4.0 + 256.0 / 4.0)).abs() < 1e-9, "{both:?}");
        let one = Uncertainty::of(&[(4.0, 7.0), (0.0, 2.0)]);
        assert!((one.freedom - 7.0).abs() < 1e-12 && (one.std_error - 2.0).abs() < 1e-12, "{one:?}");
        assert_eq!(Uncertainty::of(&[(0.0, 3.0)]), Uncertainty { std_error: 0.0, freedom: 3.0 });
    }

    #[test]
    fn intervals_are_those_of_scipy() {
        let ours = Summary::of(&[79.7, 79.8, 79.9, 79.75, 79.9]).unwrap();
        let part = |std: f64| (std * std / 5.0, 4.0);
        let own = part(ours.std.unwrap());
        // SciPy, one-sample t interval of ours; quantile of t at Welch's degrees of freedom, 7.9024, with ± 0.1 of theirs.
        for (parts, expect) in [(vec![own], 0.111_057_804), (vec![own, part(0.1)], 0.138_658_398_5)] {
            let half = Uncertainty::of(&parts).half_width(0.95);
            assert!((half - expect).abs() < 1e-6, "{half}, {expect}");
        }
    }
}
