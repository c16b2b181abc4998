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
    /// No process can be started for a run.
    #[error("no process can be started for a run: {0}")]
    Worker(#[source] std::io::Error),
    /// A worker met something that no run can go on with, such as a full disk.
    #[error("{error}")]
    Broken {
        /// What it met.
        error: String,
        /// What the user can do about it.
        hint: Option<String>,
    },
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
            Self::Worker(_) => Some("the same command goes on; fewer `--jobs` need less".to_owned()),
            Self::Broken { hint, .. } => hint.clone(),
            Self::Store(error) => error.hint(),
        }
    }
}
