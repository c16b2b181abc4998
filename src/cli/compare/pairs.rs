//! The images of two runs, paired by id.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::metric::{Definition, Score};

/// An image that both runs report on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pair {
    /// The image's id.
    pub image: String,
    /// Score in both runs.
    pub scores: [Score; 2],
    /// IoU in both runs, in 0..1; an image without lesion in truth and prediction has 1.
    pub iou: [f64; 2],
}

impl Pair {
    /// How much better the second run is, in -1..1.
    pub(super) fn gain(&self) -> f64 {
        self.iou[1] - self.iou[0]
    }
}

/// All images of two runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Pairs {
    /// Images of both, by id.
    pub common: Vec<Pair>,
    /// How many only the first run reports on, and how many only the second.
    pub alone: [usize; 2],
}

impl Pairs {
    pub(super) fn of(a: &[(&str, Score)], b: &[(&str, Score)]) -> Self {
        let mut rest: BTreeMap<&str, Score> = b.iter().copied().collect();
        let mut pairs = Self::default();
        for (image, score) in a.iter().copied().collect::<BTreeMap<_, _>>() {
            match rest.remove(image) {
                None => pairs.alone[0] += 1,
                Some(other) => {
                    let both = [score, other];
                    pairs.common.push(Pair { image: image.to_owned(), scores: both, iou: both.map(iou) });
                }
            }
        }
        pairs.alone[1] = rest.len();
        pairs
    }

    /// Scores of the common images in one of the runs, 0 or 1.
    pub(super) fn scores(&self, side: usize) -> Vec<Score> {
        self.common.iter().map(|pair| pair.scores[side]).collect()
    }

    /// On how many images the first run is better, both are equal, and the second is.
    pub(super) fn wins(&self) -> [usize; 3] {
        let count = |order: Ordering| {
            self.common.iter().filter(|pair| pair.iou[1].total_cmp(&pair.iou[0]) == order).count()
        };
        [Ordering::Less, Ordering::Equal, Ordering::Greater].map(count)
    }

    /// The images with the largest differences, at most `count`, without those where there is none.
    pub(super) fn largest(&self, count: usize) -> Vec<&Pair> {
        let mut ranked: Vec<&Pair> =
            self.common.iter().filter(|pair| pair.iou[0].total_cmp(&pair.iou[1]).is_ne()).collect();
        // Sorted by id before: of equal differences the first id comes first.
        ranked.sort_by(|left, right| right.gain().abs().total_cmp(&left.gain().abs()));
        ranked.truncate(count);
        ranked
    }
}

fn iou(score: Score) -> f64 {
    Definition::ImageIou.value(&[score]).expect("the mean over images is defined for one image")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::Counts;

    fn score(tp: u64) -> Score {
        Counts { tp, fp: 100 - tp, fn_: 0, tn: 0 }.into()
    }

    #[test]
    fn images_are_paired_by_id_and_ranked_by_difference() {
        let a = [("c", score(50)), ("a", score(10)), ("b", score(70)), ("x", score(1))];
        let b = [("a", score(30)), ("b", score(70)), ("c", score(20)), ("y", score(1)), ("z", score(1))];
        let pairs = Pairs::of(&a, &b);
        assert_eq!(pairs.alone, [1, 2]);
        assert_eq!(pairs.wins(), [1, 1, 1]);
        let ranked: Vec<_> = pairs.largest(10).iter().map(|pair| pair.image.as_str()).collect();
        assert_eq!(ranked, ["c", "a"]);
        assert_eq!(pairs.largest(1)[0].image, "c");
        assert_eq!(pairs.scores(1).iter().map(|score| score.counts.tp).collect::<Vec<_>>(), [30, 70, 20]);
    }

    #[test]
    fn an_image_without_a_lesion_counts_as_right() {
        let nothing = Score::from(Counts { tp: 0, fp: 0, fn_: 0, tn: 100 });
        let pairs = Pairs::of(&[("a", nothing)], &[("a", nothing)]);
        assert_eq!((pairs.common[0].iou, pairs.wins()), ([1.0, 1.0], [0, 1, 0]));
    }
}
