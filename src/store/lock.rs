//! The lock of a run: held by the process that works on it, freed by the kernel however that process ends.

use std::io;
use std::path::Path;
use std::time::Duration;

use fs_err::{File, OpenOptions};

use super::{StoreError, disk};

/// A run's lock; it is free again when this value goes.
#[derive(Debug)]
pub struct RunLock {
    // Closing the file frees the lock.
    _file: File,
}

/// How often taking a lock is tried, and how long each try waits: [`is_held`] holds a lock for an instant.
const TRIES: usize = 5;
const PAUSE: Duration = Duration::from_millis(20);

impl RunLock {
    /// Takes the lock file `path` of the run in `folder`.
    ///
    /// # Errors
    /// When another process holds it or the file can't be made.
    pub(super) fn take(path: &Path, folder: &Path) -> Result<Self, StoreError> {
        disk::make_folders(folder)?;
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
        for _ in 0..TRIES {
            match file.try_lock().map_err(io::Error::from) {
                Ok(()) => return Ok(Self { _file: file }),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => std::thread::sleep(PAUSE),
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Locked { path: folder.to_owned() })
    }
}

/// True while a process holds the lock file `path`.
///
/// # Errors
/// When the file exists but can't be opened or asked.
pub(super) fn is_held(path: &Path) -> Result<bool, StoreError> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        file => file?,
    };
    match file.try_lock_shared().map_err(io::Error::from) {
        Ok(()) => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(true),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_held_once_and_freed_with_its_value() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        assert!(!is_held(&path).unwrap());
        let lock = RunLock::take(&path, folder.path()).unwrap();
        assert!(is_held(&path).unwrap());
        assert!(matches!(RunLock::take(&path, folder.path()), Err(StoreError::Locked { .. })));
        drop(lock);
        assert!(!is_held(&path).unwrap());
        RunLock::take(&path, folder.path()).unwrap();
    }
}
