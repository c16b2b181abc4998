//! One network against another on the same images.

use super::{LEVEL, POWER, Sample};
use crate::metric::{Counts, Definition, Score};
use crate::statistics::{
    Estimate, Permutation, Resampling, Uncertainty, Wilcoxon, bootstrap, minimum_detectable, permutation,
    wilcoxon,
};

/// Random assignments of a permutation test.
const PERMUTATIONS: usize = 4999;

/// A difference of a metric, A minus B.
#[derive(Clone, Copy, Debug)]
pub struct Paired {
    /// The difference with its interval over repeated draws of images and of both networks' seeds.
    pub difference: Estimate,
    /// Test that exchanges the two networks' scores image by image: chance among these images, given these trainings.
    pub permutation: Permutation,
    /// Signed-rank test of the images' own values; none where no image differs.
    pub wilcoxon: Option<Wilcoxon>,
    /// The smallest difference that so many seeds and images find with a power of 80 %: by the variance of images, from
    /// a bootstrap, and those of both networks' trainings, with the degrees of freedom that they are known with; a
    /// network of one seed adds nothing, so it is then about these trainings.
    pub detectable: f64,
    /// Interval of the difference over repeated trainings on these images (Welch's, from each seed's value); none where a
    /// network has a single seed. With few seeds it is honest where a bootstrap of them is too narrow.
    pub over_trainings: Option<(f64, f64)>,
}

/// What a difference says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A has the higher value.
    Higher,
    /// A has the lower value.
    Lower,
    /// The interval holds zero: equal within noise.
    Tie,
    /// More than chance among these images, but a network has only one seed: nobody knows about other trainings.
    Unknown,
}

impl Standing {
    /// The word of tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Higher => "higher",
            Self::Lower => "lower",
            Self::Tie => "tie",
            Self::Unknown => "one seed",
        }
    }
}

impl Paired {
    /// What the difference says, where `p` is its p value as corrected for all that are tested together.
    ///
    /// All three must speak: the interval over images and seeds, the one over trainings, which few seeds don't make too
    /// narrow, and the test, which knows how many comparisons were made.
    pub fn standing(&self, p: f64) -> Standing {
        let Estimate { low, high, value, .. } = self.difference;
        let holds_zero = |(low, high): (f64, f64)| low <= 0.0 && high >= 0.0;
        if holds_zero((low, high)) || p > 1.0 - LEVEL {
            return Standing::Tie;
        }
        match self.over_trainings {
            None => Standing::Unknown,
            Some(interval) if holds_zero(interval) => Standing::Tie,
            Some(_) if value > 0.0 => Standing::Higher,
            Some(_) => Standing::Lower,
        }
    }
}

/// Compares two networks on the same images; `None` where they report on different ones, or the metric is undefined.
pub fn paired(a: &Sample, b: &Sample, definition: Definition) -> Option<Paired> {
    if a.images() != b.images() {
        return None;
    }
    let images = a.images().len();
    let factors = [images, a.seeds().len(), b.seeds().len()];
    let difference = bootstrap(&factors, Resampling::default(), &|weights| {
        Some(
            a.weighted(definition, weights[0], weights[1])?
                - b.weighted(definition, weights[0], weights[2])?,
        )
    })?;
    let differences = differences(a, b, definition)?;
    let permutation = if is_pooled(definition) {
        permutation(images, PERMUTATIONS, &|swapped| exchanged(a, b, swapped, definition))?
    } else {
        let n = images as f64;
        permutation(images, PERMUTATIONS, &|swapped| {
            let signed = differences.iter().zip(swapped).map(|(d, swapped)| if *swapped { -d } else { *d });
            Some(signed.sum::<f64>() / n)
        })?
    };
    let trainings = trainings(a, b, definition)?;
    Some(Paired {
        difference,
        permutation,
        wilcoxon: wilcoxon(&differences),
        detectable: minimum_detectable(all_parts(a, b, definition, &trainings)?, 1.0 - LEVEL, POWER),
        over_trainings: over_trainings(difference.value, &trainings),
    })
}

/// Variance of the mean over trainings with its degrees of freedom, for each network; none for a single seed.
fn trainings(a: &Sample, b: &Sample, definition: Definition) -> Option<[Option<(f64, f64)>; 2]> {
    let part = |sample: &Sample| {
        let summary = sample.summary(definition)?;
        Some(summary.std.map(|std| (std * std / summary.n as f64, (summary.n - 1) as f64)))
    };
    Some([part(a)?, part(b)?])
}

