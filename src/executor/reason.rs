//! Why a planned run is due, or isn't.

use std::fmt;

use serde_json::Value;

use super::difference::differences;
use crate::store::{RunFolder, RunRecord, RunState, Standing, StoreError};

/// Why a planned run is due, or isn't.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Nothing of it has been done.
    New {
        /// What differs from a run of the same variant and seed with another meaning, where there is one.
        changed: Option<Changed>,
    },
    /// It stopped, or its process died; it goes on.
    Interrupted {
        /// Epochs that its newest checkpoint has.
        epochs_done: usize,
    },
    /// It failed; it is tried again, from its last checkpoint, only where that is asked for.
    Failed {
        /// A word for the kind of error.
        kind: String,
        /// The error's message.
        message: String,
        /// Sessions that it took until then.
        sessions: usize,
    },
    /// Another process works on it.
    Busy,
    /// It is complete.
    Done,
}

/// How a run's meaning differs from that of an earlier one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// Id of the earlier run.
    pub earlier: String,
    /// The parts that differ, as dotted paths such as `train.epochs`.
    pub parts: Vec<String>,
}

impl Reason {
    /// The reason of a run with that folder, where `earlier` are all runs of the results.
    ///
    /// # Errors
    /// When the folder can't be read, is damaged or of a newer format.
    pub fn of(
        folder: &RunFolder,
        run: (&str, &str, u64),
        meaning: &Value,
        earlier: &[RunRecord],
    ) -> Result<Self, StoreError> {
        let record = match folder.standing()? {
            Standing::Busy => return Ok(Self::Busy),
            Standing::Left(None) => return Ok(Self::New { changed: changed(run, meaning, earlier) }),
            Standing::Left(Some(record)) => record,
        };
        let after_checkpoint = || match folder.checkpoint() {
            Ok(checkpoint) => Ok(checkpoint.map_or(0, |checkpoint| checkpoint.epochs_done)),
            // The run starts over, with a warning; see `FolderHost`.
            Err(StoreError::Damaged { .. }) => Ok(0),
            Err(error) => Err(error),
        };
        Ok(match record.state {
            RunState::Done { .. } => Self::Done,
            RunState::Planned => Self::New { changed: changed(run, meaning, earlier) },
            // The lock is free, so whoever worked on it is dead.
            RunState::Running | RunState::Interrupted { .. } => {
                Self::Interrupted { epochs_done: after_checkpoint()? }
            }
            RunState::Failed { kind, message } => {
                Self::Failed { kind, message, sessions: record.provenance.sessions }
            }
        })
    }

    /// True where the next execution works on the run without being told to try again.
    pub fn is_due(&self) -> bool {
        !matches!(self, Self::Done | Self::Busy | Self::Failed { .. })
    }

    /// True where the record tells of the failure that this is, and not of a later one.
    pub fn is_failure_of(&self, record: &RunRecord) -> bool {
        matches!(self, Self::Failed { sessions, .. } if *sessions == record.provenance.sessions)
    }

    /// One word for the reason, as machines read it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::New { .. } => "new",
            Self::Interrupted { .. } => "interrupted",
            Self::Failed { .. } => "failed",
            Self::Busy => "busy",
            Self::Done => "done",
        }
    }

    /// One word for how far the run is, as machines read it.
    pub fn state_word(&self) -> &'static str {
        match self {
            Self::New { .. } => "planned",
            Self::Interrupted { .. } => "interrupted",
            Self::Failed { .. } => "failed",
            Self::Busy => "running",
            Self::Done => "done",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::New { changed: None } => write!(f, "new"),
            Self::New { changed: Some(Changed { earlier, parts }) } => {
                write!(f, "new: {} changed since {earlier}", parts.join(", "))
            }
            Self::Interrupted { epochs_done: 0 } => write!(f, "interrupted in epoch 1"),
            Self::Interrupted { epochs_done } => write!(f, "interrupted after epoch {epochs_done}"),
            Self::Failed { kind, message, .. } => write!(f, "failed ({kind}): {message}"),
            Self::Busy => write!(f, "another process works on it"),
            Self::Done => write!(f, "done"),
        }
    }
}

