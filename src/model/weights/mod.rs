//! Weights in files: safetensors in and out, PyTorch checkpoints in.

mod file;
mod pytorch;
mod safetensors;

/// How often PyTorch's batch normalisation was trained: nothing that it computes depends on it.
const COUNTER: &str = "num_batches_tracked";

pub use file::{WeightsError, read};
pub use pytorch::read_pytorch;
pub use safetensors::{WeightsMetadata, from_safetensors, to_safetensors};