/// Welch's interval from each seed's value over all images.
fn over_trainings(difference: f64, trainings: &[Option<(f64, f64)>; 2]) -> Option<(f64, f64)> {
    let uncertainty = Uncertainty::of(&[trainings[0]?, trainings[1]?]);
    let half = uncertainty.half_width(LEVEL);
    Some((difference - half, difference + half))
}

/// How uncertain the difference is by images and by trainings together.
///
/// A bootstrap that draws seeds as well shows only (n - 1)/n of their variance, so images alone are drawn and the
/// trainings' variances added.
fn all_parts(
    a: &Sample,
    b: &Sample,
    definition: Definition,
    trainings: &[Option<(f64, f64)>; 2],
) -> Option<Uncertainty> {
    let images = a.images().len();
    let every = |sample: &Sample| vec![1; sample.seeds().len()];
    let (seeds_a, seeds_b) = (every(a), every(b));
    let over_images = bootstrap(&[images], Resampling::default(), &|weights| {
        Some(a.weighted(definition, weights[0], &seeds_a)? - b.weighted(definition, weights[0], &seeds_b)?)
    })?;
    let freedom = images.saturating_sub(1).max(1) as f64;
    let parts: Vec<(f64, f64)> = std::iter::once((over_images.std_error.powi(2), freedom))
        .chain(trainings.iter().flatten().copied())
        .collect();
    Some(Uncertainty::of(&parts))
}

/// Image by image, A minus B, of what the definition is for one image.
fn differences(a: &Sample, b: &Sample, definition: Definition) -> Option<Vec<f64>> {
    let own = match definition {
        Definition::PooledIou => Definition::ImageIou,
        Definition::PooledDice => Definition::ImageDice,
        other => other,
    };
    let (a, b) = (a.by_image(own)?, b.by_image(own)?);
    Some(a.iter().zip(&b).map(|(a, b)| a - b).collect())
}

fn is_pooled(definition: Definition) -> bool {
    !matches!(definition, Definition::ImageIou | Definition::ImageDice | Definition::Hd95 | Definition::Assd)
}

/// The difference of the pooled metric, averaged over seeds, with the marked images exchanged.
///
/// Every seed of one network meets one of the other: as many times round as both numbers of seeds divide, so each counts
/// as often as every other of its network, and with nothing exchanged this is the difference of the means.
fn exchanged(a: &Sample, b: &Sample, swapped: &[bool], definition: Definition) -> Option<f64> {
    let (seeds_a, seeds_b) = (a.scores(), b.scores());
    let meetings = common_multiple(seeds_a.len(), seeds_b.len());
    let mut sum = 0.0;
    for meeting in 0..meetings {
        let (a, b) = (&seeds_a[meeting % seeds_a.len()], &seeds_b[meeting % seeds_b.len()]);
        let mut totals = [Counts::default(); 2];
        for ((a, b), swapped) in a.iter().zip(b).zip(swapped) {
            let (first, second) = if *swapped { (b, a) } else { (a, b) };
            totals[0] += first.counts;
            totals[1] += second.counts;
        }
        let [first, second] = totals.map(|total| definition.value(&[Score::from(total)]));
        sum += first? - second?;
    }
    Some(sum / meetings as f64)
}

