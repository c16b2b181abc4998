//! A process's work on one run, from its lock to the state that it is left in.

use serde_json::Value;

use super::gallery;
use super::host::FolderHost;
use super::interrupt::Interrupt;
use super::observer::Observer;
use super::plan::PlanItem;
use super::provenance::{build, now};
use super::trainer::Trainer;
use super::users_folder;
use crate::experiment::plan::PlannedRun;
use crate::store::{
    CountsRow, FORMAT, ModelCost, Provenance, Results, RunFolder, RunRecord, RunState, StoreError, Weights,
};
use crate::train::{Finished, HostError, ImageCounts, Job, MEMORY, Outcome, TrainError};

/// With what a run is worked on.
pub struct Session<'a> {
    /// Where results go.
    pub results: &'a Results,
    /// What trains.
    pub trainer: &'a dyn Trainer,
    /// When to stop.
    pub interrupt: &'a Interrupt,
    /// The build and the machine.
    pub provenance: Provenance,
    /// Whether epochs are also written for TensorBoard.
    pub tensorboard: bool,
}

impl Session<'_> {
    /// Works on one run under its lock and returns the state that it is left in.
    ///
    /// # Errors
    /// When another process works on the run, or its folder can't be read or written.
    pub fn work_on(&self, item: &PlanItem, observer: &mut dyn Observer) -> Result<RunState, StoreError> {
        let folder = self.results.run(&item.id);
        let lock = folder.lock()?;
        let earlier = folder.record()?;
        match &earlier {
            // Another process ended it between the plan and the lock.
            Some(RunRecord { state: state @ RunState::Done { .. }, .. }) => return Ok(state.clone()),
            Some(record @ RunRecord { state: state @ RunState::Failed { .. }, .. })
                if !item.reason.is_failure_of(record) =>
            {
                return Ok(state.clone());
            }
            _ => {}
        }
        let mut record = self.record(item, earlier.as_ref());
        folder.write_record(&record)?;
        folder.remove_diverged()?;
        observer.run_starts(item);
        if let Some(warning) = earlier.as_ref().and_then(|earlier| self.other_arithmetic(earlier)) {
            observer.warning(&warning);
        }
        let mut epochs_done = 0;
        let host = FolderHost::new(&folder, &lock, self.interrupt, observer, item, self.tensorboard);
        let trained = host.map_err(host_error).and_then(|mut host| {
            let trained = self.train(item, &folder, &mut host);
            epochs_done = host.epochs_done();
            trained
        });
        let trained = match trained {
            Err(error) => Err(unless_gone(error, &folder)?),
            trained => trained,
        };
        let mut broken = None;
        record.state = match trained {
            Ok(Outcome::Done(finished)) => {
                lock.require_ours(&folder)?;
                folder.write_counts(&rows(&finished))?;
                RunState::Done { best_epoch: finished.best_epoch, seconds: finished.seconds }
            }
            Ok(Outcome::Interrupted { epochs_done }) => RunState::Interrupted { epochs_done },
            Err(error) => match of_the_place(error) {
                Ok(error) => {
                    broken = Some(error);
                    RunState::Interrupted { epochs_done }
                }
                Err(error) => RunState::Failed { kind: error.kind().to_owned(), message: error.to_string() },
            },
        };
        if let Err(lost) = lock.require_ours(&folder) {
            return Err(broken.unwrap_or(lost));
        }
        record.provenance.ended = now();
        // Last, so that a run that says `done` has its counts and its gallery.
        let written = folder.write_record(&record);
        if let Some(error) = broken {
            // What can't be written here is told by the lock: a run without one was interrupted.
            return Err(error);
        }
        written?;
        observer.run_ends(item, &record.state);
        Ok(record.state)
    }

    fn train(
        &self,
        item: &PlanItem,
        folder: &RunFolder,
        host: &mut FolderHost<'_>,
    ) -> Result<Outcome, TrainError> {
        let job = Job {
            settings: &item.run.settings,
            seed: item.run.seed,
            images: &*item.data.images,
            split: &item.data.split,
            encoder: &item.encoder,
        };
        host.log(&format!("session of ege-bench {} begins", self.provenance.version)).map_err(host_error)?;
        let outcome = self.trainer.train(&job, host);
        match &outcome {
            Ok(Outcome::Done(finished)) => {
                // A run is worth its counts without pictures, too.
                if let Err(error) = gallery::keep(folder, item, self.trainer, &finished.best) {
                    // With room again it has them.
                    if let Some(StoreError::Io(_)) = error.downcast_ref() {
                        return Err(TrainError::Host(error));
                    }
                    let error: HostError = match error.downcast::<TrainError>() {
                        Ok(error) if error.kind() == MEMORY => return Err(*error),
                        Ok(error) => error,
                        Err(error) => error,
                    };
                    host.warn(&format!("no gallery for {}: {error}", item.id)).map_err(host_error)?;
                }
                host.log("done").map_err(host_error)?;
            }
            Ok(Outcome::Interrupted { epochs_done }) => {
                host.log(&format!("interrupted in epoch {}", epochs_done + 1)).map_err(host_error)?;
            }
            // The error itself matters more than one that may come of writing it down.
            Err(error) => drop(host.log(&format!("failed ({}): {error}", error.kind()))),
        }
        outcome
    }

    /// What to say where an earlier session of the run computed with other instructions.
    fn other_arithmetic(&self, earlier: &RunRecord) -> Option<String> {
        let now = &self.provenance.instruction_set;
        let before = last_set(&earlier.provenance.instruction_set);
        (!before.is_empty() && before != now).then(|| {
            format!(
                "{}: begun with the instruction set {before}, going on with {now}: last digits may differ from \
                 those of a run on one machine",
                earlier.id
            )
        })
    }

    /// The record of a run whose session begins now.
    fn record(&self, item: &PlanItem, earlier: Option<&RunRecord>) -> RunRecord {
        let (started, sessions) = match earlier {
            Some(record) if record.provenance.sessions > 0 => {
                (record.provenance.started.clone(), record.provenance.sessions)
            }
            _ => (now(), 0),
        };
        let settings = &item.run.settings;
        RunRecord {
            format: FORMAT,
            id: item.id.clone(),
            // The experiment that first asked for a run keeps it; another may share it.
            experiment: earlier.map_or(&item.run.experiment, |record| &record.experiment).clone(),
            variant: earlier.map_or(&item.run.variant, |record| &record.variant).clone(),
            seed: item.run.seed,
            meaning: item.meaning.clone(),
            synthetic: settings.data.source.is_synthetic(),
            origin: item.data.origin(),
            encoder_weights: item.encoder_files(),
            folder: item.folder(),
            state: RunState::Running,
            cost: self.trainer.cost(&settings.model, settings.data.size),
            provenance: Provenance {
                started,
                ended: String::new(),
                sessions: sessions + 1,
                instruction_set: instruction_sets(earlier, &self.provenance.instruction_set),
                ..self.provenance.clone()
            },
        }
    }
}

