//! The scores of one network: seeds by images.

use crate::metric::{Definition, Score};
use crate::statistics::{Estimate, RepeatedSeed, Resampling, Summary, bootstrap, distinct_seeds};

/// Scores of the same images under several seeds, at least one.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    images: Vec<String>,
    seeds: Vec<u64>,
    /// A row a seed, in the order of the images.
    scores: Vec<Vec<Score>>,
}

/// Why runs are no sample.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SampleError {
    /// There is no run.
    #[error("no run")]
    Empty,
    /// A seed stands twice: a copy of a run is no repetition.
    #[error(transparent)]
    RepeatedSeed(#[from] RepeatedSeed),
    /// Runs report on different images.
    #[error("seed {seed} reports on other images than seed {first}")]
    OtherImages {
        /// The seed.
        seed: u64,
        /// The seed with whose images it is compared.
        first: u64,
    },
}

impl Sample {
    /// A sample of runs, each a seed with its images' ids and scores in any order.
    ///
    /// # Errors
    /// Without a run, with a seed that stands twice, or where runs report on different images.
    pub fn new(runs: Vec<(u64, Vec<(String, Score)>)>) -> Result<Self, SampleError> {
        let seeds: Vec<u64> = runs.iter().map(|(seed, _)| *seed).collect();
        let first = *seeds.first().ok_or(SampleError::Empty)?;
        distinct_seeds(&seeds)?;
        let mut images: Vec<String> = Vec::new();
        let mut scores = Vec::with_capacity(runs.len());
        for (seed, mut rows) in runs {
            rows.sort_by(|(a, _), (b, _)| a.cmp(b));
            let (ids, row): (Vec<String>, Vec<Score>) = rows.into_iter().unzip();
            if scores.is_empty() {
                images = ids;
            } else if images != ids {
                return Err(SampleError::OtherImages { seed, first });
            }
            scores.push(row);
        }
        Ok(Self { images, seeds, scores })
    }

    /// The images' ids, sorted.
    pub fn images(&self) -> &[String] {
        &self.images
    }

    /// The seeds.
    pub fn seeds(&self) -> &[u64] {
        &self.seeds
    }

    /// The images' scores under each seed.
    pub fn scores(&self) -> &[Vec<Score>] {
        &self.scores
    }

    /// Mean, spread and range of the metric over the seeds; `None` where it is undefined for one.
    pub fn summary(&self, definition: Definition) -> Option<Summary> {
        let values: Option<Vec<f64>> = self.scores.iter().map(|row| definition.value(row)).collect();
        Summary::of(&values?)
    }

    /// The metric over the images, averaged over the seeds, each counted so many times.
    pub fn weighted(&self, definition: Definition, images: &[u32], seeds: &[u32]) -> Option<f64> {
        let mut sum = 0.0;
        for (row, &weight) in self.scores.iter().zip(seeds).filter(|(_, weight)| **weight > 0) {
            sum += f64::from(weight) * definition.weighted(row, images)?;
        }
        let total: u32 = seeds.iter().sum();
        (total > 0).then(|| sum / f64::from(total))
    }

    /// The metric with its interval over repeated draws of images and of seeds; of images alone for a single seed.
    pub fn estimate(&self, definition: Definition) -> Option<Estimate> {
        let factors = [self.images.len(), self.seeds.len()];
        bootstrap(&factors, Resampling::default(), &|weights| {
            self.weighted(definition, weights[0], weights[1])
        })
    }

    /// The metric of each image alone, averaged over the seeds.
    pub fn by_image(&self, definition: Definition) -> Option<Vec<f64>> {
        let n = self.scores.len() as f64;
        let of = |image: usize| {
            let values: Option<f64> =
                self.scores.iter().map(|row| definition.value(&row[image..=image])).sum();
            Some(values? / n)
        };
        (0..self.images.len()).map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::Counts;

    fn score(tp: u64, fp: u64, fn_: u64) -> Score {
        Counts { tp, fp, fn_, tn: 1000 - tp - fp - fn_ }.into()
    }

    fn run(seed: u64, scores: &[(&str, u64)]) -> (u64, Vec<(String, Score)>) {
        (seed, scores.iter().map(|(id, tp)| ((*id).to_owned(), score(*tp, 100 - tp, 0))).collect())
    }

    #[test]
    fn runs_become_a_sample_in_the_order_of_ids() {
        let sample =
            Sample::new(vec![run(1, &[("b", 50), ("a", 80)]), run(2, &[("a", 90), ("b", 60)])]).unwrap();
        assert_eq!(sample.images(), ["a", "b"]);
        let by_image = sample.by_image(Definition::ImageIou).unwrap();
        assert!((by_image[0] - 0.85).abs() < 1e-12 && (by_image[1] - 0.55).abs() < 1e-12, "{by_image:?}");
        let summary = sample.summary(Definition::PooledIou).unwrap();
        assert!((summary.mean - 0.7).abs() < 1e-12 && summary.n == 2, "{summary}");
        let twice = sample.weighted(Definition::PooledIou, &[2, 0], &[1, 0]).unwrap();
        assert!((twice - 0.8).abs() < 1e-12, "{twice}");
        let estimate = sample.estimate(Definition::PooledIou).unwrap();
        assert!(estimate.low < estimate.value && estimate.value < estimate.high, "{estimate:?}");
    }

    #[test]
    fn what_is_no_sample_is_refused() {
        let refused = |runs| Sample::new(runs).unwrap_err().to_string();
        assert_eq!(refused(Vec::new()), "no run");
        assert!(refused(vec![run(1, &[("a", 1)]), run(1, &[("a", 1)])]).contains('1'));
        assert_eq!(
            refused(vec![run(1, &[("a", 1)]), run(2, &[("b", 1)])]),
            "seed 2 reports on other images than seed 1"
        );
    }
}
