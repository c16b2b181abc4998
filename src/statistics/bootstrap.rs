//! A crossed bootstrap: every factor of a design, such as images and seeds, is resampled by itself.

use rayon::prelude::*;

use super::bca;
use crate::random;

/// How much is resampled, and how sure the interval shall be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Resampling {
    /// Number of resamples.
    pub replicates: usize,
    /// Level of the interval, in `(0, 1)`.
    pub level: f64,
}

impl Default for Resampling {
    /// 5000 replicates, 95 %.
    fn default() -> Self {
        Self { replicates: 5000, level: 0.95 }
    }
}

/// A statistic of a sample with its uncertainty, in the statistic's unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The statistic of the sample as it is.
    pub value: f64,
    /// Lower bound of the interval.
    pub low: f64,
    /// Upper bound of the interval.
    pub high: f64,
    /// Standard deviation of the replicates.
    pub std_error: f64,
    /// Replicates on which the statistic is defined.
    pub replicates: usize,
}

/// Differences below this share of the value (of 1, for smaller values) are rounding noise.
const ROUNDING: f64 = 1e-13;

/// The statistic, its standard error and its BCa interval under resampling of every factor.
///
/// `factors` are the numbers of units, such as `[images, seeds of A, seeds of B]`. Each replicate draws the units of
/// every factor with replacement, independently of the others; a factor of one unit is fixed and adds no variation.
/// The statistic is given how often each unit counts, a slice for each factor. Draws are streams of their own for each
/// replicate, so the result depends on nothing but the arguments.
///
/// `None` where the statistic is undefined (or no finite number) on the sample as it is, where a factor has no unit,
/// and where it is defined on fewer than nine tenths of the replicates, or on fewer than two; the undefined ones among
/// enough others are left out. Units whose removal leaves it undefined are left out of the acceleration.
///
/// A factor of n units shows only (n - 1)/n of its variance to a bootstrap, so an interval is too narrow where a factor
/// of few units decides, and nothing here makes up for it. Of 1000 normal two-way samples of 40 images, the 95 %
/// interval of the mean covered the truth in 95 % where images vary most (5 seeds or 3), in 87 % where 5 seeds vary
/// as much as images, and where all that matters are 3, 5, 10 or 20 seeds, in 76 %, 86 %, 90 % and 93 %. Where neither
/// images nor seeds have an effect of their own it is too wide, and covered 99.7 % (Owen 2007: independent noise counts
/// up to threefold).
pub fn bootstrap(
    factors: &[usize],
    resampling: Resampling,
    statistic: &(dyn Fn(&[&[u32]]) -> Option<f64> + Sync),
) -> Option<Estimate> {
    let value = Multiplicities::whole(factors)?.apply(statistic)?;
    let rounding = ROUNDING * value.abs().max(1.0);
    let drawn: Vec<Option<f64>> = (0..resampling.replicates)
        .into_par_iter()
        .map_init(
            || Multiplicities::whole(factors),
            |multiplicities, replicate| {
                let multiplicities = multiplicities.as_mut()?;
                multiplicities.draw(replicate);
                multiplicities.apply(statistic)
            },
        )
        .collect();
    let mut defined: Vec<f64> = drawn.into_iter().flatten().collect();
    let replicates = defined.len();
    if replicates < 2 || 10 * replicates < 9 * resampling.replicates {
        return None;
    }
    // Sorted before it is summed: the order of the draws is one of many.
    defined.sort_by(f64::total_cmp);
    let (least, greatest) = (defined[0], defined[replicates - 1]);
    if (least - value).abs() <= rounding && (greatest - value).abs() <= rounding {
        return Some(Estimate { value, low: value, high: value, std_error: 0.0, replicates });
    }
    let (low, high) =
        bca::interval(value, &defined, &jackknife(factors, statistic), resampling.level, rounding);
    let mean = defined.iter().sum::<f64>() / replicates as f64;
    let squares = defined.iter().map(|one| (one - mean).powi(2)).sum::<f64>();
    Some(Estimate { value, low, high, std_error: (squares / (replicates - 1) as f64).sqrt(), replicates })
}

/// For each factor of more than one unit, the statistic without each of its units, where that is defined.
fn jackknife(factors: &[usize], statistic: &(dyn Fn(&[&[u32]]) -> Option<f64> + Sync)) -> Vec<Vec<f64>> {
    let without = |factor: usize| -> Vec<f64> {
        let values: Vec<Option<f64>> = (0..factors[factor])
            .into_par_iter()
            .map_init(
                || Multiplicities::whole(factors),
                |multiplicities, unit| {
                    let multiplicities = multiplicities.as_mut()?;
                    multiplicities.factors[factor][unit] = 0;
                    let value = multiplicities.apply(statistic);
                    multiplicities.factors[factor][unit] = 1;
                    value
                },
            )
            .collect();
        values.into_iter().flatten().collect()
    };
    (0..factors.len()).filter(|&factor| factors[factor] > 1).map(without).collect()
}

