//! Where a training stands, as bytes: enough to go on as if nothing had happened.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::TrainError;
use super::adamw::Moments;
use crate::model::StateDict;
use crate::model::weights::{from_safetensors, to_safetensors};

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
    pub optimizer: Moments,
}

const PROGRESS: &str = "progress";
const STEP: &str = "step";
const GROUPS: [&str; 3] = ["weights/", "first-moment/", "second-moment/"];

impl Checkpoint {
    /// A safetensors file: weights and both moments by name, progress among the metadata.
    pub fn encode(&self) -> Vec<u8> {
        let mut tensors = StateDict::default();
        let states = [&self.weights, &self.optimizer.first, &self.optimizer.second];
        for (group, state) in GROUPS.iter().zip(states) {
            let named = state.0.iter().map(|(name, tensor)| (format!("{group}{name}"), tensor.clone()));
            tensors.0.extend(named);
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

        let mut states = [const { StateDict(BTreeMap::new()) }; GROUPS.len()];
        for (key, tensor) in tensors.0 {
            let group = GROUPS.iter().position(|group| key.starts_with(group));
            let group = group.ok_or_else(|| broken(&format!("`{key}` is unknown")))?;
            states[group].0.insert(key[GROUPS[group].len()..].to_owned(), tensor);
        }
        let [weights, first, second] = states;
        // What isn't trained has no moments; what has one has both.
        for (moments, others, which) in [(&first, &second, "second"), (&second, &first, "first")] {
            for (name, moment) in &moments.0 {
                if !others.0.contains_key(name) {
                    return Err(broken(&format!("`{name}` lacks its {which} moment")));
                }
                let weight = weights.0.get(name);
                let weight =
                    weight.ok_or_else(|| broken(&format!("`{name}` has moments, but no weights")))?;
                if moment.shape != weight.shape {
                    return Err(broken(&format!("the moments of `{name}` have another shape than it")));
                }
            }
        }
        Ok(Self { progress, weights, optimizer: Moments { step, first, second } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::NamedTensor;

    fn checkpoint() -> Checkpoint {
        let state = |values: [f32; 2]| {
            let tensor = NamedTensor { shape: vec![2, 1], values: values.to_vec() };
            StateDict([("a.weight".to_owned(), tensor)].into())
        };
        Checkpoint {
            progress: Progress {
                epochs_done: 3,
                batches_done: 17,
                loss_sum: 0.1 + 0.2,
                best: Some(Best { epoch: 2, score: 1.0 / 3.0 }),
                seconds: 12.5,
            },
            weights: state([0.1, -3.5e-8]),
            optimizer: Moments {
                step: 581,
                first: state([1.0, f32::MIN_POSITIVE]),
                second: state([0.3, 1e-30]),
            },
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
        let mut half = checkpoint();
        half.optimizer.second.0.clear();
        let error = Checkpoint::decode(&half.encode()).unwrap_err().to_string();
        assert_eq!(error, "the checkpoint is damaged: `a.weight` lacks its second moment");
        let weights_only = to_safetensors(&checkpoint().weights, None);
        let error = Checkpoint::decode(&weights_only).unwrap_err().to_string();
        assert_eq!(error, "the checkpoint is damaged: it has no record of its progress");
    }
}