/// The difference to the earlier run of the same experiment, variant and seed that is most like this one.
fn changed(
    (experiment, variant, seed): (&str, &str, u64),
    meaning: &Value,
    earlier: &[RunRecord],
) -> Option<Changed> {
    earlier
        .iter()
        .filter(|record| (&*record.experiment, &*record.variant, record.seed) == (experiment, variant, seed))
        .map(|record| {
            let parts = differences(&record.meaning, meaning).into_iter().map(|part| part.path).collect();
            Changed { earlier: record.id.clone(), parts }
        })
        .filter(|changed| !changed.parts.is_empty())
        .min_by_key(|changed| changed.parts.len())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::store::{ModelCost, Provenance, Results};

    fn record(id: &str, meaning: Value, state: RunState) -> RunRecord {
        RunRecord {
            format: crate::store::FORMAT,
            id: id.into(),
            experiment: "e".into(),
            variant: "v".into(),
            seed: 1,
            meaning,
            synthetic: false,
            origin: None,
            encoder_weights: Vec::new(),
            folder: None,
            state,
            cost: ModelCost::default(),
            provenance: Provenance::default(),
        }
    }

    #[test]
    fn states_give_reasons() {
        let check = |state: Option<RunState>, checkpoints: usize, expect: &str, due: bool| {
            let root = tempfile::tempdir().unwrap();
            let folder = Results::new(root.path()).run("a");
            if let Some(state) = state {
                folder.write_record(&record("a", json!({}), state)).unwrap();
            }
            for epoch in 1..=checkpoints {
                folder.save_checkpoint(b"x", epoch).unwrap();
            }
            let reason = Reason::of(&folder, ("e", "v", 1), &json!({}), &[]).unwrap();
            assert_eq!(reason.to_string(), expect);
            assert_eq!(reason.is_due(), due);
        };
        check(None, 0, "new", true);
        check(Some(RunState::Planned), 0, "new", true);
        check(Some(RunState::Running), 0, "interrupted in epoch 1", true);
        check(Some(RunState::Running), 2, "interrupted after epoch 2", true);
        check(Some(RunState::Interrupted { epochs_done: 3 }), 3, "interrupted after epoch 3", true);
        let failed = RunState::Failed { kind: "diverged".into(), message: "loss is NaN".into() };
        check(Some(failed), 1, "failed (diverged): loss is NaN", false);
        check(Some(RunState::Done { best_epoch: 1, seconds: 1.0 }), 1, "done", false);
    }

    #[test]
    fn a_held_lock_means_busy() {
        let root = tempfile::tempdir().unwrap();
        let folder = Results::new(root.path()).run("a");
        let _lock = folder.lock().unwrap();
        assert_eq!(Reason::of(&folder, ("e", "v", 1), &json!({}), &[]).unwrap(), Reason::Busy);
        folder.write_record(&record("a", json!({}), RunState::Running)).unwrap();
        assert_eq!(Reason::of(&folder, ("e", "v", 1), &json!({}), &[]).unwrap(), Reason::Busy);
    }

    #[test]
    fn another_meaning_of_the_same_run_is_told_apart() {
        let root = tempfile::tempdir().unwrap();
        let folder = Results::new(root.path()).run("b");
        let check = |before: Value, after: &Value, expect: &str| {
            let earlier = [record("a", before, RunState::Done { best_epoch: 1, seconds: 1.0 })];
            let reason = Reason::of(&folder, ("e", "v", 1), after, &earlier).unwrap();
            assert_eq!(reason.to_string(), expect);
        };
        let now = json!({"train": {"epochs": 3, "lr": 0.1}, "data-digest": "b", "sides": [1, 2]});
        check(
            json!({"train": {"epochs": 2, "lr": 0.1}, "data-digest": "a", "sides": [1, 2]}),
            &now,
            "new: data-digest, train.epochs changed since a",
        );
        check(
            json!({"train": {"epochs": 3, "lr": 0.1}, "data-digest": "b", "sides": [1, 3], "old": {"x": 1}}),
            &now,
            "new: old, sides changed since a",
        );
        assert_eq!(
            Reason::of(&folder, ("e", "other", 1), &now, &[record("a", json!({}), RunState::Planned)])
                .unwrap(),
            Reason::New { changed: None }
        );
    }
}
