//! The folder of all results.

use std::path::{Path, PathBuf};

use super::{RunFolder, StoreError};

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

    /// Every run folder, sorted by id.
    ///
    /// # Errors
    /// When the folder can't be listed; a missing one has no runs.
    pub fn runs(&self) -> Result<Vec<RunFolder>, StoreError> {
        let mut paths = Vec::new();
        let entries = match fs_err::read_dir(self.root.join("runs")) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                paths.push(entry.path());
            }
        }
        paths.sort();
        Ok(paths.into_iter().map(RunFolder::new).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