/// The least common multiple of two numbers that aren't 0.
fn common_multiple(a: usize, b: usize) -> usize {
    let (mut divisor, mut rest) = (a, b);
    while rest > 0 {
        (divisor, rest) = (rest, divisor % rest);
    }
    a / divisor * b
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 40 images of 100 lesion pixels each, of which `found` are found, and some noise by image and seed.
    fn sample(seeds: &[u64], found: impl Fn(u64, u64) -> u64) -> Sample {
        let runs = seeds.iter().map(|&seed| {
            let rows = (0..40).map(|image| {
                let tp = found(seed, image).min(100);
                let counts = Counts { tp, fp: 5, fn_: 100 - tp, tn: 895 };
                (format!("I{image:02}"), Score::from(counts))
            });
            (seed, rows.collect())
        });
        Sample::new(runs.collect()).expect("a sample")
    }

    fn noise(seed: u64, image: u64) -> u64 {
        (seed * 7 + image * 13) % 9
    }

    #[test]
    fn a_clear_difference_is_found_and_noise_is_a_tie() {
        let a = sample(&[1, 2, 3], |seed, image| 85 + noise(seed, image));
        let b = sample(&[1, 2, 3, 4], |seed, image| 70 + noise(seed + 1, image));
        let clear = paired(&a, &b, Definition::PooledIou).unwrap();
        assert!(clear.permutation.p < 0.001 && clear.difference.low > 0.1, "{clear:?}");
        assert_eq!(clear.standing(clear.permutation.p), Standing::Higher);
        let back = paired(&b, &a, Definition::PooledIou).unwrap();
        assert_eq!(back.standing(back.permutation.p), Standing::Lower);
        let c = sample(&[5, 6, 7], |seed, image| 85 + noise(seed, image));
        let tie = paired(&a, &c, Definition::PooledIou).unwrap();
        assert_eq!(tie.standing(tie.permutation.p), Standing::Tie, "{tie:?}");
        assert!(tie.detectable > 0.0);
    }

    #[test]
    fn what_is_exchanged_is_the_difference_that_is_told() {
        let a = sample(&[1, 2, 3, 4], |seed, image| 80 + noise(seed, image));
        let b = sample(&[1, 2, 3, 4, 5, 6], |seed, image| 78 + noise(seed + 1, image));
        let iou = Definition::PooledIou;
        let told = paired(&a, &b, iou).unwrap().difference.value;
        let none = exchanged(&a, &b, &[false; 40], iou).unwrap();
        let all = exchanged(&a, &b, &[true; 40], iou).unwrap();
        assert!((none - told).abs() < 1e-12 && (all + told).abs() < 1e-12, "{told} {none} {all}");
        assert_eq!([common_multiple(4, 6), common_multiple(5, 5), common_multiple(1, 3)], [12, 5, 3]);
    }

    #[test]
    fn what_is_detectable_shrinks_with_seeds_and_not_by_taking_one() {
        // Trainings alone vary: two seeds tell little of their spread.
        let of = |seeds: &[u64]| {
            let a = sample(seeds, |seed, image| 80 + 2 * (seed % 3) + noise(3, image));
            let b = sample(seeds, |seed, image| 80 + 2 * ((seed + 1) % 3) + noise(4, image));
            paired(&a, &b, Definition::PooledIou).unwrap().detectable
        };
        let (two, five, nine) = (of(&[1, 2]), of(&[1, 2, 3, 4, 5]), of(&[1, 2, 3, 4, 5, 6, 7, 8, 9]));
        assert!(two > 2.0 * five && five > nine, "{two} {five} {nine}");
    }

    #[test]
    fn trainings_that_lie_far_apart_are_a_tie_however_sure_the_images_are() {
        // Every image of every training is better by some points, but two trainings of each lie far apart.
        let level = |seed: u64| if seed == 1 { 60 } else { 85 };
        let a = sample(&[1, 2], |seed, image| level(seed) + 6 + noise(3, image));
        let b = sample(&[1, 2], |seed, image| level(seed) + noise(3, image));
        let pair = paired(&a, &b, Definition::PooledIou).unwrap();
        let (low, high) = pair.over_trainings.unwrap();
        assert!(pair.permutation.p < 0.001 && low < 0.0 && high > 0.0, "{pair:?}");
        assert_eq!(pair.standing(pair.permutation.p), Standing::Tie);
    }

    #[test]
    fn one_seed_can_t_speak_for_others_and_other_images_are_no_pair() {
        let a = sample(&[1], |seed, image| 85 + noise(seed, image));
        let b = sample(&[1], |seed, image| 70 + noise(seed, image));
        let pair = paired(&a, &b, Definition::ImageDice).unwrap();
        assert_eq!(pair.standing(pair.permutation.p), Standing::Unknown, "{pair:?}");
        let few = Sample::new(vec![(1, vec![("x".to_owned(), Counts::default().into())])]).unwrap();
        assert!(paired(&a, &few, Definition::PooledIou).is_none());
    }

    #[expect(clippy::float_cmp, reason = "nothing was rounded")]
    #[test]
    fn the_same_network_twice_is_a_tie() {
        let a = sample(&[1, 2], |seed, image| 85 + noise(seed, image));
        let same = paired(&a, &a, Definition::PooledIou).unwrap();
        assert_eq!(same.difference.value, 0.0);
        assert_eq!(same.permutation.p, 1.0);
        assert_eq!(same.wilcoxon, None);
        assert_eq!(same.standing(1.0), Standing::Tie);
    }
}
