//! The noise floor: how far apart executions of one run with one seed land.

use crate::metric::{Counts, Definition};
use crate::model::weights::from_safetensors;
use crate::store::{CountsRow, NoiseSpread, RunFolder, StoreError, Weights};

/// Measures how far apart complete executions of one run are, one after another.
#[derive(Clone, Debug)]
pub struct Meter {
    stored: Execution,
    /// The smallest and the largest of the repeats' values, and how many repeats there were.
    repeats: Option<(Execution, Execution)>,
    count: usize,
    from_stored: NoiseSpread,
}

/// Largest differences over some executions.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spreads {
    /// Repeats that were measured.
    pub repeats: usize,
    /// Among the repeats; zeros for less than two.
    pub among_repeats: NoiseSpread,
    /// Between the stored run and a repeat.
    pub from_stored: NoiseSpread,
}

/// The values of a complete execution.
#[derive(Clone, Debug)]
struct Execution {
    /// Pooled IoU and Dice under the best weights in percentage points, training and selection loss of the last epoch.
    scalars: [f64; 4],
    weights: Vec<f32>,
}

impl Meter {
    /// A meter for repeats of the stored run.
    ///
    /// # Errors
    /// When its files can't be read or are damaged.
    pub fn new(stored: &RunFolder) -> Result<Self, StoreError> {
        let stored = Execution::read(stored)?;
        Ok(Self { stored, repeats: None, count: 0, from_stored: NoiseSpread::default() })
    }

    /// Adds a repeat.
    ///
    /// # Errors
    /// When its files can't be read or are damaged, or hold other weights than the stored run's.
    pub fn add(&mut self, folder: &RunFolder) -> Result<(), StoreError> {
        let repeat = Execution::read(folder)?;
        if repeat.weights.len() != self.stored.weights.len() {
            let (found, expected) = (repeat.weights.len(), self.stored.weights.len());
            let message = format!("{found} values, where the stored run has {expected}");
            return Err(StoreError::Damaged { path: folder.path().join("best.safetensors"), message });
        }
        self.from_stored = self.from_stored.max(spread(&self.stored, &repeat));
        self.count += 1;
        self.repeats = Some(match self.repeats.take() {
            None => (repeat.clone(), repeat),
            Some((low, high)) => {
                (low.with(&repeat, f64::min, f32::min), high.with(&repeat, f64::max, f32::max))
            }
        });
        Ok(())
    }

    /// What was measured so far.
    pub fn spreads(&self) -> Spreads {
        Spreads {
            repeats: self.count,
            among_repeats: self
                .repeats
                .as_ref()
                .map_or_else(NoiseSpread::default, |(low, high)| spread(low, high)),
            from_stored: self.from_stored,
        }
    }
}

impl Execution {
    fn read(folder: &RunFolder) -> Result<Self, StoreError> {
        let best: Vec<Counts> =
            folder.counts()?.iter().filter(|row| row.weights == Weights::Best).map(counts).collect();
        // Undefined only where nobody sees a lesion, and then nobody is wrong.
        let points = |definition: Definition| 100.0 * definition.value(&best).unwrap_or(1.0);
        let events = folder.events()?;
        let last = events.last().map_or([0.0; 2], |event| [event.train_loss, event.selection_loss]);
        let (state, _) = from_safetensors(&folder.best_weights()?).map_err(|error| StoreError::Damaged {
            path: folder.path().join("best.safetensors"),
            message: error.to_string(),
        })?;
        Ok(Self {
            scalars: [points(Definition::PooledIou), points(Definition::PooledDice), last[0], last[1]],
            weights: state.0.into_values().flat_map(|tensor| tensor.values).collect(),
        })
    }

    fn with(mut self, other: &Self, pick: fn(f64, f64) -> f64, pick_weight: fn(f32, f32) -> f32) -> Self {
        let scalars = self.scalars.iter_mut().zip(&other.scalars);
        scalars.for_each(|(own, other)| *own = pick(*own, *other));
        let weights = self.weights.iter_mut().zip(&other.weights);
        weights.for_each(|(own, other)| *own = pick_weight(*own, *other));
        self
    }
}

fn counts(row: &CountsRow) -> Counts {
    Counts { tp: row.tp, fp: row.fp, fn_: row.fn_, tn: row.tn }
}

fn spread(left: &Execution, right: &Execution) -> NoiseSpread {
    let scalar = |index: usize| (left.scalars[index] - right.scalars[index]).abs();
    let apart = |(left, right): (&f32, &f32)| (f64::from(*left) - f64::from(*right)).abs();
    NoiseSpread {
        pooled_iou: scalar(0),
        pooled_dice: scalar(1),
        train_loss: scalar(2),
        selection_loss: scalar(3),
        weight: left.weights.iter().zip(&right.weights).map(apart).fold(0.0, f64::max),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn execution(iou: f64, weights: &[f32]) -> Execution {
        Execution { scalars: [iou, iou / 2.0, 0.5, 0.25], weights: weights.to_vec() }
    }

    #[test]
    fn the_furthest_pair_counts() {
        let low = execution(70.0, &[1.0, 5.0]);
        let middle = execution(70.5, &[2.0, 4.0]);
        let high = execution(72.0, &[1.5, 4.5]);
        let all = low.clone().with(&middle, f64::max, f32::max).with(&high, f64::max, f32::max);
        assert_eq!((all.scalars[0], all.weights.as_slice()), (72.0, &[2.0, 5.0][..]));
        let least = low.clone().with(&middle, f64::min, f32::min).with(&high, f64::min, f32::min);
        let found = spread(&least, &all);
        let expected =
            NoiseSpread { pooled_iou: 2.0, pooled_dice: 1.0, weight: 1.0, ..NoiseSpread::default() };
        assert_eq!(found, expected);
        assert!(spread(&high, &high).is_zero());
    }
}
