//! The lock of a run: held by the process that works on it, freed by the kernel however that process ends.
//!
//! Beside the kernel's lock lies a lease, for file systems whose locks don't reach other machines: it names who
//! works on the run, and shows signs of life. A lease of another machine that shows none for [`STALE`](super::STALE) is dead.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fs_err::{File, OpenOptions};

use super::lease::{Holder, Lease};
use super::{RunFolder, StoreError, disk};

/// A run's lock; it is free again when this value goes.
#[derive(Debug)]
pub struct RunLock {
    lease: Lease,
    // Closing the file frees the lock, after the lease is gone.
    _file: File,
}

/// How often taking a lock is tried, and how long each try waits: [`holder`] holds a lock for an instant.
const TRIES: usize = 5;
const PAUSE: Duration = Duration::from_millis(20);

impl RunLock {
    /// Takes the lock of the run in `folder`.
    ///
    /// # Errors
    /// When another process holds it or its files can't be made.
    pub(super) fn take(folder: &Path) -> Result<Self, StoreError> {
        disk::make_folders(folder)?;
        for tries_left in (0..TRIES).rev() {
            let path = lock_path(folder);
            let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path)?;
            let locks_reach = match file.try_lock().map_err(io::Error::from) {
                // Whoever held it may have removed the folder: a file without a name locks nobody out.
                Ok(()) if !is_at(&file, &path) => {
                    disk::make_folders(folder)?;
                    continue;
                }
                Ok(()) => true,
                // The lease has to do.
                Err(error) if error.kind() == io::ErrorKind::Unsupported => false,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if tries_left > 0 {
                        std::thread::sleep(PAUSE);
                    }
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            return match Lease::take(folder, locks_reach)? {
                Ok(lease) => Ok(Self { lease, _file: file }),
                Err(holder) => Err(StoreError::Locked { path: folder.to_owned(), holder: Some(holder) }),
            };
        }
        Err(StoreError::Locked { path: folder.to_owned(), holder: Lease::holder(folder)? })
    }

    /// True once another machine took the run over, because this process showed no sign of life for [`STALE`](super::STALE),
    /// such as after a suspension.
    pub fn is_lost(&self) -> bool {
        self.lease.is_lost()
    }

    /// Looks again whether it is lost, at the file itself: a process that was suspended finds out before it writes.
    ///
    /// # Errors
    /// When it is.
    pub fn require_ours(&self, folder: &RunFolder) -> Result<(), StoreError> {
        if self.lease.look() {
            return Err(StoreError::Lost { path: folder.path().to_owned() });
        }
        Ok(())
    }
}

/// True if the open file is the one that stands at the path now.
fn is_at(file: &File, path: &Path) -> bool {
    let (Ok(open), Ok(named)) = (file.metadata(), fs_err::metadata(path)) else { return false };
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        (open.dev(), open.ino()) == (named.dev(), named.ino())
    }
    #[cfg(not(unix))]
    {
        // There an open file's folder can't be removed.
        open.is_file() && named.is_file()
    }
}

/// Who works on the run in `folder`, if anybody does.
///
/// # Errors
/// When the lock or the lease exists but can't be asked.
pub(super) fn holder(folder: &Path) -> Result<Option<Holder>, StoreError> {
    let file = match File::open(lock_path(folder)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let locks_reach = match file.try_lock_shared().map_err(io::Error::from) {
        Ok(()) => true,
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
            // Whoever holds it may be about to write its lease.
            return Ok(Some(Lease::holder(folder)?.unwrap_or_default()));
        }
        Err(error) if error.kind() == io::ErrorKind::Unsupported => false,
        Err(error) => return Err(error.into()),
    };
    Ok(Lease::holder(folder)?.filter(|holder| holder.is_alive(locks_reach)))
}

fn lock_path(folder: &Path) -> PathBuf {
    folder.join("lock")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{STALE, lease};

    #[test]
    fn a_lock_is_held_once_and_freed_with_its_value() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        assert_eq!(holder(path).unwrap(), None);
        let lock = RunLock::take(path).unwrap();
        assert_eq!(holder(path).unwrap().unwrap().process, std::process::id());
        let Err(StoreError::Locked { holder: Some(named), .. }) = RunLock::take(path) else {
            panic!("the lock was given twice");
        };
        assert_eq!(named.process, std::process::id());
        assert!(!lock.is_lost());
        drop(lock);
        assert_eq!(holder(path).unwrap(), None);
        RunLock::take(path).unwrap();
    }

    #[test]
    fn a_lease_of_another_machine_counts_while_it_shows_signs_of_life() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        // A lock that was left behind, as the kernel of another machine doesn't tell of its own.
        drop(RunLock::take(path).unwrap());
        lease::tests::of_another_machine(path, Duration::from_secs(5));
        assert_eq!(holder(path).unwrap().unwrap().host, "elsewhere");
        let error = RunLock::take(path).unwrap_err();
        assert!(error.to_string().contains("process 7 on elsewhere"), "{error}");
        lease::tests::of_another_machine(path, STALE + Duration::from_secs(5));
        assert_eq!(holder(path).unwrap(), None);
        let lock = RunLock::take(path).unwrap();
        assert_eq!(holder(path).unwrap().unwrap().process, std::process::id());
        // The other one wakes up and doesn't touch what it lost; nor would this one.
        lease::tests::of_another_machine(path, Duration::ZERO);
        drop(lock);
        assert_eq!(holder(path).unwrap().unwrap().host, "elsewhere");
    }

    #[test]
    fn a_dead_process_of_this_machine_leaves_a_lease_that_nobody_minds() {
        let folder = tempfile::tempdir().unwrap();
        drop(RunLock::take(folder.path()).unwrap());
        lease::tests::of_this_machine(folder.path());
        assert_eq!(holder(folder.path()).unwrap(), None);
        RunLock::take(folder.path()).unwrap();
    }
}
