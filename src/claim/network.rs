//! Which of our networks a claimed row is about.

use serde_json::Value;

use crate::experiment::settings::{Baseline, EgeUnetSettings, ModelSettings};

/// The network that a row's `model` and `settings` name: the model's defaults with the settings put over.
pub(super) fn network(model: &str, changes: Value) -> Result<ModelSettings, String> {
    if model == "ege-unet" {
        return changed(&EgeUnetSettings::default(), changes).map(ModelSettings::EgeUnet);
    }
    let baseline = Baseline::ALL.iter().find(|baseline| baseline.name() == model).ok_or_else(|| {
        let baselines = Baseline::ALL.iter().map(|baseline| baseline.name());
        let known: Vec<&str> = std::iter::once("ege-unet").chain(baselines).collect();
        format!("no model is named `{model}`; known are {}", known.join(", "))
    })?;
    unchanged(model, &changes).map(|()| ModelSettings::Baseline(*baseline))
}

/// True where both are the same network, however its learnable tensors start.
pub(super) fn same_network(one: &ModelSettings, other: &ModelSettings) -> bool {
    match (one, other) {
        (ModelSettings::EgeUnet(one), ModelSettings::EgeUnet(other)) => {
            *one == EgeUnetSettings { tensor_init: one.tensor_init, ..other.clone() }
        }
        _ => one == other,
    }
}

fn unchanged(model: &str, changes: &Value) -> Result<(), String> {
    match changes.as_object().and_then(|changes| changes.keys().next()) {
        Some(key) => Err(format!("`{model}` has no settings, so no `{key}`")),
        None => Ok(()),
    }
}

fn changed<T>(defaults: &T, changes: Value) -> Result<T, String>
where
    T: serde::Serialize + serde::de::DeserializeOwned,
{
    let mut settings = serde_json::to_value(defaults).map_err(|error| error.to_string())?;
    if let (Value::Object(settings), Value::Object(changes)) = (&mut settings, changes) {
        for (key, value) in changes {
            let allowed = || settings.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            if !settings.contains_key(&key) {
                return Err(format!("the model has no setting `{key}`; it has {}", allowed()));
            }
            settings.insert(key, value);
        }
    }
    serde_json::from_value(settings).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::experiment::settings::TensorInit;

    #[test]
    fn settings_are_put_over_the_defaults() {
        let plain = network("ege-unet", json!({})).unwrap();
        assert_eq!(plain, ModelSettings::EgeUnet(EgeUnetSettings::default()));
        let undilated = network("ege-unet", json!({ "dilations": [1, 1, 1, 1] })).unwrap();
        assert_eq!(
            undilated,
            ModelSettings::EgeUnet(EgeUnetSettings { dilations: vec![1; 4], ..Default::default() })
        );
        assert!(!same_network(&plain, &undilated));
        let random =
            ModelSettings::EgeUnet(EgeUnetSettings { tensor_init: TensorInit::Random, ..Default::default() });
        assert!(same_network(&plain, &random));
    }

    #[test]
    fn unknown_models_settings_and_types_are_refused() {
        let check = |model, changes, expect: &str| {
            let message = network(model, changes).unwrap_err();
            assert!(message.contains(expect), "{message}");
        };
        check("vm-unet", json!({}), "no model is named `vm-unet`; known are ege-unet, unet");
        check(
            "ege-unet",
            json!({ "dilation": 1 }),
            "no setting `dilation`; it has axes, deep-supervision, dilations, gab,",
        );
        check("ege-unet", json!({ "widths": [8, 16] }), "invalid length 2");
    }
}
