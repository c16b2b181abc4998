//! What can go wrong with stored results.

use std::io::{self, ErrorKind};
use std::path::PathBuf;

use super::Holder;
use super::noise::NOISE_FLOOR;

/// Why stored results can't be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The operating system refused; its message names the path.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A later version of ege-bench wrote the folder.
    #[error("{}: format {found} is newer than {supported}, the newest that this version knows", path.display())]
    Newer {
        /// The file that names the format.
        path: PathBuf,
        /// The format found.
        found: u64,
        /// The newest format known here.
        supported: u32,
    },
    /// Another process works on the run.
    #[error("{}: {} works on this run", path.display(), holder.clone().unwrap_or_default())]
    Locked {
        /// The run's folder.
        path: PathBuf,
        /// Who does, where that is known.
        holder: Option<Holder>,
    },
    /// Another machine took the run over while this process showed no sign of life.
    #[error("{}: another machine took this run over", path.display())]
    Lost {
        /// The run's folder.
        path: PathBuf,
    },
    /// A run's folder went while the run wrote to it.
    #[error("{}: it was removed or moved away while the run wrote to it", path.display())]
    Gone {
        /// The file that is no longer there.
        path: PathBuf,
    },
    /// A number that is not finite was to be kept.
    #[error("{}: a number that is not finite can't be kept", path.display())]
    NotFinite {
        /// The file that it was meant for.
        path: PathBuf,
    },
    /// Something else stands where the results folder should be.
    #[error("{}: {found}, not a folder", path.display())]
    NotAFolder {
        /// The path of the results.
        path: PathBuf,
        /// What stands there.
        found: String,
    },
    /// An archive of runs isn't one, or isn't what its manifest says.
    #[error("{}: {message}", path.display())]
    Archive {
        /// The archive.
        path: PathBuf,
        /// Where in it, and what was found.
        message: String,
        /// What can be done.
        hint: String,
    },
    /// A file doesn't hold what it should.
    #[error("{}: {message}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where in it, and what was found.
        message: String,
    },
}

impl StoreError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Io(error) => io_hint(error),
            Self::Gone { .. } => Some(
                "leave the results in their place while runs are made; the same command makes what is missing".into(),
            ),
            Self::NotFinite { .. } => None,
            Self::Archive { hint, .. } => Some(hint.clone()),
            Self::NotAFolder { .. } => {
                Some("move it away, or choose another folder with `--results DIR`".into())
            }
            Self::Newer { .. } => {
                Some("use the newer ege-bench that wrote it, or another folder with `--results DIR`".into())
            }
            Self::Locked { .. } => {
                Some("wait for the other process, or stop it; the same command goes on".into())
            }
            Self::Lost { .. } => Some(
                "this process was suspended, or couldn't reach the results, for longer than a minute; the other \
                 one goes on"
                    .into(),
            ),
            Self::Damaged { path, .. } if path.ends_with(NOISE_FLOOR) => {
                Some(format!("remove {}: the run doesn't need it", path.display()))
            }
            Self::Damaged { path, .. } => Some(format!(
                "move {} away; the run is then made again",
                path.parent().unwrap_or(path).display()
            )),
        }
    }
}

/// What the user can do where the operating system refuses to read or write results.
pub fn io_hint(error: &io::Error) -> Option<String> {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            Some("free some disk space; the same command goes on".into())
        }
        ErrorKind::PermissionDenied
        | ErrorKind::ReadOnlyFilesystem
        | ErrorKind::NotADirectory
        | ErrorKind::NotFound => Some("choose a folder that you may write to with `--results DIR`".into()),
        _ => None,
    }
}
