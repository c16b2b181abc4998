//! All that metrics are computed from, of one image.

use super::{Boundary, Counts};

/// The confusion matrix of one image, and how far its borders are apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// The confusion matrix.
    pub counts: Counts,
    /// Distances between the borders; none where they weren't kept, as in runs of earlier versions.
    pub boundary: Option<Boundary>,
}

impl From<Counts> for Score {
    fn from(counts: Counts) -> Self {
        Self { counts, boundary: None }
    }
}
