//! Weights in files: safetensors in and out, PyTorch checkpoints in.

mod file;
mod pytorch;
mod safetensors;

pub use file::{WeightsError, read};
pub use pytorch::read_pytorch;
pub use safetensors::{WeightsMetadata, from_safetensors, to_safetensors};