/// The instruction sets of all sessions, each where it differs from the one before: `avx2, portable`.
fn instruction_sets(earlier: Option<&RunRecord>, now: &str) -> String {
    match earlier.map(|record| record.provenance.instruction_set.as_str()) {
        Some(before) if last_set(before) == now => before.to_owned(),
        Some(before) if !before.is_empty() => format!("{before}, {now}"),
        _ => now.to_owned(),
    }
}

/// The instruction set of the last session.
fn last_set(sets: &str) -> &str {
    sets.rsplit(", ").next().unwrap_or(sets)
}

/// The error of a place where no run could go on, such as a full disk; else the run's own, which is given back.
fn of_the_place(error: TrainError) -> Result<StoreError, TrainError> {
    match error {
        TrainError::Host(error) => match error.downcast::<StoreError>() {
            // Other runs have other files.
            Ok(error) if !matches!(*error, StoreError::NotFinite { .. } | StoreError::Damaged { .. }) => {
                Ok(*error)
            }
            Ok(error) => Err(TrainError::Host(error)),
            Err(error) => Err(TrainError::Host(error)),
        },
        error => Err(error),
    }
}

/// What became of a failure that was to be noted.
pub(super) enum Noted {
    /// The run is left in this state.
    Left(RunState),
    /// Another process works on the run, and it is for that one to say how it ends.
    Busy,
}

/// Notes that the run of that id and meaning failed of something that kept its own session from saying so, unless it
/// has ended.
///
/// # Errors
/// When its record can't be read or written.
pub(super) fn note_failure(
    results: &Results,
    run: &PlannedRun,
    (id, meaning): (&str, &Value),
    kind: &str,
    message: &str,
) -> Result<Noted, StoreError> {
    let folder = results.run(id);
    let _lock = match folder.lock() {
        Err(StoreError::Locked { .. }) => return Ok(Noted::Busy),
        lock => lock?,
    };
    let mut record = folder.record()?.unwrap_or_else(|| unbegun(run, id, meaning));
    if !matches!(record.state, RunState::Done { .. } | RunState::Failed { .. }) {
        record.state = RunState::Failed { kind: kind.to_owned(), message: message.to_owned() };
        record.provenance.ended = now();
        folder.write_record(&record)?;
        folder.log_writer()?.append_text(&format!("{} failed ({kind}): {message}", now()))?;
    }
    Ok(Noted::Left(record.state))
}

