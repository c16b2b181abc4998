//! Two executions of one run, bit by bit.

use std::collections::BTreeMap;

use super::left::{Complete, Left};
use super::weights::{Share, WeightsDifference, compare_weights};
use crate::store::{CountsRow, EpochEvent, RunFolder, StoreError, Weights};

/// How a part of two executions compares.
#[derive(Clone, Debug, PartialEq)]
pub enum Part<D> {
    /// The same bits; how many things were compared.
    Same(usize),
    /// Not the same.
    Different(D),
    /// Not compared, for a reason.
    Left(String),
}

/// How two executions of a run compare.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Epochs that were compared.
    pub epochs: usize,
    /// Learning rates, losses and IoU of the epochs.
    pub events: Part<EventDifference>,
    /// The epoch that was selected: stored and repeated.
    pub best_epoch: Part<[usize; 2]>,
    /// The selected weights.
    pub weights: Part<WeightsDifference>,
    /// Counts of every reported image under the best and the last weights, and its distances where both have them.
    pub counts: Part<CountsDifference>,
}

/// How the epochs of two executions differ.
#[derive(Clone, Debug, PartialEq)]
pub struct EventDifference {
    /// The first epoch that differs.
    pub epoch: usize,
    /// The first value of it that differs, as `events.jsonl` names it.
    pub value: &'static str,
    /// It in the stored run; none where that lacks the epoch.
    pub stored: Option<f64>,
    /// It in the repeat; none where that lacks the epoch.
    pub repeated: Option<f64>,
    /// Values that differ, of all epochs.
    pub values: Share,
}

/// How the counts of two executions differ.
#[derive(Clone, Debug, PartialEq)]
pub struct CountsDifference {
    /// Under which weights the first difference is.
    pub weights: Weights,
    /// The first image that differs.
    pub image: String,
    /// Its row in the stored run; none where that lacks it.
    pub stored: Option<CountsRow>,
    /// As `stored`, in the repeat.
    pub repeated: Option<CountsRow>,
    /// Rows, an image under one of the weights each, that differ.
    pub rows: Share,
}

impl<D> Part<D> {
    /// True where the part was compared and differs.
    pub fn differs(&self) -> bool {
        matches!(self, Self::Different(_))
    }
}

impl Comparison {
    /// True where nothing that was compared differs.
    pub fn is_identical(&self) -> bool {
        let parts =
            [self.events.differs(), self.best_epoch.differs(), self.weights.differs(), self.counts.differs()];
        !parts.contains(&true)
    }
}

/// Compares the first `epochs` epochs of two executions, and what complete executions leave.
///
/// Times, memory and speed are no part of it: they differ each time.
///
/// # Errors
/// When a folder can't be read or is damaged.
pub fn compare(stored: &RunFolder, repeated: &RunFolder, epochs: usize) -> Result<Comparison, StoreError> {
    let (left, right) = (Left::read(stored)?, Left::read(repeated)?);
    let comparison = Comparison {
        epochs,
        events: events(&left.events, &right.events, epochs),
        best_epoch: Part::Left(String::new()),
        weights: Part::Left(String::new()),
        counts: Part::Left(String::new()),
    };
    let Some(first) = &left.complete else {
        let why = "the stored run isn't done".to_owned();
        return Ok(comparison.without(&why, weights_of_part(stored, None, epochs, repeated)?));
    };
    let Some(second) = &right.complete else {
        let why = format!("only the first {epochs} epochs were executed again");
        return Ok(comparison.without(&why, weights_of_part(stored, Some(first), epochs, repeated)?));
    };
    Ok(Comparison {
        best_epoch: if first.best_epoch == second.best_epoch {
            Part::Same(1)
        } else {
            Part::Different([first.best_epoch, second.best_epoch])
        },
        weights: weights(stored, repeated)?,
        counts: counts(&first.counts, &second.counts),
        ..comparison
    })
}

impl Comparison {
    /// The comparison of executions of which one is incomplete.
    fn without(self, why: &str, weights: Part<WeightsDifference>) -> Self {
        let why = why.to_owned();
        Self { best_epoch: Part::Left(why.clone()), counts: Part::Left(why), weights, ..self }
    }
}

/// Of a part of a run, the selected weights are comparable where they come from an epoch of that part.
fn weights_of_part(
    stored: &RunFolder,
    complete: Option<&Complete>,
    epochs: usize,
    repeated: &RunFolder,
) -> Result<Part<WeightsDifference>, StoreError> {
    match complete {
        Some(complete) if complete.best_epoch <= epochs => weights(stored, repeated),
        Some(complete) => Ok(Part::Left(format!(
            "the stored run keeps those of epoch {}, none of the first {epochs}",
            complete.best_epoch
        ))),
        None => Ok(Part::Left("the stored run isn't done".to_owned())),
    }
}

fn weights(stored: &RunFolder, repeated: &RunFolder) -> Result<Part<WeightsDifference>, StoreError> {
    Ok(compare_weights(&stored.best_weights()?, &repeated.best_weights()?))
}

