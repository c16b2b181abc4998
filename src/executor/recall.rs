//! From the record of a stored run back to the run, to execute it again.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::difference::{Difference, differences};
use super::error::ExecutorError;
use super::plan::{PlanItem, plan};
use super::trainer::Trainer;
use super::users_folder;
use crate::experiment::fingerprint::{self, CODE_VERSION, ENCODER_DIGEST};
use crate::experiment::plan::PlannedRun;
use crate::experiment::settings::DataSource;
use crate::store::{EncoderFile, Results, RunRecord};

/// Why a stored run can't be executed again as it was.
#[derive(Debug, thiserror::Error)]
pub enum RecallError {
    /// The record's settings aren't those of this version.
    #[error("{id}: the settings in its record can't be read: {source}")]
    Settings {
        /// The run.
        id: String,
        /// The version that made it.
        version: String,
        /// What is wrong with them.
        source: serde_json::Error,
    },
    /// The record's id isn't the hash of its meaning.
    #[error("{id}: its record is damaged: what it says is the run {found}")]
    OtherId {
        /// The run.
        id: String,
        /// The id of what the record says.
        found: String,
    },
    /// Code that gives other numbers for the same settings.
    #[error(
        "{id}: it was made by code of version {recorded}, this is {CODE_VERSION}: other numbers are expected"
    )]
    CodeVersion {
        /// The run.
        id: String,
        /// The version in its meaning.
        recorded: String,
        /// The version of ege-bench that made it.
        version: String,
    },
    /// Another device class.
    #[error("{id}: it was made on the device class `{recorded}`, this is `{here}`")]
    Device {
        /// The run.
        id: String,
        /// The class in its meaning.
        recorded: String,
        /// The class of the trainer.
        here: String,
    },
    /// The run starts from files that nobody named.
    #[error("{id}: it starts from trained weights: {}", listed(files))]
    EncoderMissing {
        /// The run.
        id: String,
        /// The files of its record.
        files: Vec<EncoderFile>,
    },
    /// Files were named for a run that starts from none.
    #[error("{id}: it starts from scratch, without encoder weights")]
    EncoderUnneeded {
        /// The run.
        id: String,
    },
    /// The run's images come from a folder, and its record doesn't say how that was read.
    #[error(
        "{id}: its images come from a folder, and its record doesn't say where that lies and how it was read"
    )]
    FolderUnknown {
        /// The run.
        id: String,
    },
    /// A folder was named for a run whose images come from elsewhere.
    #[error("{id}: its images don't come from a folder")]
    FolderUnneeded {
        /// The run.
        id: String,
    },
    /// The data or the files aren't those that the run saw, or the settings mean something else here.
    #[error("{id}: not the same run: {}", told(parts))]
    Differs {
        /// The run.
        id: String,
        /// What differs.
        parts: Vec<DifferingPart>,
        /// True where its images come from a folder of the user's.
        of_folder: bool,
    },
    /// What the run needs can't be opened.
    #[error(transparent)]
    Executor(#[from] ExecutorError),
}

/// A part of a meaning that isn't what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DifferingPart {
    /// Its dotted path, such as `data-digest`.
    pub part: String,
    /// As the run's record has it.
    pub recorded: String,
    /// As it is here.
    pub here: String,
}

impl RecallError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Settings { version, .. } | Self::CodeVersion { version, .. } => {
                Some(format!("verify it with the ege-bench that made it, version {version}"))
            }
            Self::OtherId { .. } => Some("take the run from a copy; this one can't be trusted".to_owned()),
            Self::Device { recorded, .. } if recorded.starts_with("fake") => {
                Some("it is a run of the fake trainer, which trains nothing".to_owned())
            }
            Self::Device { .. } => Some("leave `--kernels` out: the run's own are the default".to_owned()),
            Self::EncoderMissing { .. } => {
                Some("name the files again: `--encoder-weights FILE`, once for each".to_owned())
            }
            Self::EncoderUnneeded { .. } => Some("leave `--encoder-weights` out".to_owned()),
            Self::FolderUnknown { .. } => Some(
                "an earlier version made it; an experiment with [dataset.folder] into another `--results` makes it again"
                    .to_owned(),
            ),
            Self::FolderUnneeded { .. } => Some("leave `--folder` out".to_owned()),
            Self::Differs { of_folder: true, .. } if self.is_data() => Some(
                "the folder's images, masks or lists were changed: name one that is as it was, `--folder DIR`".to_owned(),
            ),
            Self::Differs { .. } if self.is_data() => {
                Some("import the images, or name the weights, that the run was made with".to_owned())
            }
            Self::Differs { .. } => None,
            Self::Executor(error) => error.hint(),
        }
    }

    /// True where images or weights aren't what the run was made with.
    pub fn is_data(&self) -> bool {
        match self {
            Self::EncoderMissing { .. } | Self::FolderUnknown { .. } => true,
            Self::Differs { parts, .. } => parts.iter().all(|part| part.part.ends_with("-digest")),
            _ => false,
        }
    }
}

