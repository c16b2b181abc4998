//! What a design can find.

use statrs::distribution::{ContinuousCDF, Normal};

/// The smallest true difference that a two-sided test at `level`, such as 0.05, finds with probability `power`, in the
/// unit of the difference's standard error.
///
/// `(z(1 - level / 2) + z(power)) · std_error`, the normal approximation: it leaves out the chance of a significant
/// difference in the wrong direction, and that a standard error of few seeds is itself uncertain. `level` and `power`
/// lie in `(0, 1)`.
pub fn minimum_detectable(std_error: f64, level: f64, power: f64) -> f64 {
    let normal = Normal::standard();
    (normal.inverse_cdf(1.0 - level / 2.0) + normal.inverse_cdf(power)) * std_error
}
