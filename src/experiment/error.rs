//! The one error of this room.

use std::path::PathBuf;

use super::diagnostic::Diagnostic;

/// Why an experiment can't be planned; the user's file or arguments are at fault (exit code 2).
#[derive(Debug, thiserror::Error)]
pub enum ExperimentError {
    /// The experiment's file can't be read.
    #[error("{}", self.render(false))]
    Unreadable {
        /// The path as the user typed it.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
        /// A file of a similar name that does exist.
        similar: Option<PathBuf>,
    },
    /// Files or `--set` arguments say what can't be meant.
    #[error("{}", self.render(false))]
    Invalid {
        /// What is wrong, in the order of reading; at least one.
        diagnostics: Vec<Diagnostic>,
    },
}

impl ExperimentError {
    /// The whole error for a terminal: each problem with its place, what is allowed and a hint.
    pub fn render(&self, color: bool) -> String {
        match self {
            Self::Unreadable { path, source, similar } => {
                let message = match source.kind() {
                    std::io::ErrorKind::NotFound => format!("there is no file {}", path.display()),
                    _ => format!("can't read {}: {}", path.display(), source.kind()),
                };
                let mut diagnostic = Diagnostic::new(message);
                if let Some(similar) = similar {
                    diagnostic = diagnostic.hint(format!("did you mean {}?", similar.display()));
                }
                diagnostic.render(color)
            }
            Self::Invalid { diagnostics } => {
                let rendered: Vec<String> = diagnostics.iter().map(|one| one.render(color)).collect();
                rendered.join("\n\n")
            }
        }
    }

    /// The problems in one line each, without places.
    pub fn messages(&self) -> Vec<String> {
        match self {
            Self::Unreadable { path, source, .. } => {
                vec![format!("can't read {}: {}", path.display(), source.kind())]
            }
            Self::Invalid { diagnostics } => diagnostics.iter().map(|one| one.message().to_owned()).collect(),
        }
    }
}

impl From<Diagnostic> for ExperimentError {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Invalid { diagnostics: vec![diagnostic] }
    }
}
