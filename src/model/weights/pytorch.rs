//! PyTorch checkpoints, as the authors' code saves them.

use std::path::Path;

use burn::store::pytorch::PytorchReader;

use super::safetensors::floats;
use super::{COUNTERS, WeightsError};
use crate::model::{NamedTensor, StateDict};

/// Keys under which training code keeps the weights beside other things.
const WRAPPERS: [&str; 4] = ["model_state_dict.", "state_dict.", "model.", "module."];

/// Reads a state dict that `torch.save` wrote, or the one inside a checkpoint such as the authors'
/// `latest.pth`.
///
/// # Errors
/// When the file can't be read, is something else, or a tensor isn't of 32-bit floats.
pub fn read_pytorch(path: &Path) -> Result<StateDict, WeightsError> {
    let malformed = |reason: String| WeightsError::Pytorch { path: path.to_owned(), reason };
    // Asked first, so that a missing file is told by its path.
    fs_err::metadata(path)?;
    let reader = PytorchReader::new(path).map_err(|error| malformed(error.to_string()))?;
    let keys = reader.keys();
    let wrapper = WRAPPERS.iter().find(|wrapper| keys.iter().any(|key| key.starts_with(**wrapper)));
    let mut state = StateDict::default();
    for (key, tensor) in reader.tensors() {
        let Some(name) = key.strip_prefix(wrapper.copied().unwrap_or_default()) else {
            continue;
        };
        if COUNTERS.iter().any(|counter| name.ends_with(counter)) {
            continue;
        }
        let found = format!("{:?}", tensor.dtype());
        if found != "F32" {
            return Err(WeightsError::ElementType { name: name.to_owned(), found });
        }
        let bytes = tensor.read().map_err(|error| malformed(format!("tensor `{name}`: {error}")))?;
        let tensor = NamedTensor { shape: tensor.shape().to_vec(), values: floats(&bytes) };
        state.0.insert(name.to_owned(), tensor);
    }
    if state.0.is_empty() {
        return Err(malformed("it holds no tensors".to_owned()));
    }
    Ok(state)
}
