//! The safetensors format.

use std::collections::HashMap;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use super::{COUNTERS, WeightsError};
use crate::model::{NamedTensor, StateDict};

/// Words that go along with the tensors.
pub type WeightsMetadata = HashMap<String, String>;

/// The bytes of a safetensors file; the same tensors and at most one word of metadata give the same bytes.
///
/// # Panics
/// Never: shapes and lengths of a [`StateDict`] agree.
pub fn to_safetensors(state: &StateDict, metadata: Option<WeightsMetadata>) -> Vec<u8> {
    let bytes: Vec<(&String, &NamedTensor, Vec<u8>)> = state
        .0
        .iter()
        .map(|(name, tensor)| (name, tensor, tensor.values.iter().flat_map(|x| x.to_le_bytes()).collect()))
        .collect();
    let views = bytes.iter().map(|(name, tensor, bytes)| {
        let view = TensorView::new(Dtype::F32, tensor.shape.clone(), bytes);
        (name.as_str(), view.expect("a tensor's shape and number of elements agree"))
    });
    safetensors::serialize(views, metadata).expect("a valid set of tensors can be written to memory")
}

/// The tensors and the metadata of a safetensors file.
///
/// # Errors
/// When the bytes are something else, or a tensor isn't of 32-bit floats.
pub fn from_safetensors(bytes: &[u8]) -> Result<(StateDict, WeightsMetadata), WeightsError> {
    let malformed = |error: safetensors::SafeTensorError| WeightsError::Safetensors(error.to_string());
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(malformed)?;
    let file = SafeTensors::deserialize(bytes).map_err(malformed)?;
    let mut state = StateDict::default();
    for (name, view) in file.tensors() {
        if COUNTERS.iter().any(|counter| name.ends_with(counter)) {
            continue;
        }
        if view.dtype() != Dtype::F32 {
            return Err(WeightsError::ElementType { name, found: format!("{:?}", view.dtype()) });
        }
        state.0.insert(name, NamedTensor { shape: view.shape().to_vec(), values: floats(view.data()) });
    }
    Ok((state, header.metadata().clone().unwrap_or_default()))
}

/// Little-endian bytes as 32-bit floats.
pub(super) fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks::<4>().0.iter().map(|&four| f32::from_le_bytes(four)).collect()
}
