//! Functions of vectors.

use super::Lanes;

/// `low + high x`.
#[inline(always)]
fn line<V: Lanes>(x: V, low: f32, high: f32) -> V {
    V::splat(high).mul_add(x, V::splat(low))
}

/// `c[0] + c[1] x + ... + c[7] x^7`.
///
/// By pairs (Estrin's scheme), so that less waits for less.
#[inline(always)]
fn seventh<V: Lanes>(x: V, [a, b, c, d, e, f, g, h]: [f32; 8]) -> V {
    let square = x.mul(x);
    let low = line(x, c, d).mul_add(square, line(x, a, b));
    let high = line(x, g, h).mul_add(square, line(x, e, f));
    high.mul_add(square.mul(square), low)
}

/// The same up to `c[6] x^6`.
#[inline(always)]
fn sixth<V: Lanes>(x: V, [a, b, c, d, e, f, g]: [f32; 7]) -> V {
    let square = x.mul(x);
    let low = line(x, c, d).mul_add(square, line(x, a, b));
    let high = V::splat(g).mul_add(square, line(x, e, f));
    high.mul_add(square.mul(square), low)
}

/// The same up to `c[5] x^5`.
#[inline(always)]
fn fifth<V: Lanes>(x: V, [a, b, c, d, e, f]: [f32; 6]) -> V {
    let square = x.mul(x);
    let low = line(x, c, d).mul_add(square, line(x, a, b));
    line(x, e, f).mul_add(square.mul(square), low)
}

/// The same up to `c[4] x^4`.
#[inline(always)]
fn fourth<V: Lanes>(x: V, [a, b, c, d, e]: [f32; 5]) -> V {
    let square = x.mul(x);
    V::splat(e).mul_add(square, line(x, c, d)).mul_add(square, line(x, a, b))
}

/// `e^x` for `x` in -87..=88, to about two units in the last place.
#[inline(always)]
pub(in crate::kernel) fn exp<V: Lanes>(x: V) -> V {
    let x = V::splat(88.0).min(V::splat(-87.0).max(x));
    let n = x.mul(V::splat(std::f32::consts::LOG2_E)).round();
    // ln 2 in two parts, so that `n ln 2` loses no digits.
    let r = n.mul_add(V::splat(-0.693_359_4), x);
    let r = n.mul_add(V::splat(2.121_944_4e-4), r);
    // The Taylor series to the seventh power: |r| is at most ln 2 / 2.
    let series = [1.0, 1.0, 0.5, 1.0 / 6.0, 1.0 / 24.0, 1.0 / 120.0, 1.0 / 720.0, 1.0 / 5040.0];
    seventh(r, series).mul(n.exp2_whole())
}

/// The natural logarithm of positive normal numbers, to about two units in the last place.
#[inline(always)]
pub(in crate::kernel) fn log<V: Lanes>(x: V) -> V {
    let (mantissa, exponent) = x.split_exponent();
    // Into [sqrt(1/2), sqrt(2)), where the series in (m - 1) / (m + 1) ends soonest.
    let low = V::splat(std::f32::consts::FRAC_1_SQRT_2);
    let exponent = mantissa.select_less(low, exponent.sub(V::splat(1.0)), exponent);
    let mantissa = mantissa.select_less(low, mantissa.add(mantissa), mantissa);
    let one = V::splat(1.0);
    let s = mantissa.sub(one).div(mantissa.add(one));
    let square = s.mul(s);
    let series = fifth(square, [2.0, 2.0 / 3.0, 2.0 / 5.0, 2.0 / 7.0, 2.0 / 9.0, 2.0 / 11.0]);
    // What is no number has an exponent and a mantissa too; the difference brings it back.
    exponent.mul_add(V::splat(std::f32::consts::LN_2), series.mul(s)).add(x.sub(x))
}

