//! Weights in files: safetensors in and out, PyTorch checkpoints in.

mod file;
mod pytorch;
mod safetensors;

/// Ends of the names of tensors that no network computes with: how often PyTorch's batch normalisation was trained, and
/// what the counter thop leaves in every layer that it has looked at.
const COUNTERS: [&str; 3] = ["num_batches_tracked", "total_ops", "total_params"];

pub use file::{WeightsError, read};
pub use pytorch::read_pytorch;
pub use safetensors::{WeightsMetadata, from_safetensors, to_safetensors};