fn events(stored: &[EpochEvent], repeated: &[EpochEvent], epochs: usize) -> Part<EventDifference> {
    let of = |events: &[EpochEvent], epoch: usize| {
        events.iter().find(|event| event.epoch == epoch).map_or([None; 4], |event| values(event).map(Some))
    };
    let mut shares = Share::default();
    let mut first = None;
    for epoch in 1..=epochs {
        for ((&value, stored), repeated) in VALUES.iter().zip(of(stored, epoch)).zip(of(repeated, epoch)) {
            shares.all += 1;
            if stored.map(f64::to_bits) != repeated.map(f64::to_bits) {
                shares.differing += 1;
                first = first.or(Some((epoch, value, stored, repeated)));
            }
        }
    }
    match first {
        None => Part::Same(shares.all),
        Some((epoch, value, stored, repeated)) => {
            Part::Different(EventDifference { epoch, value, stored, repeated, values: shares })
        }
    }
}

/// The values of an epoch that must repeat, as `events.jsonl` names them.
const VALUES: [&str; 4] = ["learning-rate", "train-loss", "selection-loss", "selection-iou"];

fn values(event: &EpochEvent) -> [f64; 4] {
    [event.learning_rate, event.train_loss, event.selection_loss, event.selection_iou]
}

fn counts(stored: &[CountsRow], repeated: &[CountsRow]) -> Part<CountsDifference> {
    fn by_image(rows: &[CountsRow]) -> BTreeMap<(bool, &str), &CountsRow> {
        rows.iter().map(|row| ((row.weights == Weights::Last, row.image.as_str()), row)).collect()
    }
    let (stored, repeated) = (by_image(stored), by_image(repeated));
    let mut keys: Vec<_> = stored.keys().chain(repeated.keys()).copied().collect();
    keys.sort_unstable();
    keys.dedup();
    let differs = |key: &&(bool, &str)| match (stored.get(*key), repeated.get(*key)) {
        (Some(stored), Some(repeated)) => !stored.agrees(repeated),
        _ => true,
    };
    let mut differing = keys.iter().filter(differs);
    let Some(key @ &(last, image)) = differing.clone().next() else { return Part::Same(keys.len()) };
    Part::Different(CountsDifference {
        weights: if last { Weights::Last } else { Weights::Best },
        stored: stored.get(key).map(|&row| row.clone()),
        repeated: repeated.get(key).map(|&row| row.clone()),
        image: image.to_owned(),
        rows: Share { differing: differing.by_ref().count(), all: keys.len() },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(epoch: usize, train_loss: f64, seconds: f64) -> EpochEvent {
        EpochEvent {
            epoch,
            learning_rate: 1e-3,
            train_loss,
            selection_loss: 0.5,
            selection_iou: 0.25,
            seconds,
            input_seconds: None,
            images_per_second: seconds,
            memory_mb: seconds as u64,
        }
    }

    #[test]
    fn epochs_are_compared_by_their_bits_and_times_are_not() {
        let stored = [event(1, 1.0, 1.0), event(2, 0.5, 1.0), event(3, 0.1, 1.0)];
        let repeated = [event(1, 1.0, 9.0), event(2, 0.5_f64.next_up(), 2.0)];
        assert_eq!(events(&stored, &repeated, 1), Part::Same(4));
        let first = EventDifference {
            epoch: 2,
            value: "train-loss",
            stored: Some(0.5),
            repeated: Some(0.5_f64.next_up()),
            values: Share { differing: 1, all: 8 },
        };
        assert_eq!(events(&stored, &repeated, 2), Part::Different(first));
        let Part::Different(missing) = events(&stored, &repeated[..1], 2) else { panic!("one is missing") };
        assert_eq!((missing.epoch, missing.value, missing.repeated), (2, "learning-rate", None));
        assert_eq!(missing.values, Share { differing: 4, all: 8 });
        let zero = [event(1, 0.0, 1.0)];
        assert!(events(&zero, &[event(1, -0.0, 1.0)], 1).differs(), "0 and -0 have other bits");
    }

    #[test]
    fn counts_are_compared_image_by_image() {
        let row = |weights, image: &str, tp| CountsRow {
            weights,
            image: image.into(),
            tp,
            fp: 2,
            fn_: 3,
            tn: 4,
            hd95: Some(1.5),
            assd: Some(0.5),
        };
        let stored = [row(Weights::Best, "b", 1), row(Weights::Best, "a", 1), row(Weights::Last, "a", 1)];
        let turned = [stored[1].clone(), stored[2].clone(), stored[0].clone()];
        assert_eq!(counts(&stored, &turned), Part::Same(3));
        let repeated = [stored[0].clone(), stored[1].clone(), row(Weights::Last, "a", 7)];
        let difference = CountsDifference {
            weights: Weights::Last,
            image: "a".into(),
            stored: Some(stored[2].clone()),
            repeated: Some(repeated[2].clone()),
            rows: Share { differing: 1, all: 3 },
        };
        assert_eq!(counts(&stored, &repeated), Part::Different(difference));
        let Part::Different(missing) = counts(&stored, &stored[1..]) else { panic!("one is missing") };
        assert_eq!((missing.image.as_str(), missing.repeated), ("b", None));
        let older = stored.clone().map(|row| CountsRow { hd95: None, assd: None, ..row });
        assert_eq!(counts(&older, &stored), Part::Same(3));
        let farther = stored.clone().map(|row| CountsRow { hd95: Some(1.6), ..row });
        assert!(counts(&stored, &farther).differs());
    }
}
