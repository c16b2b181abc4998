//! What a design can find, and what it can confirm.

use statrs::distribution::{ChiSquared, ContinuousCDF, Normal};

use super::Uncertainty;

/// The smallest true difference that a two-sided test at `level`, such as 0.05, finds with probability `power`, in the
/// unit of the difference's standard error.
///
/// Student's test with the error's degrees of freedom, the normal one where it is known; as R's `power.t.test` in its
/// strict form, significant differences in the wrong direction count too. `level` and `power` lie in `(0, 1)`.
pub fn minimum_detectable(uncertainty: Uncertainty, level: f64, power: f64) -> f64 {
    let normal = Normal::standard();
    let quantile = uncertainty.quantile(1.0 - level / 2.0);
    let ratios = Ratios::of(uncertainty);
    // In units of the standard error.
    let found = |difference: f64| {
        ratios.mean(|ratio| {
            normal.cdf(difference - quantile * ratio) + normal.cdf(-difference - quantile * ratio)
        })
    };
    let (mut low, mut high) = (0.0, 1.0);
    while found(high) < power && high < f64::MAX / 4.0 {
        (low, high) = (high, 2.0 * high);
    }
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if found(middle) < power { low = middle } else { high = middle }
    }
    high * uncertainty.std_error
}

/// How probable it is that the interval of a difference lies within `tolerance` on both sides of zero, where the true
/// difference is zero: the power of a test of equality by confidence intervals.
///
/// The interval is `difference ± t(level) · s`, where the difference is normal with the standard error and `s`
/// estimates that error with its degrees of freedom. `tolerance` is in the unit of the standard error; `level`, such as
/// 0.95, lies in `(0, 1)`.
pub fn equivalence_power(uncertainty: Uncertainty, tolerance: f64, level: f64) -> f64 {
    if uncertainty.std_error <= 0.0 {
        return if tolerance >= 0.0 { 1.0 } else { 0.0 };
    }
    let normal = Normal::standard();
    let quantile = uncertainty.quantile(f64::midpoint(1.0, level));
    // The difference must fall into what the interval leaves of the tolerance.
    Ratios::of(uncertainty).mean(|ratio| {
        let room = tolerance / uncertainty.std_error - quantile * ratio;
        if room > 0.0 { 2.0 * normal.cdf(room) - 1.0 } else { 0.0 }
    })
}

/// The distribution of an estimated standard error over the true one, a chi variable over the root of its freedom, as
/// slices: the middle of each with its probability.
struct Ratios(Vec<(f64, f64)>);

impl Ratios {
    const SLICES: u32 = 8000;

    /// Above it lies less than 1e-14, even with one degree of freedom.
    const LARGEST: f64 = 8.0;

    fn of(uncertainty: Uncertainty) -> Self {
        let freedom = uncertainty.freedom;
        let Some(chi_squared) = ChiSquared::new(freedom).ok().filter(|_| freedom.is_finite()) else {
            return Self(vec![(1.0, 1.0)]);
        };
        let step = Self::LARGEST / f64::from(Self::SLICES);
        let cumulative = |slice: u32| chi_squared.cdf(freedom * (step * f64::from(slice)).powi(2));
        let slice = |slice| (step * (f64::from(slice) + 0.5), cumulative(slice + 1) - cumulative(slice));
        Self((0..Self::SLICES).map(slice).filter(|(_, probability)| *probability > 0.0).collect())
    }

    fn mean(&self, of: impl Fn(f64) -> f64) -> f64 {
        self.0.iter().map(|(ratio, probability)| probability * of(*ratio)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_t_be_narrow_enough_is_never_confirmed() {
        let at = |std_error, freedom, tolerance| {
            equivalence_power(Uncertainty { std_error, freedom }, tolerance, 0.95)
        };
        assert!(at(1.0, f64::INFINITY, 1.9) < 1e-12, "narrower than the interval of a known error");
        assert!(at(1.0, f64::INFINITY, 100.0) > 1.0 - 1e-9);
        assert!(at(0.1, 4.0, 0.5) > at(0.1, 4.0, 0.3) && at(0.1, 4.0, 0.3) > at(0.2, 4.0, 0.3));
        assert!(at(0.0, 4.0, 0.0) >= 1.0 && at(1.0, 4.0, 0.0) <= 0.0 && at(1.0, 4.0, -1.0) <= 0.0);
    }
}
