//! Whether what a run was made with is still there: its data, its weights to start from, this build.

use std::path::{Path, PathBuf};

use super::data::Opener;
use super::provenance::provenance;
use super::trainer::Trainer;
use super::users_folder;
use crate::experiment::fingerprint::{self, CODE_VERSION, Digests, ENCODER_DIGEST};
use crate::experiment::settings::Settings;
use crate::store::{Provenance, RunRecord};
use crate::train::encoder_digest;

/// One thing that a run was made with, then and now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it is, such as `images`.
    pub name: &'static str,
    /// What it was when the run was made; empty where there was none, or where that wasn't recorded.
    pub then: String,
    /// What it is now, or why that isn't known.
    pub now: Result<String, String>,
    /// True if the run's id depends on it: another one makes another run.
    pub in_id: bool,
}

/// What a run was made with, then and now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Thing by thing.
    pub parts: Vec<Part>,
    /// The id that the record's own meaning has: that of the run, unless somebody changed the record.
    pub id_then: String,
    /// The id that the same settings and seed have now; none where a part of it isn't known.
    pub id_now: Option<String>,
}

impl Part {
    /// True if it is known not to be what it was.
    pub fn differs(&self) -> bool {
        self.now.as_ref().is_ok_and(|now| *now != self.then)
    }
}

/// Looks what the run with that record and those settings was made with, and what is there now.
///
/// Prepared data is looked for below `data_folder`; `encoder_files` are those that the encoder would start from, where
/// they are known: a record keeps no paths of theirs.
pub fn identity(
    record: &RunRecord,
    settings: &Settings,
    encoder_files: Option<&[PathBuf]>,
    trainer: &dyn Trainer,
    data_folder: &Path,
) -> Identity {
    let meaning = &record.meaning;
    let text = |key: &str| match &meaning[key] {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Null => String::new(),
        other => other.to_string(),
    };
    let folder = record.folder.as_ref().and_then(|folder| users_folder::remembered(folder, None).ok());
    let data =
        Opener::new(data_folder).open(&settings.data, folder.as_ref()).map_err(|error| error.to_string());
    let images = data.as_ref().map(|data| data.digest.clone()).map_err(Clone::clone);
    let split = data.as_ref().map(|data| data.split.digest.clone()).map_err(Clone::clone);
    let encoder = match encoder_files {
        Some(files) => {
            encoder_digest(files).map(Option::unwrap_or_default).map_err(|error| error.to_string())
        }
        None if meaning[ENCODER_DIGEST].is_null() => Ok(String::new()),
        None => {
            Err("a run doesn't record where its files are; an experiment that asks for it does".to_owned())
        }
    };
    let id_now = match (&images, &split, &encoder) {
        (Ok(data), Ok(split), Ok(encoder)) => {
            let encoder = Some(encoder.as_str()).filter(|digest| !digest.is_empty());
            let digests = Digests { split, data, encoder };
            let meaning = fingerprint::meaning(settings, record.seed, digests, trainer.device());
            Some(fingerprint::id(settings, record.seed, &meaning))
        }
        _ => None,
    };
    let in_id = |name, key: &str, now| Part { name, then: text(key), now, in_id: true };
    let mut parts = vec![
        in_id("code version", "code-version", Ok(CODE_VERSION.to_string())),
        in_id("images", "data-digest", images),
        in_id("split", "split-digest", split),
        in_id("encoder weights", ENCODER_DIGEST, encoder),
        in_id("device class", "device", Ok(trainer.device().to_owned())),
    ];
    parts.extend(build(&record.provenance, &provenance(trainer)));
    Identity { parts, id_then: fingerprint::id(settings, record.seed, meaning), id_now }
}

