//! A run's id: a hash of what the run means, so that a file's wording can't change it.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::plan::PlannedRun;
use super::settings::{Protocol, Settings};

/// Version of everything in the code that decides a run's numbers.
///
/// Bump it when the same settings would give other numbers: finished runs are then due again.
pub const CODE_VERSION: u32 = 1;

/// The key of [`Digests::encoder`] in a meaning.
pub const ENCODER_DIGEST: &str = "encoder-digest";

/// SHA-256 of what a run reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digests<'a> {
    /// Of the split's lists of ids.
    pub split: &'a str,
    /// Of the images.
    pub data: &'a str,
    /// Of the weights that the encoder starts from; none where it starts from scratch.
    pub encoder: Option<&'a str>,
}

/// Everything that decides the outcome of a run, with sorted keys and exact numbers.
///
/// `device` is the device class such as `cpu`. The protocol's name is left out: it only fills in other settings, so a
/// preset and the same settings typed one by one mean the same.
pub fn meaning(settings: &Settings, seed: u64, digests: Digests<'_>, device: &str) -> Value {
    let mut meaning = json!({
        "code-version": CODE_VERSION,
        "settings": settings_meaning(settings),
        "seed": seed,
        "split-digest": digests.split,
        "data-digest": digests.data,
        "device": device,
    });
    if let Some(encoder) = digests.encoder {
        meaning[ENCODER_DIGEST] = json!(encoder);
    }
    sorted(meaning)
}

/// The run's id and the name of its folder: `<model>-s<seed>-<12 hexadecimal digits of SHA-256>`.
pub fn run_id(run: &PlannedRun, meaning: &Value) -> String {
    id(&run.settings, run.seed, meaning)
}

/// The id of a run with these settings and that seed, as [`run_id`] gives it.
pub fn id(settings: &Settings, seed: u64, meaning: &Value) -> String {
    let digest = Sha256::digest(sorted(meaning.clone()).to_string());
    let number = digest.iter().take(6).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!("{}-s{seed}-{number:012x}", settings.model.name())
}

/// The settings that a meaning was taken of; their protocol, which it leaves out, is `as-released`.
///
/// # Errors
/// When it holds none that this version knows.
pub fn settings(meaning: &Value) -> Result<Settings, serde_json::Error> {
    let mut settings = meaning["settings"].clone();
    if let Some(train) = settings.get_mut("train").and_then(Value::as_object_mut) {
        train.insert("protocol".to_owned(), json!(Protocol::AsReleased));
    }
    serde_json::from_value(settings)
}

/// True where two settings can't give different results.
pub fn same_settings(left: &Settings, right: &Settings) -> bool {
    settings_meaning(left) == settings_meaning(right)
}

fn settings_meaning(settings: &Settings) -> Value {
    let mut value = serde_json::to_value(settings)
        .expect("settings are structs, strings and finite numbers, all of them JSON");
    if let Some(train) = value.get_mut("train").and_then(Value::as_object_mut) {
        train.remove("protocol");
    }
    value
}

/// The same value with every object's keys in order, whatever features `serde_json` was built with.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(String, Value)> = map.into_iter().collect();
            entries.sort_by(|(left, _), (right, _)| left.cmp(right));
            Value::Object(entries.into_iter().map(|(key, value)| (key, sorted(value))).collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::protocol;
    use crate::experiment::settings::{
        DataSettings, DataSource, ModelSettings, Resize, Rotation, TensorInit,
    };

    fn run(protocol: Protocol, seed: u64) -> PlannedRun {
        let source = DataSource::SyntheticLesions { train_images: 96, validation_images: 32 };
        PlannedRun {
            experiment: "a".into(),
            variant: "b".into(),
            seed,
            settings: Settings {
                data: DataSettings { source, size: 128, resize: Resize::default() },
                model: ModelSettings::EgeUnet(protocol::ege_unet(protocol)),
                train: protocol::train(protocol),
            },
            encoder_weights: Vec::new(),
            folder: None,
        }
    }

    const DIGESTS: Digests<'_> = Digests { split: "split", data: "data", encoder: None };

    fn id(run: &PlannedRun) -> String {
        run_id(run, &meaning(&run.settings, run.seed, DIGESTS, "cpu"))
    }

    #[test]
    fn an_id_names_model_and_seed() {
        let id = id(&run(Protocol::AsReleased, 42));
        let digits = id.strip_prefix("ege-unet-s42-").unwrap();
        assert!(digits.len() == 12 && digits.chars().all(|c| c.is_ascii_hexdigit()), "{id}");
    }

    #[test]
    fn every_part_of_the_meaning_changes_the_id() {
        let run = run(Protocol::AsReleased, 42);
        let of = |seed, digests, device| run_id(&run, &meaning(&run.settings, seed, digests, device));
        let base = of(42, DIGESTS, "cpu");
        for other in [
            of(43, DIGESTS, "cpu"),
            of(42, Digests { split: "s", ..DIGESTS }, "cpu"),
            of(42, Digests { data: "d", ..DIGESTS }, "cpu"),
            of(42, Digests { encoder: Some("e"), ..DIGESTS }, "cpu"),
            of(42, DIGESTS, "cuda"),
        ] {
            assert_ne!(base[base.len() - 12..], other[other.len() - 12..]);
        }
    }

    #[test]
    fn names_and_presets_do_not_change_the_id() {
        let base = run(Protocol::AsWritten, 42);
        let mut same = run(Protocol::AsReleased, 42);
        same.variant = "another".into();
        same.settings.train.augment.rotation = Rotation::PerSample;
        let ModelSettings::EgeUnet(model) = &mut same.settings.model else { unreachable!("set above") };
        model.tensor_init = TensorInit::Random;
        assert_eq!(id(&base), id(&same));
    }

    #[test]
    fn the_settings_of_a_stored_meaning_mean_the_same() {
        for protocol in [Protocol::AsReleased, Protocol::AsWritten] {
            let run = run(protocol, 42);
            let stored = meaning(&run.settings, 42, DIGESTS, "cpu").to_string();
            let settings = settings(&serde_json::from_str(&stored).unwrap()).unwrap();
            assert_eq!(meaning(&settings, 42, DIGESTS, "cpu").to_string(), stored);
        }
        let mut old = meaning(&run(Protocol::AsReleased, 42).settings, 42, DIGESTS, "cpu");
        old["settings"]["train"].as_object_mut().unwrap().remove("epochs");
        assert!(settings(&old).unwrap_err().to_string().contains("epochs"));
        assert!(settings(&Value::Null).is_err());
    }

    #[test]
    fn the_meaning_is_canonical_json() {
        let run = run(Protocol::AsReleased, 42);
        let text = meaning(&run.settings, 42, DIGESTS, "cpu").to_string();
        assert!(
            text.starts_with("{\"code-version\":1,\"data-digest\":\"data\",\"device\":\"cpu\",\"seed\":42,"),
            "{text}"
        );
        assert!(text.contains("\"learning-rate\":0.001,"), "{text}");
        let parsed: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(run_id(&run, &parsed), id(&run), "the id can be computed again from what was stored");
        assert_eq!(settings(&parsed).unwrap(), run.settings);
        assert!(settings(&json!({"settings": {"train": 1}})).is_err());
    }
}
