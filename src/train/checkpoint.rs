//! Where a training stands, as bytes: enough to go on as if nothing had happened.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::TrainError;
use super::adamw::{AdamW, Moments};
use crate::model::weights::{from_safetensors, to_safetensors};
use crate::model::{NamedTensor, StateDict};

/// How far a training has come.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Progress {
    /// Epochs that are complete.
    pub epochs_done: usize,
    /// Steps of the next epoch that are done.
    pub batches_done: usize,
    /// Sum of the losses of those steps.
    pub loss_sum: f64,
    /// The best epoch so far.
    pub best: Option<Best>,
    /// Seconds of all sessions so far.
    pub seconds: f64,
}

/// The best epoch so far.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Best {
    /// The epoch, from 1.
    pub epoch: usize,
    /// What it was selected by; lower is better.
    pub score: f64,
}

/// A training's whole state.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Checkpoint {
    pub progress: Progress,
    pub weights: StateDict,
    pub optimizer: AdamW,
}

const PROGRESS: &str = "progress";
const STEP: &str = "step";
const GROUPS: [&str; 3] = ["weights/", "first-moment/", "second-moment/"];

impl Checkpoint {
    /// A safetensors file: weights and both moments by name, progress among the metadata.
    pub fn encode(&self) -> Vec<u8> {
        let mut tensors = StateDict::default();
        let mut put = |group: &str, name: &str, shape: &[usize], values: &[f32]| {
            let tensor = NamedTensor { shape: shape.to_vec(), values: values.to_vec() };
            tensors.0.insert(format!("{group}{name}"), tensor);
        };
        for (name, tensor) in &self.weights.0 {
            put(GROUPS[0], name, &tensor.shape, &tensor.values);
        }
        for (name, moments) in &self.optimizer.moments {
            put(GROUPS[1], name, &moments.shape, &moments.first);
            put(GROUPS[2], name, &moments.shape, &moments.second);
        }
        let progress = serde_json::to_string(&self.progress).expect("plain numbers are valid JSON");
        let metadata = HashMap::from([
            (PROGRESS.to_owned(), progress),
            (STEP.to_owned(), self.optimizer.step.to_string()),
        ]);
        to_safetensors(&tensors, Some(metadata))
    }

    /// The state that [`encode`](Self::encode) wrote.
    ///
    /// # Errors
    /// When the bytes are something else.
    pub fn decode(bytes: &[u8]) -> Result<Self, TrainError> {
        let broken = |reason: &str| TrainError::Weights(format!("the checkpoint is damaged: {reason}"));
        let (tensors, metadata) = from_safetensors(bytes).map_err(|error| broken(&error.to_string()))?;
        let word = |key: &str| metadata.get(key).ok_or_else(|| broken("it has no record of its progress"));
        let progress = serde_json::from_str(word(PROGRESS)?).map_err(|error| broken(&error.to_string()))?;
        let step = word(STEP)?.parse().map_err(|_| broken("its step is no number"))?;

        let mut checkpoint =
            Self { progress, weights: StateDict::default(), optimizer: AdamW { step, ..AdamW::default() } };
        let mut second = HashMap::new();
        for (key, tensor) in tensors.0 {
            let group = GROUPS.iter().position(|group| key.starts_with(group));
            let group = group.ok_or_else(|| broken(&format!("`{key}` is unknown")))?;
            let name = key[GROUPS[group].len()..].to_owned();
            match group {
                0 => drop(checkpoint.weights.0.insert(name, tensor)),
                1 => {
                    let NamedTensor { shape, values } = tensor;
                    let moments = Moments { shape, first: values, second: Vec::new() };
                    checkpoint.optimizer.moments.insert(name, moments);
                }
                _ => drop(second.insert(name, tensor.values)),
            }
        }
        for (name, moments) in &mut checkpoint.optimizer.moments {
            moments.second =
                second.remove(name).ok_or_else(|| broken(&format!("`{name}` lacks its second moment")))?;
        }
        Ok(checkpoint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint() -> Checkpoint {
        let tensor = NamedTensor { shape: vec![2, 1], values: vec![0.1, -3.5e-8] };
        let moments =
            Moments { shape: vec![2, 1], first: vec![1.0, f32::MIN_POSITIVE], second: vec![0.3, 1e-30] };
        Checkpoint {
            progress: Progress {
                epochs_done: 3,
                batches_done: 17,
                loss_sum: 0.1 + 0.2,
                best: Some(Best { epoch: 2, score: 1.0 / 3.0 }),
                seconds: 12.5,
            },
            weights: StateDict([("a.weight".to_owned(), tensor)].into()),
            optimizer: AdamW { step: 581, moments: [("a.weight".to_owned(), moments)].into() },
        }
    }

    #[test]
    fn nothing_is_lost_on_the_way() {
        let checkpoint = checkpoint();
        assert_eq!(Checkpoint::decode(&checkpoint.encode()).unwrap(), checkpoint);
    }

    #[test]
    fn damage_is_told() {
        let bytes = checkpoint().encode();
        assert!(Checkpoint::decode(&bytes[..bytes.len() - 1]).is_err());
        let weights_only = to_safetensors(&checkpoint().weights, None);
        let error = Checkpoint::decode(&weights_only).unwrap_err().to_string();
        assert_eq!(error, "the checkpoint is damaged: it has no record of its progress");
    }
}
