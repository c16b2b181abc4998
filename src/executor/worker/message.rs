//! What a worker and its parent tell each other, a JSON value a line.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::experiment::plan::PlannedRun;
use crate::store::{EpochEvent, RunState};
use crate::train::BatchProgress;

/// The line by which a parent asks its worker to stop at a checkpoint.
pub(super) const STOP: &str = "stop";

/// What a worker is to do: the first line that its parent sends.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Assignment {
    /// The parent's build; another one could give other numbers.
    pub build: String,
    /// The run.
    pub run: PlannedRun,
    /// Its id, so that data that changed meanwhile is noticed.
    pub id: String,
    /// What the id is a hash of.
    pub meaning: Value,
    /// Sessions until the failure after which it is tried again; none for a run that hasn't failed.
    pub retries: Option<usize>,
}

/// What a worker tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Message {
    /// It holds the run's lock and begins.
    Begins,
    /// A training step is finished.
    Batch(BatchProgress),
    /// An epoch is finished and recorded.
    Epoch(EpochEvent),
    /// Something is not as it should be, but the work goes on.
    Warning(String),
    /// Another process works on the run.
    Busy,
    /// Another process ended the run since it was planned; nothing comes after it.
    Found(RunState),
    /// The run is left in this state; nothing comes after it.
    Ends(RunState),
    /// No run can go on here, such as on a full disk; nothing comes after it.
    Broken {
        /// What happened.
        error: String,
        /// What the user can do.
        hint: Option<String>,
    },
}

/// What tells this build from others.
pub(super) fn build() -> String {
    let provenance = crate::executor::provenance::build();
    format!(
        "{} {}{} {}",
        provenance.version,
        provenance.commit,
        if provenance.dirty { "+" } else { "" },
        provenance.cargo_lock
    )
}
