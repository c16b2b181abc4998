//! Every network on a device, compared with the built-in path.

use serde::Serialize;

use crate::model::cards;
use crate::train::{Agreement, Compute, TrainError, agreement};

/// Images and pixels of the comparison: so small that all networks take seconds.
const IMAGES: (usize, usize) = (2, 64);

/// What became of a network.
#[derive(Debug, Serialize)]
pub(super) struct Tested {
    /// The network.
    pub model: &'static str,
    /// Differences relative to the built-in path.
    pub output: f64,
    pub loss: f64,
    pub gradient: f64,
    /// What rounding alone makes of the gradient.
    pub sensitivity: f64,
    /// Whether rounding explains them.
    pub agrees: bool,
}

/// Compares every network; `told` hears of each as it is done.
///
/// # Errors
/// When the device's memory doesn't suffice.
pub(super) fn test(compute: Compute, mut told: impl FnMut(&Tested)) -> Result<Vec<Tested>, TrainError> {
    let one = |card: crate::model::Card| {
        let found = agreement(&card.settings, IMAGES, 1, compute)?;
        let Agreement { output, loss, gradient, sensitivity, .. } = found;
        let tested = Tested { model: card.name, output, loss, gradient, sensitivity, agrees: found.holds() };
        told(&tested);
        Ok(tested)
    };
    cards().into_iter().map(one).collect()
}