/// Plans the run that [`remember`] made of a record, so that it is carried out below `results` with prepared data from
/// `data_folder`.
///
/// What is planned has the record's id, or this fails: other data, another split, other weights, another device class
/// or other code would be another run.
///
/// # Errors
/// With what differs, and when data or files can't be opened.
pub fn recall(
    record: &RunRecord,
    run: PlannedRun,
    trainer: &dyn Trainer,
    results: &Results,
    data_folder: &Path,
) -> Result<PlanItem, RecallError> {
    let (id, meaning) = (record.id.clone(), &record.meaning);
    let version = record.provenance.version.clone();
    let recorded = shown(&meaning["code-version"]);
    if recorded != CODE_VERSION.to_string() {
        return Err(RecallError::CodeVersion { id, recorded, version });
    }
    let recorded = shown(&meaning["device"]);
    if recorded != trainer.device() {
        return Err(RecallError::Device { id, recorded, here: trainer.device().to_owned() });
    }
    match (meaning.get(ENCODER_DIGEST).is_some(), run.encoder_weights.is_empty()) {
        (true, true) => {
            return Err(RecallError::EncoderMissing { id, files: record.encoder_weights.clone() });
        }
        (false, false) => return Err(RecallError::EncoderUnneeded { id }),
        _ => {}
    }
    let of_folder = run.folder.is_some();
    let item = plan(vec![run], trainer, results, data_folder)?.remove(0);
    if item.meaning == record.meaning {
        return Ok(item);
    }
    let parts = differences(&record.meaning, &item.meaning)
        .into_iter()
        .map(|Difference { path, before, after }| DifferingPart {
            recorded: shown(&before),
            here: shown(&after),
            part: path,
        })
        .collect();
    Err(RecallError::Differs { id, parts, of_folder })
}

