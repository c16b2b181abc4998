//! Removing what isn't wanted any more, so that no moment shows a finished run with parts missing.

use std::path::Path;

use super::atomic::{self, TEMPORARY_PREFIX};
use super::{FileKind, Results, RunFolder, RunLock, StoreError};

impl RunFolder {
    /// Removes the checkpoints of a locked run and returns how many bytes they had. A finished run needs none: it
    /// is whole at every moment.
    ///
    /// # Errors
    /// When one can't be removed.
    pub fn remove_checkpoints(&self, _held: &RunLock) -> Result<u64, StoreError> {
        let mut freed = 0;
        for file in self.files()?.into_iter().filter(|file| FileKind::of(&file.path) == FileKind::Checkpoint)
        {
            fs_err::remove_file(self.path().join(&file.path))?;
            freed += file.bytes;
        }
        match fs_err::remove_dir(self.path().join("checkpoint")) {
            // Something else may lie there, or no checkpoint was ever saved.
            Err(_) | Ok(()) => Ok(freed),
        }
    }

    /// Removes a locked run with everything in it.
    ///
    /// The folder gets another name first, which no reader takes for a run: from then on the run is gone, however
    /// much of it is still on the disk. What a killed process leaves is found by [`Results::unfinished`].
    ///
    /// # Errors
    /// When the folder can't be renamed or something in it can't be removed.
    pub fn remove(&self, _held: &RunLock) -> Result<(), StoreError> {
        if self.is_unfinished() {
            return Ok(fs_err::remove_dir_all(self.path())?);
        }
        let name = self.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
        let runs = self.path().parent().unwrap_or(Path::new("."));
        let aside = runs.join(format!("{TEMPORARY_PREFIX}removed-{name}"));
        if aside.exists() {
            fs_err::remove_dir_all(&aside)?;
        }
        atomic::move_folder(self.path(), &aside)?;
        Ok(fs_err::remove_dir_all(&aside)?)
    }
}

impl Results {
    /// Folders that a command began to fill or to remove when it was ended; somebody may still work on one.
    ///
    /// # Errors
    /// As [`Results::runs`].
    pub fn unfinished(&self) -> Result<Vec<RunFolder>, StoreError> {
        Ok(self.folders()?.into_iter().filter(RunFolder::is_unfinished).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checkpoints_go_and_everything_else_stays() {
        let root = tempfile::tempdir().unwrap();
        let folder = Results::new(root.path()).run("a");
        folder.write_best_weights(b"w").unwrap();
        folder.save_checkpoint(b"x", 1).unwrap();
        folder.save_checkpoint(b"x", 2).unwrap();
        let lock = folder.lock().unwrap();
        let all: u64 = folder.files().unwrap().iter().map(|file| file.bytes).sum();
        let freed = folder.remove_checkpoints(&lock).unwrap();
        let left: u64 = folder.files().unwrap().iter().map(|file| file.bytes).sum();
        assert_eq!((freed > 0, all - left), (true, freed));
        assert_eq!(folder.checkpoint().unwrap(), None);
        assert_eq!(folder.best_weights().unwrap(), b"w");
        assert_eq!(folder.remove_checkpoints(&lock).unwrap(), 0);
    }

    #[test]
    fn a_removed_run_is_gone_and_a_half_removed_one_is_no_run() {
        let root = tempfile::tempdir().unwrap();
        let results = Results::new(root.path());
        for id in ["a", "b"] {
            results.run(id).write_best_weights(b"w").unwrap();
        }
        // As a killed process leaves it.
        let half = root.path().join("runs").join(format!("{TEMPORARY_PREFIX}removed-c"));
        fs_err::create_dir_all(&half).unwrap();
        fs_err::write(half.join("run.json"), b"{}").unwrap();
        let lock = results.run("a").lock().unwrap();
        results.run("a").remove(&lock).unwrap();
        drop(lock);
        assert_eq!(results.runs().unwrap(), [results.run("b")]);
        let unfinished = results.unfinished().unwrap();
        assert_eq!(unfinished.len(), 1);
        let lock = unfinished[0].lock().unwrap();
        unfinished[0].remove(&lock).unwrap();
        drop(lock);
        assert_eq!(results.unfinished().unwrap(), []);
        assert!(results.run("b").path().exists());
    }

    #[test]
    fn a_lock_that_was_waited_for_is_worth_nothing_once_its_folder_is_gone() {
        let root = tempfile::tempdir().unwrap();
        let folder = Results::new(root.path()).run("a");
        let first = folder.lock().unwrap();
        let waiting = std::thread::scope(|scope| {
            let other = folder.clone();
            let waiting = scope.spawn(move || other.lock());
            std::thread::sleep(std::time::Duration::from_millis(10));
            folder.remove(&first).unwrap();
            drop(first);
            waiting.join().unwrap()
        });
        if let Ok(lock) = waiting {
            assert!(folder.is_locked().unwrap(), "somebody else could take it, too");
            drop(lock);
        }
    }
}
