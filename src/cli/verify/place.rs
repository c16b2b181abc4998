//! Where repeats are carried out: a folder that goes when the command ends, or one that the user keeps.

use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::cli::exit_code::ExitCode;
use crate::cli::failure::Failure;
use crate::store::{Results, RunFolder, RunLock, StoreError};

/// What the names of temporary folders of repeats begin with.
const PREFIX: &str = ".rerun-";

/// The results folders of repeats.
pub(super) struct Place {
    // Freed before the folder goes: where a lock is an open file, some systems keep its folder.
    _lock: Option<RunLock>,
    folder: Folder,
    // Last, so that it is empty again.
    _parent: Option<Made>,
}

enum Folder {
    Temporary(TempDir),
    Kept(PathBuf),
}

/// A folder that wasn't there; it goes if it is left empty.
struct Made(PathBuf);

impl Drop for Made {
    fn drop(&mut self) {
        // What somebody else put there stays, and so does the folder.
        let _ = fs_err::remove_dir(&self.0);
    }
}

impl Place {
    /// A place in `keep`, else in a temporary folder inside of the results; those of processes that were killed go.
    pub(super) fn new(results: &Results, keep: Option<&Path>) -> Result<Self, Failure> {
        if let Some(keep) = keep {
            if !is_new(keep)? {
                let hint = "repeats go to a folder that is new or empty";
                let message = format!("{} is no empty folder", keep.display());
                return Err(Failure::usage(message, Some(hint.to_owned())));
            }
            return Ok(Self { _lock: None, folder: Folder::Kept(keep.to_owned()), _parent: None });
        }
        let root = results.path();
        let refused = |error: io::Error| {
            let message = format!("failed to make a folder in {}: {}", root.display(), error.kind());
            let hint = "`--keep DIR` puts what the repeats leave into another folder";
            Failure { code: ExitCode::Store, ..Failure::usage(message, Some(hint.to_owned())) }
        };
        let parent = (!root.exists()).then(|| Made(root.to_owned()));
        fs_err::create_dir_all(root).map_err(refused)?;
        clear_abandoned(root)?;
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(root).map_err(refused)?;
        let lock = RunFolder::new(folder.path().to_owned()).lock()?;
        Ok(Self { _lock: Some(lock), folder: Folder::Temporary(folder), _parent: parent })
    }

    /// The results folder of a repeat, counted from 1.
    pub(super) fn results(&self, repeat: u32) -> Results {
        Results::new(self.path().join(format!("repeat-{repeat}")))
    }

    /// The folder that is kept, if one is.
    pub(super) fn kept(&self) -> Option<&Path> {
        match &self.folder {
            Folder::Temporary(_) => None,
            Folder::Kept(path) => Some(path),
        }
    }

    /// Hears that a repeat was compared: what it left goes, unless it is kept.
    pub(super) fn compared(&self, repeat: u32) -> Result<(), Failure> {
        match self.folder {
            Folder::Temporary(_) => {
                Ok(fs_err::remove_dir_all(self.results(repeat).path()).map_err(StoreError::from)?)
            }
            Folder::Kept(_) => Ok(()),
        }
    }

    fn path(&self) -> &Path {
        match &self.folder {
            Folder::Temporary(folder) => folder.path(),
            Folder::Kept(path) => path,
        }
    }
}

/// True for a folder that isn't there or is empty.
fn is_new(path: &Path) -> Result<bool, StoreError> {
    match fs_err::read_dir(path) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Removes the temporary folders whose processes were killed: nobody holds their locks.
fn clear_abandoned(root: &Path) -> Result<(), StoreError> {
    for entry in fs_err::read_dir(root)? {
        let path = entry?.path();
        let named = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIX));
        if named && path.join("lock").exists() && !RunFolder::new(path.clone()).is_locked()? {
            fs_err::remove_dir_all(&path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(folder: &Path) -> usize {
        fs_err::read_dir(folder).unwrap().count()
    }

    #[test]
    fn a_temporary_place_goes_with_its_value_and_those_of_the_killed_go_first() {
        let root = tempfile::tempdir().unwrap();
        let results = Results::new(root.path().join("results"));
        let place = Place::new(&results, None).unwrap();
        let other = Place::new(&results, None).unwrap();
        assert_eq!(entries(results.path()), 2, "a place in use is left alone");
        fs_err::create_dir_all(place.results(1).run("a").path()).unwrap();
        place.compared(1).unwrap();
        assert!(!place.results(1).path().exists());
        drop(other);
        drop(place);
        assert!(!results.path().exists(), "it wasn't there before");

        let abandoned = results.path().join(".rerun-old");
        fs_err::create_dir_all(abandoned.join("repeat-1")).unwrap();
        fs_err::write(abandoned.join("lock"), "").unwrap();
        drop(Place::new(&results, None).unwrap());
        assert_eq!(entries(results.path()), 0);
    }

    #[test]
    fn a_kept_place_is_new() {
        let root = tempfile::tempdir().unwrap();
        let results = Results::new(root.path().join("results"));
        let keep = root.path().join("keep");
        let place = Place::new(&results, Some(&keep)).unwrap();
        assert_eq!(place.kept(), Some(keep.as_path()));
        fs_err::create_dir_all(place.results(1).path()).unwrap();
        place.compared(1).unwrap();
        assert!(place.results(1).path().exists());
        assert_eq!(Place::new(&results, Some(&keep)).err().unwrap().code, ExitCode::Usage);
        fs_err::write(root.path().join("file"), "").unwrap();
        assert!(Place::new(&results, Some(&root.path().join("file"))).is_err());
    }
}
