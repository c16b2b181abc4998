//! Weights files of any format.

use std::path::{Path, PathBuf};

use super::{from_safetensors, read_pytorch};
use crate::model::StateDict;

/// Why a weights file can't be read.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// The file isn't there or can't be read.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The file's name ends in nothing known.
    #[error("{}: weights end in .safetensors, .pth or .pt", .0.display())]
    UnknownFormat(PathBuf),
    /// The bytes are no safetensors file.
    #[error("not a safetensors file: {0}")]
    Safetensors(String),
    /// The bytes are no PyTorch checkpoint.
    #[error("{}: not a PyTorch state dict: {reason}", path.display())]
    Pytorch {
        /// The file.
        path: PathBuf,
        /// What the reader says.
        reason: String,
    },
    /// A tensor isn't of 32-bit floats.
    #[error("tensor `{name}` is of {found}, only 32-bit floats are read")]
    ElementType {
        /// The tensor's name.
        name: String,
        /// Its element type.
        found: String,
    },
}

/// Reads weights from a file, by the ending of its name.
///
/// # Errors
/// When the file can't be read or holds something else.
pub fn read(path: &Path) -> Result<StateDict, WeightsError> {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("safetensors") => Ok(from_safetensors(&fs_err::read(path)?)?.0),
        Some("pth" | "pt") => read_pytorch(path),
        _ => Err(WeightsError::UnknownFormat(path.to_owned())),
    }
}
