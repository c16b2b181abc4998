//! One of two runs that are compared.

use sha2::{Digest, Sha256};

use crate::cli::failure::Failure;
use crate::cli::store::find;
use crate::cli::store::standing::{Standing, images};
use crate::metric::Score;
use crate::store::{CountsRow, Results, RunState, Weights};

/// A finished run.
pub(super) struct Side {
    pub standing: Standing,
    /// The epoch (from 1) whose weights were selected.
    pub best_epoch: usize,
    /// Seconds of training and evaluation.
    pub seconds: f64,
    /// SHA-256 of the best weights.
    weights: [u8; 32],
}

impl Side {
    /// Reads the run that `text` means.
    ///
    /// # Errors
    /// When there is no such run, it isn't done, or it can't be read.
    pub(super) fn read(results: &Results, text: &str) -> Result<Self, Failure> {
        let folder = find::find(results, text)?;
        let standing = Standing::read(&folder)?;
        let RunState::Done { best_epoch, seconds } = standing.record.state else {
            let message = format!("{}: only runs that are done are compared", standing.record.id);
            let hint = format!("`ege-bench explain {}` says how far it is", standing.record.id);
            return Err(Failure::usage(message, Some(hint)));
        };
        let weights = Sha256::digest(folder.best_weights()?).into();
        Ok(Self { standing, best_epoch, seconds, weights })
    }

    /// The run's id.
    pub(super) fn id(&self) -> &str {
        &self.standing.record.id
    }

    /// Id and score of each reported image under the best weights.
    pub(super) fn images(&self) -> Vec<(&str, Score)> {
        images(&self.standing.counts, Weights::Best)
    }
}

/// What of two runs is equal bit by bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bits {
    pub weights: bool,
    pub best_counts: bool,
    pub last_counts: bool,
}

impl Bits {
    pub(super) fn of(a: &Side, b: &Side) -> Self {
        let counts = |weights| {
            let rows = |side: &Side| {
                let mut rows: Vec<CountsRow> =
                    side.standing.counts.iter().filter(|row| row.weights == weights).cloned().collect();
                rows.sort_by(|left, right| left.image.cmp(&right.image));
                rows
            };
            let (a, b) = (rows(a), rows(b));
            a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| a.agrees(b))
        };
        Self {
            weights: a.weights == b.weights,
            best_counts: counts(Weights::Best),
            last_counts: counts(Weights::Last),
        }
    }

    /// What isn't equal; empty where everything is.
    pub(super) fn differing(self) -> Vec<&'static str> {
        let parts = [
            (self.weights, "the best weights"),
            (self.best_counts, "the counts under the best weights"),
            (self.last_counts, "the counts under the last weights"),
        ];
        parts.into_iter().filter(|(equal, _)| !equal).map(|(_, name)| name).collect()
    }
}