/// The run of a record, which starts from these files where it starts from trained weights, and whose images come from
/// `folder` instead of where they lay, if they come from a folder of the user's.
///
/// # Errors
/// When the id isn't that of what the record says, and when that isn't enough.
pub fn remember(
    record: &RunRecord,
    encoder_weights: Vec<PathBuf>,
    folder: Option<&Path>,
) -> Result<PlannedRun, RecallError> {
    let settings = fingerprint::settings(&record.meaning).map_err(|source| RecallError::Settings {
        id: record.id.clone(),
        version: record.provenance.version.clone(),
        source,
    })?;
    let id = || record.id.clone();
    let folder = match (&settings.data.source, &record.folder) {
        (DataSource::Folder { .. }, Some(recorded)) => {
            let unknown = |_| RecallError::FolderUnknown { id: id() };
            Some(users_folder::remembered(recorded, folder).map_err(unknown)?)
        }
        (DataSource::Folder { .. }, None) => return Err(RecallError::FolderUnknown { id: id() }),
        _ if folder.is_some() => return Err(RecallError::FolderUnneeded { id: id() }),
        _ => None,
    };
    let run = PlannedRun {
        experiment: record.experiment.clone(),
        variant: record.variant.clone(),
        seed: record.seed,
        settings,
        encoder_weights,
        folder,
    };
    let found = fingerprint::run_id(&run, &record.meaning);
    if found == record.id { Ok(run) } else { Err(RecallError::OtherId { id: id(), found }) }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn told(parts: &[DifferingPart]) -> String {
    let told = |part: &DifferingPart| format!("{} was {}, here {}", part.part, part.recorded, part.here);
    parts.iter().map(told).collect::<Vec<_>>().join("; ")
}

fn listed(files: &[EncoderFile]) -> String {
    let told = |file: &EncoderFile| format!("{} ({}, SHA-256 {})", file.encoder, file.file, file.sha256);
    files.iter().map(told).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::FakeTrainer;
    use crate::experiment::protocol;
    use crate::experiment::settings::{DataSettings, ModelSettings, Protocol, Resize, Settings};
    use crate::store::{FORMAT, ModelCost, Provenance, RunState};

    /// The record of a finished run of the fake trainer.
    fn record() -> RunRecord {
        let source = DataSource::SyntheticLesions { train_images: 2, validation_images: 1 };
        let run = PlannedRun {
            experiment: "e".into(),
            variant: "v".into(),
            seed: 7,
            settings: Settings {
                data: DataSettings { source, size: 32, resize: Resize::default() },
                model: ModelSettings::EgeUnet(protocol::ege_unet(Protocol::AsWritten)),
                train: protocol::train(Protocol::AsWritten),
            },
            encoder_weights: Vec::new(),
            folder: None,
        };
        let folder = tempfile::tempdir().unwrap();
        let results = Results::new(folder.path());
        let item = plan(vec![run], &FakeTrainer::default(), &results, folder.path()).unwrap().remove(0);
        RunRecord {
            format: FORMAT,
            id: item.id,
            experiment: "e".into(),
            variant: "v".into(),
            seed: 7,
            meaning: item.meaning,
            synthetic: true,
            origin: None,
            encoder_weights: Vec::new(),
            folder: None,
            state: RunState::Done { best_epoch: 1, seconds: 1.0 },
            cost: ModelCost::default(),
            provenance: Provenance { version: "0.1.0".into(), ..Provenance::default() },
        }
    }

    fn recalled(record: &RunRecord, files: &[&str]) -> Result<PlanItem, RecallError> {
        let folder = tempfile::tempdir().unwrap();
        let files = files.iter().map(PathBuf::from).collect();
        let results = Results::new(folder.path());
        let run = remember(record, files, None)?;
        recall(record, run, &FakeTrainer::default(), &results, folder.path())
    }

    #[test]
    fn a_record_gives_the_same_run_again() {
        let record = record();
        let item = recalled(&record, &[]).unwrap();
        assert_eq!((&item.id, &item.meaning), (&record.id, &record.meaning));
        assert!(item.reason.is_due());
    }

    /// A record whose meaning was changed, with the id that goes with it.
    fn changed(part: &str, value: Value) -> RunRecord {
        let mut record = record();
        record.meaning[part] = value;
        let run = |id: &str| id.rsplit_once('-').unwrap().0.to_owned();
        let found = match recalled(&record, &[]) {
            Err(RecallError::OtherId { found, .. }) => found,
            other => panic!("{:?}", other.err()),
        };
        assert_eq!(run(&found), run(&record.id));
        RunRecord { id: found, ..record }
    }

    #[test]
    fn what_would_be_another_run_is_refused_with_what_differs() {
        let check = |record: &RunRecord, files: &[&str], data: bool, expect: &str| {
            let error = recalled(record, files).err().unwrap();
            assert!(error.to_string().contains(expect), "{error}");
            assert_eq!(error.is_data(), data, "{error}");
        };
        check(&changed("data-digest", "abc".into()), &[], true, "data-digest was abc, here ");
        check(&changed("split-digest", "abc".into()), &[], true, "split-digest was abc, here ");
        check(&changed("device", "cpu".into()), &[], false, "device class `cpu`, this is `fake`");
        check(&changed("code-version", 0.into()), &[], false, "code of version 0, this is 1");
        check(&changed("later", 1.into()), &[], false, "later was 1, here nothing");
        check(&record(), &["a.pth"], false, "starts from scratch");
        let file = EncoderFile { encoder: "Net".into(), file: "n.pth".into(), sha256: "abc".into() };
        let trained = RunRecord { encoder_weights: vec![file], ..changed(ENCODER_DIGEST, "abc".into()) };
        check(&trained, &[], true, "starts from trained weights: Net (n.pth, SHA-256 abc)");
        let mut old = record();
        old.meaning["settings"] = Value::Null;
        check(&old, &[], false, "the settings in its record can't be read");
    }
}
