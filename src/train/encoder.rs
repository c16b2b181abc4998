//! Weights that the encoder of a network starts from.

use std::path::{Path, PathBuf};

use burn::tensor::Device;

use crate::digest::sha256;
use crate::experiment::settings::ModelSettings;
use crate::model::weights::{self, WeightsError};
use crate::model::{Built, EncoderError, StateDict, StateError, encoder_weights};

/// What the encoder of a network starts from: files of trained weights, or nothing.
#[derive(Debug, Default)]
pub struct EncoderWeights {
    files: Vec<EncoderFile>,
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
    /// The file can't be read; the message names it.
    #[error(transparent)]
    Unreadable(#[from] WeightsError),
    /// The file's tensors can't be read.
    #[error("{}: {source}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: WeightsError,
    },
    /// Files were replaced since their runs were planned.
    #[error("the encoder weights changed since the runs were planned: {}", names(paths))]
    Changed {
        /// The files.
        paths: Vec<PathBuf>,
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

fn names(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

impl EncoderWeightsError {
    /// What the user can do about it.
    pub fn hint(&self) -> String {
        let hint = match self {
            Self::Unreadable(WeightsError::Io(_)) => {
                "paths are relative to the file that names them, those of `--set` to the working directory; without \
                 `encoder-weights` the network starts from scratch"
            }
            Self::Changed { .. } => "run the same command again",
            _ => "`ege-bench model show MODEL` names the files that a network's encoder can start from",
        };
        hint.to_owned()
    }

    /// True where the file that was named is at fault (exit code 2), not what it holds (exit code 3).
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::Other { .. } | Self::Twice { .. })
    }
}

/// SHA-256 of the files, whatever their names and their order; none where there are none.
///
/// # Errors
/// When one can't be read.
pub fn encoder_digest(paths: &[PathBuf]) -> Result<Option<String>, EncoderWeightsError> {
    let read = |path: &PathBuf| fs_err::read(path).map(|bytes| sha256(&bytes));
    let digests = paths.iter().map(read).collect::<Result<Vec<_>, _>>().map_err(WeightsError::Io)?;
    Ok(digest_of(digests))
}

fn digest_of(mut digests: Vec<String>) -> Option<String> {
    digests.sort();
    match digests.as_slice() {
        [] => None,
        [one] => Some(one.clone()),
        several => Some(sha256(several.join("\n").as_bytes())),
    }
}

impl EncoderWeights {
    /// Reads files of weights for the encoders of a network, whose [`encoder_digest`] was `planned`.
    ///
    /// # Errors
    /// When a file can't be read or isn't of an encoder of the network, when two are of the same one, and when they
    /// aren't those that were planned.
    pub fn read(
        model: &ModelSettings,
        paths: &[PathBuf],
        planned: Option<&str>,
    ) -> Result<Self, EncoderWeightsError> {
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
        // Taken after the tensors, so that both are of the bytes that were planned.
        if digest_of(read.files.iter().map(|file| file.sha256.clone()).collect()).as_deref() != planned {
            return Err(EncoderWeightsError::Changed { paths: paths.to_vec() });
        }
        Ok(read)
    }

    /// The files, by the names of their encoders; empty where the network starts from scratch.
    pub fn files(&self) -> &[EncoderFile] {
        &self.files
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
    let state = weights::read(path).map_err(|source| match source {
        WeightsError::Safetensors(_) | WeightsError::ElementType { .. } => {
            EncoderWeightsError::Malformed { path: path.to_owned(), source }
        }
        named => EncoderWeightsError::Unreadable(named),
    })?;
    let digest = sha256(&fs_err::read(path).map_err(WeightsError::Io)?);
    let (encoder, tensors) = encoder_weights(model, state, network)
        .map_err(|source| EncoderWeightsError::Other { path: path.to_owned(), source })?;
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok((EncoderFile { encoder: encoder.name, file, sha256: digest }, tensors))
}
