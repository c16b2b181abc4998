//! From the runs of an experiment to what is to be done about each, and why.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::data::{Encoders, Opener, RunData};
use super::error::ExecutorError;
use super::reason::Reason;
use super::trainer::Trainer;
use super::users_folder;
use crate::experiment::fingerprint::{self, Digests};
use crate::experiment::plan::PlannedRun;
use crate::store::{self, Results, RunRecord, RunState, StoreError};
use crate::train::{EncoderFile, EncoderWeights};

/// A planned run with its identity, its data and the reason why it is due or isn't.
#[derive(Clone)]
pub struct PlanItem {
    /// What was asked for.
    pub run: PlannedRun,
    /// The run's id.
    pub id: String,
    /// What the id is a hash of.
    pub meaning: Value,
    /// The images and the split.
    pub data: Arc<RunData>,
    /// From what the network's encoder starts; nothing where the run is done.
    pub encoder: Arc<EncoderWeights>,
    /// Why the run is due, or isn't.
    pub reason: Reason,
}

impl PlanItem {
    /// The files that the network's encoder starts from, as a run's record keeps them.
    pub fn encoder_files(&self) -> Vec<store::EncoderFile> {
        let file = |EncoderFile { encoder, file, sha256 }: &EncoderFile| store::EncoderFile {
            encoder: (*encoder).to_owned(),
            file: file.clone(),
            sha256: sha256.clone(),
        };
        self.encoder.files().iter().map(file).collect()
    }

    /// The folder of the user's that the images come from, as a run's record keeps it.
    pub fn folder(&self) -> Option<Value> {
        self.run.folder.as_ref().and_then(users_folder::recorded)
    }
}

/// Plans the runs, in their order; prepared data is looked for below `data_folder`.
///
/// # Errors
/// When data or a file of weights is missing or damaged, or stored results can't be read.
pub fn plan(
    runs: Vec<PlannedRun>,
    trainer: &dyn Trainer,
    results: &Results,
    data_folder: &Path,
) -> Result<Vec<PlanItem>, ExecutorError> {
    plan_after(&readable_records(results)?, runs, trainer, results, data_folder)
}

/// Plans one run, without a look at others: a reason that it is new doesn't say what changed.
///
/// # Errors
/// As [`plan`].
pub(super) fn plan_one(
    run: PlannedRun,
    trainer: &dyn Trainer,
    results: &Results,
    data_folder: &Path,
) -> Result<PlanItem, ExecutorError> {
    Ok(plan_after(&[], vec![run], trainer, results, data_folder)?.remove(0))
}

/// Plans the runs, where `earlier` are those of the results.
fn plan_after(
    earlier: &[RunRecord],
    runs: Vec<PlannedRun>,
    trainer: &dyn Trainer,
    results: &Results,
    data_folder: &Path,
) -> Result<Vec<PlanItem>, ExecutorError> {
    let mut opener = Opener::new(data_folder);
    let mut encoders = Encoders::default();
    let mut items = Vec::with_capacity(runs.len());
    for run in runs {
        let data = opener.open(&run.settings.data, run.folder.as_ref())?;
        let meaning_with = |encoder: Option<&str>| {
            let digests = Digests { split: &data.split.digest, data: &data.digest, encoder };
            fingerprint::meaning(&run.settings, run.seed, digests, trainer.device())
        };
        let meaning = match encoders.digest(&run.encoder_weights) {
            Ok(digest) => meaning_with(digest.as_deref()),
            // What is done doesn't need its files any more.
            Err(error) => finished_twin(earlier, &run, meaning_with).ok_or(error)?,
        };
        let id = fingerprint::run_id(&run, &meaning);
        let reason = reason(&run, &id, &meaning, results, earlier)?;
        let encoder = if reason == Reason::Done { Arc::default() } else { encoders.open(&run)? };
        items.push(PlanItem { run, id, meaning, data, encoder, reason });
    }
    Ok(items)
}

/// The meaning of a finished run of the same name that differs in nothing but from which files it started.
fn finished_twin(
    earlier: &[RunRecord],
    run: &PlannedRun,
    meaning_with: impl Fn(Option<&str>) -> Value,
) -> Option<Value> {
    let name = (&run.experiment, &run.variant, run.seed);
    let mut finished = earlier.iter().filter(|record| {
        matches!(record.state, RunState::Done { .. })
            && (&record.experiment, &record.variant, record.seed) == name
    });
    finished.find_map(|record| {
        let meaning = meaning_with(Some(record.meaning[fingerprint::ENCODER_DIGEST].as_str()?));
        (meaning == record.meaning).then_some(meaning)
    })
}

/// Looks again at why each run is due or isn't, with the data as it was.
///
/// # Errors
/// When stored results can't be read.
pub fn refresh(items: &mut [PlanItem], results: &Results) -> Result<(), ExecutorError> {
    let earlier = readable_records(results)?;
    for item in items {
        item.reason = reason(&item.run, &item.id, &item.meaning, results, &earlier)?;
    }
    Ok(())
}

/// Looks again at why one run is due or isn't, without a look at any other run.
///
/// # Errors
/// When its folder can't be read.
pub fn refresh_one(item: &mut PlanItem, results: &Results) -> Result<(), ExecutorError> {
    let now = reason(&item.run, &item.id, &item.meaning, results, &[])?;
    // From what a new run differs was told when it was planned, and is still so.
    if !matches!((&item.reason, &now), (Reason::New { .. }, Reason::New { .. })) {
        item.reason = now;
    }
    Ok(())
}

fn reason(
    run: &PlannedRun,
    id: &str,
    meaning: &Value,
    results: &Results,
    earlier: &[RunRecord],
) -> Result<Reason, StoreError> {
    let name = (run.experiment.as_str(), run.variant.as_str(), run.seed);
    Reason::of(&results.run(id), name, meaning, earlier)
}

/// Records of all runs that can be read: they only serve to say what changed, so a damaged one is no obstacle.
fn readable_records(results: &Results) -> Result<Vec<RunRecord>, ExecutorError> {
    Ok(results.runs()?.iter().filter_map(|folder| folder.record().ok().flatten()).collect())
}
