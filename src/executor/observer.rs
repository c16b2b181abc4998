//! Who hears how an execution goes, such as a progress bar.

use super::plan::PlanItem;
use crate::store::{EpochEvent, RunState};
use crate::train::BatchProgress;

/// Hears how an execution goes; it decides nothing.
pub trait Observer {
    /// A run starts or goes on.
    fn run_starts(&mut self, item: &PlanItem);

    /// A training step of the run is finished.
    fn batch(&mut self, item: &PlanItem, progress: BatchProgress);

    /// An epoch of the run is finished and recorded.
    fn epoch(&mut self, item: &PlanItem, event: &EpochEvent);

    /// Nothing is left to do but to wait for `runs` runs that other processes work on.
    fn waits(&mut self, runs: usize) {
        let _ = runs;
    }

    /// Something is not as it should be, but the execution goes on.
    fn warning(&mut self, message: &str);

    /// A run ends, for now or for good.
    fn run_ends(&mut self, item: &PlanItem, state: &RunState);
}