/// Makes a run that failed for lack of memory beside others one that was interrupted, so that it goes on.
///
/// # Errors
/// When its record can't be read or written.
pub(super) fn set_aside(results: &Results, id: &str) -> Result<Noted, StoreError> {
    let folder = results.run(id);
    let _lock = match folder.lock() {
        Err(StoreError::Locked { .. }) => return Ok(Noted::Busy),
        lock => lock?,
    };
    let Some(mut record) = folder.record()? else { return Ok(Noted::Left(RunState::Planned)) };
    if matches!(&record.state, RunState::Failed { kind, .. } if kind == MEMORY) {
        let epochs_done = match folder.checkpoint() {
            Ok(checkpoint) => checkpoint.map_or(0, |checkpoint| checkpoint.epochs_done),
            Err(StoreError::Damaged { .. }) => 0,
            Err(error) => return Err(error),
        };
        record.state = RunState::Interrupted { epochs_done };
        folder.write_record(&record)?;
    }
    Ok(Noted::Left(record.state))
}

/// The record of a run that failed before its first session.
fn unbegun(run: &PlannedRun, id: &str, meaning: &Value) -> RunRecord {
    RunRecord {
        format: FORMAT,
        id: id.to_owned(),
        experiment: run.experiment.clone(),
        variant: run.variant.clone(),
        seed: run.seed,
        meaning: meaning.clone(),
        synthetic: run.settings.data.source.is_synthetic(),
        origin: None,
        encoder_weights: Vec::new(),
        folder: run.folder.as_ref().and_then(users_folder::recorded),
        state: RunState::Planned,
        cost: ModelCost::default(),
        provenance: Provenance { started: now(), ..build() },
    }
}

/// Where the run's folder went, there is nothing left to write the failure to.
fn unless_gone(error: TrainError, folder: &RunFolder) -> Result<TrainError, StoreError> {
    let TrainError::Host(cause) = &error else { return Ok(error) };
    // Another process may have made the folder again.
    let told = matches!(cause.downcast_ref(), Some(StoreError::Gone { .. }));
    if told || !folder.path().join("run.json").exists() {
        return Err(StoreError::Gone { path: folder.path().to_owned() });
    }
    Ok(error)
}

fn host_error(error: StoreError) -> TrainError {
    TrainError::Host(HostError::from(error))
}

/// The lines of `counts.jsonl`: all images under the best weights, then all under the last.
fn rows(finished: &Finished) -> Vec<CountsRow> {
    let row = |weights: Weights, image: &ImageCounts| CountsRow {
        weights,
        image: image.image.clone(),
        tp: image.counts.tp,
        fp: image.counts.fp,
        fn_: image.counts.fn_,
        tn: image.counts.tn,
        hd95: image.boundary.map(|boundary| boundary.hd95),
        assd: image.boundary.map(|boundary| boundary.assd),
    };
    let best = finished.best.iter().map(|image| row(Weights::Best, image));
    best.chain(finished.last.iter().map(|image| row(Weights::Last, image))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::protocol;
    use crate::experiment::settings::{DataSettings, DataSource, ModelSettings, Protocol, Resize, Settings};

    #[test]
    fn a_failure_before_the_first_session_is_kept_and_no_end_is_overwritten() {
        let root = tempfile::tempdir().unwrap();
        let results = Results::new(root.path());
        let source = DataSource::SyntheticLesions { train_images: 1, validation_images: 1 };
        let run = PlannedRun {
            experiment: "e".into(),
            variant: "v".into(),
            seed: 1,
            settings: Settings {
                data: DataSettings { source, size: 32, resize: Resize::default() },
                model: ModelSettings::EgeUnet(protocol::ege_unet(Protocol::AsReleased)),
                train: protocol::train(Protocol::AsReleased),
            },
            encoder_weights: Vec::new(),
            folder: None,
        };
        let note = |kind: &str| note_failure(&results, &run, ("a", &Value::Null), kind, "why").unwrap();
        let failed = RunState::Failed { kind: "died".into(), message: "why".into() };
        assert!(matches!(note("died"), Noted::Left(state) if state == failed));
        // The first cause is the one that counts.
        assert!(matches!(note("panic"), Noted::Left(state) if state == failed));
        let record = results.run("a").record().unwrap().unwrap();
        assert_eq!((record.state, record.variant.as_str(), record.synthetic), (failed, "v", true));
        let _lock = results.run("a").lock().unwrap();
        assert!(matches!(note("died"), Noted::Busy));
    }
}
