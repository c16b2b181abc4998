//! The folder of all results.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{RunFolder, StoreError, atomic};

/// `results/`, whether it exists or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Results {
    root: PathBuf,
}

impl Results {
    /// The results below `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Where the results are.
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// The folder of the run named `id`.
    pub fn run(&self, id: &str) -> RunFolder {
        RunFolder::new(self.root.join("runs").join(id))
    }

    /// Every run folder, sorted by id; a link to one is one.
    ///
    /// # Errors
    /// When the folder can't be listed or something else stands in its place; a missing one has no runs.
    pub fn runs(&self) -> Result<Vec<RunFolder>, StoreError> {
        Ok(self.folders()?.into_iter().filter(|folder| !folder.is_unfinished()).collect())
    }

    /// The same, with those that are no runs yet, or no longer.
    pub(super) fn folders(&self) -> Result<Vec<RunFolder>, StoreError> {
        for path in [self.root.clone(), self.root.join("runs")] {
            if let Some(found) = obstacle(&path) {
                return Err(StoreError::NotAFolder { path, found });
            }
        }
        let mut paths = Vec::new();
        let entries = match fs_err::read_dir(self.root.join("runs")) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            // A run that was moved to another disk may be left as a link; one that leads nowhere is no run.
            if fs_err::metadata(entry.path()).is_ok_and(|found| found.is_dir()) {
                paths.push(entry.path());
            }
        }
        paths.sort();
        Ok(paths.into_iter().map(RunFolder::new).collect())
    }
}

impl Results {
    /// Removes what processes that died an hour ago or before left unfinished of reports.
    ///
    /// # Errors
    /// When a folder can't be read or a file can't be removed.
    pub fn clear_abandoned(&self) -> Result<(), StoreError> {
        for folder in [self.root.clone(), self.root.join("tables")] {
            atomic::clear_unfinished(&folder, Duration::from_hours(1))?;
        }
        Ok(())
    }
}

/// What stands where the folder should be, if it isn't a folder or nothing.
fn obstacle(path: &Path) -> Option<String> {
    let here = fs_err::symlink_metadata(path).ok()?;
    match fs_err::metadata(path) {
        Ok(behind) => (!behind.is_dir()).then(|| "is a file".to_owned()),
        Err(_) if here.is_symlink() => {
            let target = fs_err::read_link(path).unwrap_or_default();
            Some(format!("is a link to {}, which can't be reached", target.display()))
        }
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_the_place_of_the_folder_is_told() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("results");
        fs_err::write(&path, b"").unwrap();
        let error = Results::new(&path).runs().unwrap_err();
        assert!(error.to_string().contains("results: is a file, not a folder"), "{error}");
        assert!(error.hint().unwrap().contains("--results DIR"));
        #[cfg(unix)]
        {
            let link = root.path().join("link");
            fs_err::os::unix::fs::symlink("nowhere", &link).unwrap();
            let error = Results::new(&link).runs().unwrap_err();
            assert!(error.to_string().contains("link: is a link to nowhere, which"), "{error}");
        }
    }

    #[test]
    fn runs_are_listed_in_order() {
        let root = tempfile::tempdir().unwrap();
        let results = Results::new(root.path());
        assert_eq!(results.runs().unwrap(), []);
        for id in ["b", "a"] {
            fs_err::create_dir_all(results.run(id).path()).unwrap();
        }
        fs_err::write(root.path().join("runs/stray.txt"), b"").unwrap();
        assert_eq!(results.runs().unwrap(), [results.run("a"), results.run("b")]);
    }
}
