//! An archive of which only the beginning is there.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use fs_err::File;

use super::journal::Journal;
use super::sums::{Sums, Total};
use super::{FetchError, disk};

/// Bytes that are hashed between two looks at whether to stop.
const PIECE: usize = 1 << 20;

/// The beginning of an archive, with whose bytes they are and their checksums so far.
pub(super) struct Partial {
    path: PathBuf,
    journal_path: PathBuf,
    file: File,
    sums: Sums,
    pub journal: Journal,
}

/// `path` with an ending more.
fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(ending);
    path.with_file_name(name)
}

/// How many bytes of the archive at `path` an earlier fetch left.
pub(super) fn length(path: &Path) -> u64 {
    fs_err::metadata(with_ending(path, ".part")).map_or(0, |metadata| metadata.len())
}

impl Partial {
    /// Opens what an earlier fetch left of the archive at `path`, and hashes it; `hashed` hears of the bytes hashed and
    /// of all, and says whether to go on.
    ///
    /// # Errors
    /// [`FetchError::Interrupted`] where `hashed` says no; what the file system does.
    pub fn open(path: &Path, hashed: &mut dyn FnMut(u64, u64) -> bool) -> Result<Self, FetchError> {
        let (part, journal_path) = (with_ending(path, ".part"), with_ending(path, ".part.json"));
        let file = disk::append(&part)?;
        let mut partial =
            Self { path: part, journal_path, file, sums: Sums::default(), journal: Journal::default() };
        match Journal::read(&partial.journal_path) {
            Some(journal) => {
                partial.journal = journal;
                partial.sums = hash(&partial.path, hashed)?;
            }
            // Nobody knows whose bytes these are.
            None => partial.restart()?,
        }
        Ok(partial)
    }

    /// Bytes that are there.
    pub fn bytes(&self) -> u64 {
        self.sums.bytes()
    }

    /// True where all bytes are there.
    pub fn is_whole(&self) -> bool {
        self.journal.total == Some(self.bytes()) && self.bytes() > 0
    }

    /// Throws away what is there.
    ///
    /// # Errors
    /// What the file system does.
    pub fn restart(&mut self) -> Result<(), FetchError> {
        disk::remove(&self.journal_path)?;
        self.file.set_len(0)?;
        self.sums = Sums::default();
        self.journal = Journal::default();
        Ok(())
    }

    /// Notes whose bytes these are.
    ///
    /// # Errors
    /// What the file system does.
    pub fn note(&mut self, journal: Journal) -> Result<(), FetchError> {
        if journal != self.journal {
            journal.write(&self.journal_path)?;
            self.journal = journal;
        }
        Ok(())
    }

    /// Adds the next bytes.
    ///
    /// # Errors
    /// What the file system does; the file then has what fitted.
    pub fn add(&mut self, bytes: &[u8]) -> Result<(), FetchError> {
        if let Err(error) = self.file.write_all(bytes) {
            // Part of the bytes may stand there, unhashed: the next process hashes what it finds.
            return Err(error.into());
        }
        self.sums.add(bytes);
        Ok(())
    }

    /// Brings it to the disk.
    ///
    /// # Errors
    /// What the file system does.
    pub fn sync(&self) -> Result<(), FetchError> {
        Ok(self.file.sync_data()?)
    }

    /// Size and checksums of what is there.
    pub fn total(&self) -> Total {
        self.sums.clone().total()
    }

    /// Gives the file its name `to`, and forgets whose bytes these were.
    ///
    /// # Errors
    /// What the file system does.
    pub fn rename(self, to: &Path) -> Result<(), FetchError> {
        self.file.sync_all()?;
        drop(self.file);
        disk::rename(&self.path, to)?;
        Ok(disk::remove(&self.journal_path)?)
    }
}

/// Checksums of the file at `path`; `hashed` as in [`Partial::open`].
///
/// # Errors
/// As [`Partial::open`].
pub(super) fn hash(path: &Path, hashed: &mut dyn FnMut(u64, u64) -> bool) -> Result<Sums, FetchError> {
    let mut file = File::open(path)?;
    let all = file.metadata()?.len();
    let mut sums = Sums::default();
    let mut buffer = vec![0; PIECE];
    loop {
        if !hashed(sums.bytes(), all) {
            return Err(FetchError::Interrupted);
        }
        match file.read(&mut buffer)? {
            0 => return Ok(sums),
            read => sums.add(&buffer[..read]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_kept_with_their_journal_and_dropped_without() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.zip");
        let open = || Partial::open(&path, &mut |_, _| true).unwrap();
        let journal = Journal { url: "http://a/a.zip".into(), total: Some(5), ..Journal::default() };
        let mut partial = open();
        partial.note(journal.clone()).unwrap();
        partial.add(b"by").unwrap();
        drop(partial);
        let mut partial = open();
        assert_eq!((partial.bytes(), &partial.journal, partial.is_whole()), (2, &journal, false));
        partial.add(b"tes").unwrap();
        assert!(partial.is_whole());
        let total = partial.total();
        assert_eq!((total.bytes, &total.md5[..6]), (5, "4b3a62"));
        drop(partial);
        assert_eq!(length(&path), 5);
        assert!(matches!(Partial::open(&path, &mut |_, _| false), Err(FetchError::Interrupted)));
        fs_err::remove_file(folder.path().join("a.zip.part.json")).unwrap();
        assert_eq!(open().bytes(), 0, "nobody knows whose bytes these were");
        open().rename(&path).unwrap();
        assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 1);
    }
}
