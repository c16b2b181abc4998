//! Watches a repeat: shows how it goes, and stops it after the last epoch that is compared.

use crate::cli::progress::Progress;
use crate::executor::{Interrupt, Observer, PlanItem};
use crate::store::{EpochEvent, RunState};
use crate::train::BatchProgress;

/// Watches a repeat.
pub(super) struct Watch<'a> {
    /// Who shows how it goes.
    pub progress: Progress,
    /// The user's wish to stop.
    pub signals: &'a Interrupt,
    /// The repeat's own: what is asked for here isn't taken for a first Ctrl-C.
    pub stop: &'a Interrupt,
    /// The epoch after which the repeat stops.
    pub last: usize,
    /// True once that epoch is complete.
    pub reached: bool,
}

impl Observer for Watch<'_> {
    fn run_starts(&mut self, item: &PlanItem) {
        self.progress.run_starts(item);
    }

    fn batch(&mut self, item: &PlanItem, progress: BatchProgress) {
        self.progress.batch(item, progress);
        if self.signals.is_requested() {
            self.stop.request();
        }
    }

    fn epoch(&mut self, item: &PlanItem, event: &EpochEvent) {
        self.progress.epoch(item, event);
        if event.epoch >= self.last {
            self.reached = true;
            self.stop.request();
        }
    }

    fn warning(&mut self, message: &str) {
        self.progress.warning(message);
    }

    fn run_ends(&mut self, item: &PlanItem, state: &RunState) {
        // Stopping where it should is no interruption.
        if !(self.reached && matches!(state, RunState::Interrupted { .. })) {
            self.progress.run_ends(item, state);
        }
    }
}
