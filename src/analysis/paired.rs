//! One network against another on the same images.

use super::{LEVEL, POWER, Sample};
use crate::metric::{Counts, Definition, Score};
use crate::statistics::{
    Estimate, Permutation, Reported, Resampling, Wilcoxon, bootstrap, difference_interval,
    minimum_detectable, permutation, wilcoxon,
};

/// Random assignments of a permutation test.
const PERMUTATIONS: usize = 4999;

/// A difference of a metric, A minus B.
#[derive(Clone, Copy, Debug)]
pub struct Paired {
    /// The difference with its interval over repeated draws of images and of both networks' seeds.
    pub difference: Estimate,
    /// Test that exchanges the two networks' counts image by image: chance among these images, given these trainings.
    pub permutation: Permutation,
    /// Signed-rank test of the images' own values; none where no image differs.
    pub wilcoxon: Option<Wilcoxon>,
    /// The smallest difference that so many seeds and images find with a power of 80 %.
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
        let (one, other) = (summed(a, b.seeds().len()), summed(b, a.seeds().len()));
        permutation(images, PERMUTATIONS, &|swapped| exchanged(&one, &other, swapped, definition))?
    } else {
        let n = images as f64;
        permutation(images, PERMUTATIONS, &|swapped| {
            let signed = differences.iter().zip(swapped).map(|(d, swapped)| if *swapped { -d } else { *d });
            Some(signed.sum::<f64>() / n)
        })?
    };
    Some(Paired {
        difference,
        permutation,
        wilcoxon: wilcoxon(&differences),
        detectable: minimum_detectable(difference.std_error, 1.0 - LEVEL, POWER),
        over_trainings: over_trainings(a, b, definition),
    })
}

/// Welch's interval from each seed's value over all images.
fn over_trainings(a: &Sample, b: &Sample, definition: Definition) -> Option<(f64, f64)> {
    let (a, b) = (a.summary(definition)?, b.summary(definition)?);
    b.std?;
    difference_interval(&a, Reported { mean: b.mean, std: b.std, n: Some(b.n) }, LEVEL)
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

/// Counts of each image summed over the seeds, times `factor`: so both networks' sums stand for as many trainings.
fn summed(sample: &Sample, factor: usize) -> Vec<Counts> {
    let factor = factor as u64;
    let of = |image: usize| {
        let Counts { tp, fp, fn_, tn } = sample.scores().iter().map(|row| row[image].counts).sum();
        Counts { tp: tp * factor, fp: fp * factor, fn_: fn_ * factor, tn: tn * factor }
    };
    (0..sample.images().len()).map(of).collect()
}

/// The difference of the pooled metric with the marked images exchanged.
fn exchanged(a: &[Counts], b: &[Counts], swapped: &[bool], definition: Definition) -> Option<f64> {
    let mut totals = [Counts::default(); 2];
    for ((a, b), swapped) in a.iter().zip(b).zip(swapped) {
        let (first, second) = if *swapped { (b, a) } else { (a, b) };
        totals[0] += *first;
        totals[1] += *second;
    }
    let [first, second] = totals.map(|total| definition.value(&[Score::from(total)]));
    Some(first? - second?)
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