/// How often each unit of each factor counts.
struct Multiplicities {
    factors: Vec<Vec<u32>>,
}

impl Multiplicities {
    /// Every unit once; none where a factor has no unit.
    fn whole(factors: &[usize]) -> Option<Self> {
        let all = !factors.contains(&0);
        all.then(|| Self { factors: factors.iter().map(|&units| vec![1; units]).collect() })
    }

    /// Draws as many units of every factor as it has.
    fn draw(&mut self, replicate: usize) {
        let mut stream = random::stream(0, "bootstrap", replicate as u64, "");
        for units in self.factors.iter_mut().filter(|units| units.len() > 1) {
            let count = units.len() as u64;
            units.fill(0);
            for _ in 0..count {
                units[stream.below(count) as usize] += 1;
            }
        }
    }

    /// The statistic, where it is a number.
    fn apply(&self, statistic: &(dyn Fn(&[&[u32]]) -> Option<f64> + Sync)) -> Option<f64> {
        let views: Vec<&[u32]> = self.factors.iter().map(Vec::as_slice).collect();
        statistic(&views).filter(|value| value.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weighted_mean(values: &[f64], weights: &[u32]) -> Option<f64> {
        let total: u32 = weights.iter().sum();
        let sum: f64 = values.iter().zip(weights).map(|(value, &weight)| value * f64::from(weight)).sum();
        (total > 0).then(|| sum / f64::from(total))
    }

    #[test]
    fn the_standard_error_of_a_mean_is_that_of_the_textbook() {
        let values: Vec<f64> = (0..200).map(f64::from).collect();
        let found = bootstrap(&[200], Resampling::default(), &|w| weighted_mean(&values, w[0])).unwrap();
        // The population's standard deviation (divided by n) over the root of n.
        let expect = ((200.0_f64.powi(2) - 1.0) / 12.0 / 200.0).sqrt();
        // Four standard errors of a standard deviation of 5000 values.
        assert!((found.std_error / expect - 1.0).abs() < 0.04, "{found:?}, textbook {expect}");
        assert!((found.low - (99.5 - 1.96 * expect)).abs() < 0.3 * expect, "{found:?}");
        assert_eq!((found.value, found.replicates), (99.5, 5000));
    }

    #[test]
    fn no_variation_gives_a_point() {
        let check = |factors: &[usize], statistic: &(dyn Fn(&[&[u32]]) -> Option<f64> + Sync), value: f64| {
            let point = Estimate { value, low: value, high: value, std_error: 0.0, replicates: 5000 };
            assert_eq!(bootstrap(factors, Resampling::default(), statistic), Some(point));
        };
        check(&[1, 1], &|w| Some(f64::from(w[0][0] + w[1][0])), 2.0);
        check(&[3], &|_| Some(0.7), 0.7);
        // Values whose sum is rounded another way for other weights.
        let equal = vec![0.1; 30];
        let mean = weighted_mean(&equal, &[1; 30]).unwrap();
        check(&[30], &|w| weighted_mean(&equal, w[0]), mean);
        check(&[30], &|w| Some(weighted_mean(&equal, w[0])? - 0.1), mean - 0.1);
    }

    #[test]
    fn a_fixed_factor_is_always_whole() {
        let found = bootstrap(&[5, 1], Resampling::default(), &|w| {
            assert_eq!((w.len(), w[0].iter().sum::<u32>() >= 4, w[1]), (2, true, &[1][..]));
            Some(f64::from(w[0][0]))
        });
        assert!(found.unwrap().std_error > 0.5);
    }

    #[test]
    fn undefined_statistics() {
        let check = |factors: &[usize], statistic: &(dyn Fn(&[&[u32]]) -> Option<f64> + Sync), some: bool| {
            let found = bootstrap(factors, Resampling::default(), statistic);
            assert_eq!(found.is_some(), some, "{found:?}");
        };
        check(&[3, 0], &|_| Some(1.0), false);
        check(&[3], &|_| None, false);
        check(&[3], &|_| Some(f64::NAN), false);
        // One unit of eight is missing in (7/8)^8 = 34 % of the replicates, three of them in (5/8)^8 = 2 %.
        check(&[8], &|w| (w[0][0] > 0).then_some(1.0), false);
        check(&[8], &|w| (w[0][..3].iter().any(|&n| n > 0)).then_some(f64::from(w[0][0])), true);
        let none = Resampling { replicates: 0, ..Resampling::default() };
        assert_eq!(bootstrap(&[3], none, &|_| Some(1.0)), None);
    }

    #[test]
    fn threads_change_nothing() {
        let values: Vec<f64> = (0..50).map(|n| f64::from(n * n % 17)).collect();
        let run = || bootstrap(&[50], Resampling::default(), &|w| weighted_mean(&values, w[0])).unwrap();
        let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        assert_eq!(pool(1).install(run), pool(3).install(run));
    }
}
