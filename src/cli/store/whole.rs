//! Whether a run that says it is done is what its id says, with everything that makes it one.

use std::collections::BTreeSet;

use crate::cli::gather;
use crate::dataset::{self, Split};
use crate::experiment::fingerprint;
use crate::experiment::settings::{DataSource, Settings};
use crate::store::{CountsRow, RunFolder, RunRecord, RunState, StoreError, Weights};

/// Checks a finished run: its id is the hash of its meaning, its record agrees with that, every epoch is told, and
/// every reported image is counted once under each weights.
///
/// Returns what couldn't be checked here, in words.
///
/// # Errors
/// The file that isn't whole, and what is wrong with it.
pub(super) fn check(folder: &RunFolder, id: &str) -> Result<Option<String>, String> {
    let record = folder.record().map_err(|error| within(folder, &error))?.ok_or("run.json is missing")?;
    let RunState::Done { best_epoch, .. } = record.state else {
        return Err("run.json: the run is not done".into());
    };
    let settings = fingerprint::settings(&record.meaning)
        .map_err(|error| format!("run.json: this version can't read the settings: {error}"))?;
    agrees(&record, &settings, id).map_err(|message| format!("run.json: {message}"))?;
    let events = folder.events().map_err(|error| within(folder, &error))?;
    let epochs = settings.train.epochs;
    if !events.iter().map(|event| event.epoch).eq(1..=epochs) {
        return Err(format!("events.jsonl: {} epochs are told, not each of 1..={epochs}", events.len()));
    }
    if !(1..=epochs).contains(&best_epoch) {
        return Err(format!("run.json: the best epoch is {best_epoch}, not one of 1..={epochs}"));
    }
    let counts = folder.counts().map_err(|error| within(folder, &error))?;
    let pixels = (settings.data.size * settings.data.size) as u64;
    let split = split(&settings).filter(|split| record.meaning["split-digest"] == *split.digest);
    let (reported, note) = match split {
        Some(split) => (split.report, None),
        None => (
            counted(&counts),
            Some("this version doesn't know its split, so images may be missing from its counts".to_owned()),
        ),
    };
    if reported.is_empty() {
        return Err("counts.jsonl: no image is counted".into());
    }
    gather::whole(&counts, &reported, pixels).map_err(|message| format!("counts.jsonl: {message}"))?;
    if folder.best_weights().map_err(|error| within(folder, &error))?.is_empty() {
        return Err("best.safetensors is empty".into());
    }
    Ok(note)
}

/// The record against the meaning that it holds, and that against the id.
fn agrees(record: &RunRecord, settings: &Settings, id: &str) -> Result<(), String> {
    let meaning = &record.meaning;
    if record.id != id {
        return Err(format!("its id is {}, not {id}", record.id));
    }
    let hashed = fingerprint::id(settings, record.seed, meaning);
    if hashed != id {
        return Err(format!("its settings, seed and digests give the id {hashed}, not {id}"));
    }
    if meaning["seed"] != record.seed {
        return Err(format!("its seed is {}, its id was taken with {}", record.seed, meaning["seed"]));
    }
    if record.synthetic != settings.data.source.is_synthetic() {
        return Err(format!("`synthetic` is {}, its data says otherwise", record.synthetic));
    }
    if meaning["device"] != *record.provenance.device {
        let (device, hashed) = (&record.provenance.device, &meaning["device"]);
        return Err(format!("its device is {device}, its id was taken with {hashed}"));
    }
    Ok(())
}

/// The split of the settings, where this version knows it.
fn split(settings: &Settings) -> Option<Split> {
    match &settings.data.source {
        DataSource::Prepared { dataset, split } => dataset::split(dataset, split).ok(),
        DataSource::Folder { .. } => None,
        DataSource::SyntheticLesions { train_images, validation_images } => {
            Some(dataset::synthetic::split(*train_images, *validation_images))
        }
    }
}

/// The images that are counted under any weights.
fn counted(counts: &[CountsRow]) -> Vec<String> {
    let of = |weights: Weights| counts.iter().filter(move |row| row.weights == weights);
    let images: BTreeSet<&String> =
        of(Weights::Best).chain(of(Weights::Last)).map(|row| &row.image).collect();
    images.into_iter().cloned().collect()
}

/// An error with its path from the run's folder, since that may be another one later.
fn within(folder: &RunFolder, error: &StoreError) -> String {
    let place = format!("{}{}", folder.path().display(), std::path::MAIN_SEPARATOR);
    error.to_string().replace(&place, "")
}