/// The build and the machine, which don't enter the id.
fn build(then: &Provenance, now: &Provenance) -> Vec<Part> {
    let part = |name, then: &str, now: &str| Part {
        name,
        then: then.to_owned(),
        now: Ok(now.to_owned()),
        in_id: false,
    };
    let commit = |made: &Provenance| match (made.commit.as_str(), made.dirty) {
        (commit, true) if !commit.is_empty() => format!("{commit}, changed"),
        (commit, _) => commit.to_owned(),
    };
    vec![
        part("ege-bench", &then.version, &now.version),
        part("commit", &commit(then), &commit(now)),
        part("Cargo.lock", &then.cargo_lock, &now.cargo_lock),
        part("kernels", &then.kernels, &now.kernels),
        part("instruction set", &then.instruction_set, &now.instruction_set),
        part("hardware", &then.hardware, &now.hardware),
        part("system", &then.system, &now.system),
    ]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::executor::FakeTrainer;
    use crate::experiment::protocol;
    use crate::experiment::settings::{Baseline, DataSettings, DataSource, ModelSettings, Protocol, Resize};
    use crate::store::{FORMAT, ModelCost, RunState};

    fn record(settings: &Settings) -> RunRecord {
        let trainer = FakeTrainer::default();
        let data = Opener::new(Path::new("no")).open(&settings.data, None).unwrap();
        let digests = Digests { split: &data.split.digest, data: &data.digest, encoder: None };
        let meaning = fingerprint::meaning(settings, 7, digests, trainer.device());
        RunRecord {
            format: FORMAT,
            id: fingerprint::id(settings, 7, &meaning),
            experiment: "e".into(),
            variant: "v".into(),
            seed: 7,
            meaning,
            synthetic: true,
            origin: None,
            encoder_weights: Vec::new(),
            folder: None,
            state: RunState::Planned,
            cost: ModelCost::default(),
            provenance: provenance(&trainer),
        }
    }

    fn settings() -> Settings {
        let source = DataSource::SyntheticLesions { train_images: 2, validation_images: 2 };
        Settings {
            data: DataSettings { source, size: 32, resize: Resize::default() },
            model: ModelSettings::Baseline(Baseline::Unet),
            train: protocol::train(Protocol::AsReleased),
        }
    }

    #[test]
    fn what_is_as_it_was_gives_the_same_id() {
        let settings = settings();
        let record = record(&settings);
        let trainer = FakeTrainer::default();
        let found = identity(&record, &settings, None, &trainer, Path::new("no"));
        assert_eq!((found.id_now.as_ref(), &found.id_then), (Some(&record.id), &record.id));
        assert!(found.parts.iter().all(|part| !part.differs()), "{found:?}");
    }

    #[test]
    fn each_change_is_told_and_only_what_enters_the_id_changes_it() {
        let settings = settings();
        let trainer = FakeTrainer::default();
        let check = |tamper: &dyn Fn(&mut RunRecord), name: &str, in_id: bool| {
            let mut record = record(&settings);
            tamper(&mut record);
            let found = identity(&record, &settings, None, &trainer, Path::new("no"));
            let differing: Vec<_> = found.parts.iter().filter(|part| part.differs()).collect();
            assert_eq!(differing.iter().map(|part| part.name).collect::<Vec<_>>(), [name]);
            assert_eq!(differing[0].in_id, in_id);
        };
        check(&|record| record.meaning["data-digest"] = json!("x"), "images", true);
        check(&|record| record.meaning["split-digest"] = json!("x"), "split", true);
        check(&|record| record.meaning["code-version"] = json!(0), "code version", true);
        check(&|record| record.meaning["device"] = json!("cuda"), "device class", true);
        check(&|record| record.provenance.commit = "x".into(), "commit", false);
        check(&|record| record.provenance.cargo_lock = "x".into(), "Cargo.lock", false);
        check(&|record| record.provenance.instruction_set = "avx9".into(), "instruction set", false);
    }

    #[test]
    fn what_is_not_there_is_unknown_and_no_difference() {
        let mut settings = settings();
        let record = RunRecord { meaning: json!({"encoder-digest": "x"}), ..record(&settings) };
        settings.data.source = DataSource::Prepared { dataset: "isic2017".into(), split: "paper".into() };
        let trainer = FakeTrainer::default();
        let found = identity(&record, &settings, None, &trainer, Path::new("no"));
        for name in ["images", "split", "encoder weights"] {
            let part = found.parts.iter().find(|part| part.name == name).unwrap();
            assert!(part.now.is_err() && !part.differs(), "{part:?}");
        }
        assert_eq!(found.id_now, None);
    }
}
