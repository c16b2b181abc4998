//! What ends an execution before its runs are done.

use crate::dataset::DatasetError;
use crate::store::StoreError;
use crate::train::EncoderWeightsError;

/// Why a plan can't be made or carried out; a run that fails by itself is no such reason.
#[derive(Debug, thiserror::Error)]
pub enum ExecutorError {
    /// The images of a run aren't there or aren't what they should be.
    #[error(transparent)]
    Data(#[from] DatasetError),
    /// A file of weights isn't there or isn't what it should be.
    #[error(transparent)]
    Encoder(#[from] EncoderWeightsError),
    /// Results can't be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ExecutorError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Data(error) => error.hint(),
            Self::Encoder(error) => Some(error.hint()),
            Self::Store(error) => error.hint(),
        }
    }
}
