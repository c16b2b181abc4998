//! How fast a run goes: epochs and images against a time that the caller gives, in seconds from any moment on.

use std::collections::VecDeque;

use crate::store::EpochEvent;
use crate::train::BatchProgress;

/// Epochs whose mean time foretells the rest: few enough to follow a change of the machine's load.
const RECENT: usize = 5;

/// The mean of the last few epochs' seconds; unknown where there is none.
pub(super) fn seconds_an_epoch(seconds: impl DoubleEndedIterator<Item = f64>) -> Option<f64> {
    let (sum, count) = seconds.rev().take(RECENT).fold((0.0, 0), |(sum, count), s| (sum + s, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

/// How fast one run goes in this session: what an earlier one did took other time.
#[derive(Clone, Debug, Default)]
pub(super) struct Pace {
    /// Time and place of the first step that was seen; a place is in epochs, with the part of the one under way.
    first: Option<(f64, f64)>,
    latest: (f64, f64),
    /// True if the epoch under way was seen from its first step on.
    whole: bool,
    /// Seconds of the last epochs that were seen as a whole.
    recent: VecDeque<f64>,
}

impl Pace {
    /// The pace of a run that goes on after so many epochs.
    pub(super) fn after(epochs_done: usize) -> Self {
        Self { latest: (0.0, epochs_done as f64), ..Self::default() }
    }

    /// A step is finished.
    pub(super) fn step(&mut self, time: f64, progress: &BatchProgress) {
        let place = (progress.epoch - 1) as f64 + progress.batch as f64 / progress.batches.max(1) as f64;
        self.whole |= progress.batch == 1;
        self.first.get_or_insert((time, place));
        self.latest = (time, place);
    }

    /// An epoch is finished, evaluation included.
    pub(super) fn epoch(&mut self, time: f64, event: &EpochEvent) {
        if self.whole {
            self.recent.push_back(event.seconds);
            if self.recent.len() > RECENT {
                self.recent.pop_front();
            }
        }
        self.whole = false;
        self.latest = (time, event.epoch as f64);
    }

    /// Epochs that are done, with the finished part of the one under way.
    pub(super) fn epochs_done(&self) -> f64 {
        self.latest.1
    }

    /// Seconds of an epoch: of the last whole ones, before the first of them as the steps so far foretell it
    /// (the first step only starts the clock: what it took has the start of the run in it).
    pub(super) fn seconds_an_epoch(&self) -> Option<f64> {
        seconds_an_epoch(self.recent.iter().copied()).or_else(|| {
            let (time, place) = self.first?;
            let epochs = self.latest.1 - place;
            (epochs > 0.0).then(|| (self.latest.0 - time) / epochs)
        })
    }

    /// Seconds until so many epochs are complete; unknown before anything was measured.
    pub(super) fn seconds_left(&self, epochs: usize) -> Option<f64> {
        Some(self.seconds_an_epoch()? * (epochs as f64 - self.epochs_done()).max(0.0))
    }
}

/// Images of the epoch under way against time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate {
    begun: f64,
    images: usize,
}

impl Rate {
    /// An epoch begins.
    pub(super) fn from(time: f64) -> Self {
        Self { begun: time, images: 0 }
    }

    /// So many more images were seen; returns images a second.
    pub(super) fn seen(&mut self, time: f64, images: usize) -> f64 {
        self.images += images;
        self.images as f64 / (time - self.begun).max(1e-3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(epoch: usize, batch: usize) -> BatchProgress {
        BatchProgress { epoch, epochs: 10, batch, batches: 4, images: 8, loss: 0.5, learning_rate: 1e-3 }
    }

    fn event(epoch: usize, seconds: f64) -> EpochEvent {
        EpochEvent {
            epoch,
            learning_rate: 1e-3,
            train_loss: 1.0,
            selection_loss: 1.0,
            selection_iou: 0.5,
            seconds,
            input_seconds: None,
            images_per_second: 1.0,
            memory_mb: 0,
        }
    }

    #[test]
    fn the_last_epochs_foretell_the_rest() {
        assert_eq!(seconds_an_epoch([].into_iter()), None);
        assert_eq!(seconds_an_epoch([100.0, 100.0, 2.0, 2.0, 2.0, 2.0, 2.0].into_iter()), Some(2.0));
        assert_eq!(seconds_an_epoch([1.0, 3.0].into_iter()), Some(2.0));
    }

    #[test]
    fn steps_foretell_until_an_epoch_is_whole() {
        let mut pace = Pace::after(0);
        assert_eq!(pace.seconds_left(10), None);
        // Nine seconds until the first step: the start, which comes once.
        pace.step(9.0, &step(1, 1));
        assert_eq!(pace.seconds_left(10), None);
        pace.step(10.0, &step(1, 2));
        assert_eq!(pace.seconds_left(10), Some(4.0 * 9.5));
        pace.step(11.0, &step(1, 3));
        pace.step(12.0, &step(1, 4));
        pace.epoch(18.0, &event(1, 10.0));
        assert_eq!(pace.seconds_left(10), Some(90.0));
        pace.step(19.0, &step(2, 1));
        assert_eq!(pace.seconds_left(10), Some(87.5));
        pace.epoch(40.0, &event(2, 30.0));
        assert_eq!(pace.seconds_left(10), Some(160.0), "the mean of 10 and 30 s, eight times");
        pace.epoch(50.0, &event(10, 30.0));
        assert_eq!(pace.seconds_left(10), Some(0.0));
    }

    #[test]
    fn a_run_that_goes_on_counts_what_is_left() {
        let mut pace = Pace::after(6);
        assert!((pace.epochs_done() - 6.0).abs() < 1e-9);
        pace.step(1.0, &step(7, 3));
        pace.step(2.0, &step(7, 4));
        // A part of an epoch says nothing about a whole one.
        pace.epoch(3.0, &event(7, 2.0));
        assert_eq!(pace.seconds_an_epoch(), Some(8.0));
        assert_eq!(pace.seconds_left(10), Some(24.0));
    }

    #[test]
    fn images_are_counted_from_the_beginning_of_the_epoch() {
        let mut rate = Rate::from(10.0);
        assert!((rate.seen(12.0, 8) - 4.0).abs() < 1e-9);
        assert!((rate.seen(14.0, 8) - 4.0).abs() < 1e-9);
        assert!(Rate::from(1.0).seen(1.0, 8).is_finite());
    }
}
