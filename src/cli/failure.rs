//! What a command failed of, as it is told: an exit code, a message and a hint.

use std::path::Path;

use super::args::DEFAULT_DATA;
use super::context::quoted_path;
use super::exit_code::ExitCode;
use crate::claim::ClaimError;
use crate::dataset::DatasetError;
use crate::executor::{ExecutorError, RecallError};
use crate::experiment::ExperimentError;
use crate::fetch::FetchError;
use crate::report::ReportError;
use crate::store::{StoreError, io_hint};
use crate::train::TrainError;

/// Why a command failed.
#[derive(Debug)]
pub(super) struct Failure {
    /// The code to end with.
    pub code: ExitCode,
    /// What is said.
    pub message: Message,
}

/// What is said of a failure.
#[derive(Debug)]
pub(super) enum Message {
    /// A sentence, and what the user can do.
    Plain { error: String, hint: Option<String> },
    /// An experiment's errors, which show their place in the file.
    Experiment(ExperimentError),
}

impl Failure {
    /// A failure of the user's arguments.
    pub(super) fn usage(error: impl Into<String>, hint: Option<String>) -> Self {
        Self { code: ExitCode::Usage, message: Message::Plain { error: error.into(), hint } }
    }

    /// A failure of data or weights.
    pub(super) fn data(error: impl Into<String>, hint: Option<String>) -> Self {
        Self { code: ExitCode::Data, message: Message::Plain { error: error.into(), hint } }
    }

    /// A failure of stored results.
    pub(super) fn store(error: impl Into<String>, hint: Option<String>) -> Self {
        Self { code: ExitCode::Store, message: Message::Plain { error: error.into(), hint } }
    }

    /// The same, with the folder of prepared data in the commands that it tells to run, where that isn't the
    /// default.
    pub(super) fn in_data_folder(mut self, data: &Path) -> Self {
        if let Message::Plain { hint: Some(hint), .. } = &mut self.message {
            *hint = with_data_folder(hint, data);
        }
        self
    }

    fn of(code: ExitCode, error: &impl ToString, hint: Option<String>) -> Self {
        Self { code, message: Message::Plain { error: error.to_string(), hint } }
    }
}

/// A hint whose commands that import and fetch name the folder of prepared data.
pub(super) fn with_data_folder(hint: &str, data: &Path) -> String {
    const COMMANDS: [&str; 2] = ["ege-bench data import ", "ege-bench data fetch "];
    if data == Path::new(DEFAULT_DATA) {
        return hint.to_owned();
    }
    let data = quoted_path(data);
    COMMANDS
        .iter()
        .fold(hint.to_owned(), |hint, command| hint.replace(command, &format!("{command}--data {data} ")))
}

impl From<ExperimentError> for Failure {
    fn from(error: ExperimentError) -> Self {
        Self { code: ExitCode::Usage, message: Message::Experiment(error) }
    }
}

impl From<DatasetError> for Failure {
    fn from(error: DatasetError) -> Self {
        let code = if error.is_usage() { ExitCode::Usage } else { ExitCode::Data };
        Self::of(code, &error, error.hint())
    }
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        let code = match &error {
            FetchError::Usage(_) => ExitCode::Usage,
            FetchError::Dataset(error) if error.is_usage() => ExitCode::Usage,
            FetchError::Locked { .. } => ExitCode::Store,
            FetchError::Interrupted => ExitCode::Interrupted,
            _ => ExitCode::Data,
        };
        Self::of(code, &error, error.hint())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::of(ExitCode::Store, &error, error.hint())
    }
}

impl From<ExecutorError> for Failure {
    fn from(error: ExecutorError) -> Self {
        match error {
            ExecutorError::Data(error) => error.into(),
            ExecutorError::Encoder(error) => {
                let code = if error.is_usage() { ExitCode::Usage } else { ExitCode::Data };
                Self::of(code, &error, Some(error.hint()))
            }
            ExecutorError::Worker(_) | ExecutorError::Broken { .. } => {
                Self::of(ExitCode::Store, &error, error.hint())
            }
            ExecutorError::Store(error) => error.into(),
        }
    }
}

impl From<RecallError> for Failure {
    fn from(error: RecallError) -> Self {
        let code = match &error {
            RecallError::Device { .. } | RecallError::EncoderUnneeded { .. } => ExitCode::Usage,
            _ if error.is_data() => ExitCode::Data,
            _ => ExitCode::Store,
        };
        match error {
            RecallError::Executor(error) => error.into(),
            error => Self::of(code, &error, error.hint()),
        }
    }
}

/// Of what computes beside runs: those tell what they failed of themselves.
impl From<TrainError> for Failure {
    fn from(error: TrainError) -> Self {
        let code = match &error {
            TrainError::Weights(_) => ExitCode::Data,
            TrainError::Memory { .. } | TrainError::Precision { .. } => ExitCode::Usage,
            TrainError::Diverged { .. } | TrainError::Host(_) => ExitCode::RunFailed,
        };
        let hint = matches!(error, TrainError::Memory { .. }).then(|| {
            "a smaller batch, smaller images or a smaller network need less, and so does another device"
                .to_owned()
        });
        Self::of(code, &error, hint)
    }
}

impl From<ClaimError> for Failure {
    fn from(error: ClaimError) -> Self {
        Self::of(ExitCode::Usage, &error, error.hint())
    }
}

impl From<ReportError> for Failure {
    fn from(error: ReportError) -> Self {
        // Tables, charts and pictures come from what is stored: what can't be shown isn't what it should be.
        let hint = match &error {
            ReportError::Write { path, source } => Some(io_hint(source).unwrap_or_else(|| {
                format!(
                    "move away what stands at {}, or choose another folder with `--results DIR`",
                    path.display()
                )
            })),
            _ => None,
        };
        Self::of(ExitCode::Store, &error, hint)
    }
}
