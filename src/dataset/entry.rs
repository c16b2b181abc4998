//! A file to import, wherever it lies: its name as it is told, and its bytes.

use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use super::archive::Archive;

/// Bytes that a file of a data set may have at most: the largest official photograph has 20 million.
pub(super) const LARGEST_FILE: u64 = 128 << 20;

/// An image with its mask.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    /// The id that both bear.
    pub id: String,
    /// The image.
    pub image: Entry,
    /// The mask.
    pub mask: Entry,
}

/// A file that can be read whenever it is needed, by any thread.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    name: String,
    place: Place,
}

#[derive(Clone, Debug)]
enum Place {
    File(PathBuf),
    Member(Arc<Archive>, usize),
}

impl Entry {
    /// The file at `path`, told under `name`.
    pub fn at(name: String, path: PathBuf) -> Self {
        Self { name, place: Place::File(path) }
    }

    /// The file number `index` of an archive, told under `name`.
    pub fn member(name: String, archive: Arc<Archive>, index: usize) -> Self {
        Self { name, place: Place::Member(archive, index) }
    }

    /// The name as it is told, such as `images/ISIC_0000000.jpg`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// All of the file's bytes.
    ///
    /// # Errors
    /// A sentence that says why it can't be read, or that it is larger than [`LARGEST_FILE`].
    pub fn read(&self) -> Result<Vec<u8>, String> {
        match &self.place {
            Place::Member(archive, index) => archive.read(*index),
            Place::File(path) => {
                let found = fs_err::metadata(path).map_err(|error| error.to_string())?;
                if !found.is_file() {
                    // Whoever opens a pipe waits until somebody writes to it.
                    return Err("is a pipe or a device, not a file".to_owned());
                }
                let file = fs_err::File::open(path).map_err(|error| error.to_string())?;
                let told = found.len();
                let mut bytes = Vec::new();
                if told <= LARGEST_FILE {
                    // One more, so that the end is found without more memory.
                    bytes.reserve_exact(told as usize + 1);
                    // The file may grow while it is read.
                    file.take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
                }
                if told.max(bytes.len() as u64) > LARGEST_FILE {
                    return Err(format!("has more than {LARGEST_FILE} bytes, which no image here needs"));
                }
                Ok(bytes)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_whole_and_an_absent_one_is_named() {
        let root = tempfile::tempdir().unwrap();
        fs_err::create_dir(root.path().join("images")).unwrap();
        fs_err::write(root.path().join("images/a.jpg"), "bytes").unwrap();
        let file = |name: &str| Entry::at(name.to_owned(), root.path().join(name));
        let entry = file("images/a.jpg");
        assert_eq!((entry.name(), entry.read().unwrap()), ("images/a.jpg", b"bytes".to_vec()));
        assert!(file("images/b.jpg").read().unwrap_err().contains("b.jpg"));
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_refused_and_not_waited_for() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a.png");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        let problem = Entry::at("a.png".to_owned(), path).read().unwrap_err();
        assert_eq!(problem, "is a pipe or a device, not a file");
    }

    #[test]
    fn a_file_too_large_is_refused_before_it_fills_the_memory() {
        let root = tempfile::tempdir().unwrap();
        let file = fs_err::File::create(root.path().join("a.png")).unwrap();
        file.set_len(LARGEST_FILE + 1).unwrap();
        let problem = Entry::at("a.png".to_owned(), root.path().join("a.png")).read().unwrap_err();
        assert!(problem.starts_with("has more than 134217728 bytes"), "{problem}");
    }
}
