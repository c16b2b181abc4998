//! The confusion matrix of one image.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// Pixels of one image (or of several, added up) by truth and prediction; lesion is positive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Lesion pixels predicted as lesion.
    pub tp: u64,
    /// Background pixels predicted as lesion.
    pub fp: u64,
    /// Lesion pixels predicted as background.
    #[serde(rename = "fn")]
    pub fn_: u64,
    /// Background pixels predicted as background.
    pub tn: u64,
}

impl Counts {
    /// Counts of a prediction against the truth, pixel by pixel; both slices have the same length.
    pub fn of(prediction: impl IntoIterator<Item = bool>, truth: impl IntoIterator<Item = bool>) -> Self {
        let mut counts = Self::default();
        for pair in prediction.into_iter().zip(truth) {
            match pair {
                (true, true) => counts.tp += 1,
                (true, false) => counts.fp += 1,
                (false, true) => counts.fn_ += 1,
                (false, false) => counts.tn += 1,
            }
        }
        counts
    }

    /// Number of pixels.
    pub fn pixels(self) -> u64 {
        self.tp + self.fp + self.fn_ + self.tn
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.tp += other.tp;
        self.fp += other.fp;
        self.fn_ += other.fn_;
        self.tn += other.tn;
    }
}

impl std::iter::Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), |mut total, one| {
            total += one;
            total
        })
    }
}