/// The error function, to about 2e-7.
///
/// The rational approximation in `x²` on -4..=4 has the coefficients of Eigen's single-precision `erf`
/// (`MathFunctionsImpl.h`); beyond 4 the error function is 1 to single precision.
#[inline(always)]
pub(in crate::kernel) fn erf<V: Lanes>(x: V) -> V {
    let x = V::splat(4.0).min(V::splat(-4.0).max(x));
    let square = x.mul(x);
    let top = [
        -1.609_603_3e-2,
        -2.954_6e-3,
        -7.349_906_3e-4,
        -5.692_506_4e-5,
        -2.101_024e-6,
        2.770_681_4e-8,
        -2.726_142_3e-10,
    ];
    let bottom = [-1.426_473_9e-2, -7.373_329e-3, -1.682_827e-3, -2.133_740_6e-4, -1.456_607_2e-5];
    x.mul(sixth(square, top)).div(fourth(square, bottom))
}

/// The logistic function `1 / (1 + e^-x)`.
#[inline(always)]
pub(in crate::kernel) fn sigmoid<V: Lanes>(x: V) -> V {
    let one = V::splat(1.0);
    one.div(one.add(exp(V::splat(0.0).sub(x))))
}

/// `x Φ(x)`: the exact GELU.
#[inline(always)]
pub(in crate::kernel) fn gelu<V: Lanes>(x: V) -> V {
    x.mul(normal_cdf(x))
}

/// The derivative of [`gelu`]: `Φ(x) + x φ(x)`.
#[inline(always)]
pub(in crate::kernel) fn gelu_slope<V: Lanes>(x: V) -> V {
    normal_cdf_and_gelu_slope(x).1
}

/// `Φ(x)`, by which [`gelu`] multiplies, and the derivative of `gelu`.
#[inline(always)]
pub(in crate::kernel) fn normal_cdf_and_gelu_slope<V: Lanes>(x: V) -> (V, V) {
    let density = exp(x.mul(x).mul(V::splat(-0.5))).mul(V::splat(0.398_942_3));
    let cdf = normal_cdf(x);
    (cdf, x.mul_add(density, cdf))
}

#[inline(always)]
fn normal_cdf<V: Lanes>(x: V) -> V {
    let half = V::splat(0.5);
    half.mul_add(erf(x.mul(V::splat(std::f32::consts::FRAC_1_SQRT_2))), half)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::cpu::simd::{Portable, Vector};

    fn check(ours: fn(Portable) -> Portable, exact: impl Fn(f64) -> f64, range: [f64; 2], bound: f64) {
        for step in 0..=4000 {
            let x = (range[0] + (range[1] - range[0]) * f64::from(step) / 4000.0) as f32;
            let (ours, exact) = (f64::from(ours(Portable::splat(x)).to_array()[0]), exact(f64::from(x)));
            assert!((ours - exact).abs() <= bound * exact.abs().max(0.1), "at {x}: {ours}, not {exact}");
        }
    }

    /// The error function by its Taylor series, in double precision.
    fn exact_erf(x: f64) -> f64 {
        if x.abs() > 5.0 {
            return x.signum();
        }
        let (mut term, mut sum) = (x, x);
        for n in 1..200 {
            term *= -x * x / f64::from(n);
            sum += term / f64::from(2 * n + 1);
        }
        sum * std::f64::consts::FRAC_2_SQRT_PI
    }

    #[test]
    fn what_is_no_number_stays_so() {
        for function in [exp, log, erf, sigmoid, gelu, gelu_slope] {
            assert!(function(Portable::splat(f32::NAN)).to_array()[0].is_nan());
        }
    }

    #[test]
    fn functions_are_exact_to_a_few_units_in_the_last_place() {
        check(exp, f64::exp, [-20.0, 20.0], 3e-7);
        check(log, f64::ln, [1e-6, 3.0], 3e-7);
        check(log, f64::ln, [1.0, 1e6], 3e-7);
        check(erf, exact_erf, [-6.0, 6.0], 4e-7);
        check(sigmoid, |x| 1.0 / (1.0 + (-x).exp()), [-30.0, 30.0], 4e-7);
        let cdf = |x: f64| 0.5 + 0.5 * exact_erf(x * std::f64::consts::FRAC_1_SQRT_2);
        let density = |x: f64| (-0.5 * x * x).exp() / std::f64::consts::TAU.sqrt();
        check(gelu, |x| x * cdf(x), [-6.0, 6.0], 1e-5);
        check(gelu_slope, |x| cdf(x) + x * density(x), [-6.0, 6.0], 1e-5);
    }
}
