//! Carries out a plan in this process, one run after another.

use super::interrupt::Interrupt;
use super::observer::Observer;
use super::plan::PlanItem;
use super::session::Session;
use crate::store::{RunState, StoreError};

/// With what a plan is carried out.
pub struct Execution<'a> {
    /// What works on each run.
    pub session: Session<'a>,
    /// When to stop.
    pub interrupt: &'a Interrupt,
    /// At most so many runs are worked on.
    pub limit: Option<usize>,
    /// Whether a run that fails is the last one.
    pub fail_fast: bool,
}

/// How an execution went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Runs that this execution completed.
    pub completed: usize,
    /// Runs that failed.
    pub failed: usize,
    /// Runs that another process works on.
    pub busy: usize,
    /// Runs that were complete before.
    pub done_before: usize,
    /// Runs that are due and were left for another time.
    pub left: usize,
    /// True if it was asked to stop before the last run was complete.
    pub interrupted: bool,
}

impl Execution<'_> {
    /// Works on every run that is due; unless it is to stop there, a run that fails doesn't keep the
    /// others from being made.
    ///
    /// # Errors
    /// When results can't be read or written.
    pub fn execute(&self, items: &[PlanItem], observer: &mut dyn Observer) -> Result<Summary, StoreError> {
        let due: Vec<&PlanItem> = items.iter().filter(|item| item.reason.is_due()).collect();
        let now_due = due.len().min(self.limit.unwrap_or(usize::MAX));
        let mut summary = Summary { left: due.len() - now_due, ..Summary::default() };
        for item in items.iter().filter(|item| !item.reason.is_due()) {
            match item.reason {
                super::Reason::Busy => summary.busy += 1,
                _ => summary.done_before += 1,
            }
        }
        for (index, item) in due.into_iter().take(now_due).enumerate() {
            if self.interrupt.is_requested() {
                summary.interrupted = true;
                break;
            }
            match self.session.work_on(item, observer) {
                Ok(RunState::Done { .. }) => summary.completed += 1,
                Ok(RunState::Failed { .. }) => {
                    summary.failed += 1;
                    if self.fail_fast {
                        summary.left += now_due - index - 1;
                        break;
                    }
                }
                Ok(_) => {
                    summary.interrupted = true;
                    break;
                }
                Err(error @ StoreError::Locked { .. }) => {
                    observer.warning(&error.to_string());
                    summary.busy += 1;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(summary)
    }
}
