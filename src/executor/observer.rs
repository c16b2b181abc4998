//! Who hears how an execution goes, such as a progress bar.

use super::plan::PlanItem;
use crate::store::{EpochEvent, RunState};
use crate::train::BatchProgress;

/// Hears how an execution goes; it decides nothing.
pub trait Observer {
    /// A run starts or goes on: number `number` (from 1) of `due` runs.
    fn run_starts(&mut self, item: &PlanItem, number: usize, due: usize);

    /// A training step is finished.
    fn batch(&mut self, progress: BatchProgress);

    /// An epoch of `epochs` is finished and recorded.
    fn epoch(&mut self, event: &EpochEvent, epochs: usize);

    /// Something is not as it should be, but the execution goes on.
    fn warning(&mut self, message: &str);

    /// A run ends, for now or for good.
    fn run_ends(&mut self, item: &PlanItem, state: &RunState);
}
