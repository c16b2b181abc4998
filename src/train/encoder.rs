//! Weights that the encoder of a network starts from.

use std::path::{Path, PathBuf};

use burn::tensor::Device;

use crate::dataset::digest::sha256;
use crate::experiment::settings::ModelSettings;
use crate::model::weights::{self, WeightsError};
use crate::model::{Built, EncoderError, StateDict, StateError, encoder_weights};

/// What the encoder of a network starts from: files of trained weights, or nothing.
#[derive(Debug, Default)]
pub struct EncoderWeights {
    files: Vec<EncoderFile>,
    /// SHA-256 of all files.
    digest: Option<String>,
    /// By the network's names.
    tensors: StateDict,
}

/// A file of trained weights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncoderFile {
    /// What its weights are of.
    pub encoder: &'static str,
    /// The file's name, without its folder.
    pub file: String,
    /// SHA-256 of its bytes, in hexadecimal digits.
    pub sha256: String,
}

/// Why weights can't be started from.
#[derive(Debug, thiserror::Error)]
pub enum EncoderWeightsError {
    /// The file can't be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: WeightsError,
    },
    /// The file's weights are of something else.
    #[error("{}: {source}", path.display())]
    Other {
        /// The file.
        path: PathBuf,
        /// What doesn't fit.
        source: EncoderError,
    },
    /// Two files are of the same encoder.
    #[error("{}: another file has the weights of {encoder} already", path.display())]
    Twice {
        /// The second file.
        path: PathBuf,
        /// The encoder's name.
        encoder: &'static str,
    },
}

impl EncoderWeightsError {
    /// What the user can do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Unreadable { source: WeightsError::Io(_), .. } => {
                "`encoder-weights` names files relative to the experiment's folder; without it the network starts \
                 from scratch"
                    .to_owned()
            }
            _ => "`ege-bench model show MODEL` names the files that a network's encoder can start from".to_owned(),
        }
    }
}

impl EncoderWeights {
    /// Reads files of weights for the encoders of a network.
    ///
    /// # Errors
    /// When a file can't be read or isn't of an encoder of the network, or when two are of the same one.
    pub fn read(model: &ModelSettings, paths: &[PathBuf]) -> Result<Self, EncoderWeightsError> {
        if paths.is_empty() {
            return Ok(Self::default());
        }
        let network = Built::new(model, 0, &Device::flex()).state();
        let mut read = Self::default();
        for path in paths {
            let (file, tensors) = one(model, path, &network)?;
            if read.files.iter().any(|other| other.encoder == file.encoder) {
                return Err(EncoderWeightsError::Twice { path: path.clone(), encoder: file.encoder });
            }
            read.files.push(file);
            read.tensors.0.extend(tensors.0);
        }
        // The order in which files are named means nothing.
        read.files.sort_by_key(|file| file.encoder);
        let digests: Vec<&str> = read.files.iter().map(|file| file.sha256.as_str()).collect();
        read.digest = Some(match digests.as_slice() {
            [one] => (*one).to_owned(),
            several => sha256(several.join("\n").as_bytes()),
        });
        Ok(read)
    }

    /// The files, by the names of their encoders; empty where the network starts from scratch.
    pub fn files(&self) -> &[EncoderFile] {
        &self.files
    }

    /// SHA-256 of the files, whatever their names; none where the network starts from scratch.
    pub fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }

    /// The network with these weights in its encoder, and its own everywhere else.
    ///
    /// # Errors
    /// When they were read for another network.
    pub fn start(&self, built: Built) -> Result<Built, StateError> {
        if self.files.is_empty() {
            return Ok(built);
        }
        let mut state = built.state();
        state.0.extend(self.tensors.0.iter().map(|(name, tensor)| (name.clone(), tensor.clone())));
        built.with_state(&state)
    }
}

fn one(
    model: &ModelSettings,
    path: &Path,
    network: &StateDict,
) -> Result<(EncoderFile, StateDict), EncoderWeightsError> {
    let unreadable = |source| EncoderWeightsError::Unreadable { path: path.to_owned(), source };
    let bytes = fs_err::read(path).map_err(|error| unreadable(WeightsError::Io(error)))?;
    let state = weights::read(path).map_err(unreadable)?;
    let (encoder, tensors) = encoder_weights(model, state, network)
        .map_err(|source| EncoderWeightsError::Other { path: path.to_owned(), source })?;
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok((EncoderFile { encoder: encoder.name, file, sha256: sha256(&bytes) }, tensors))
}
