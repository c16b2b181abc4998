//! A cache that is being written: beside its place, with a journal, so that a killed command goes on where it stopped.
//!
//! The journal is also the lock: who holds it prepares this cache.

use std::collections::HashMap;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use fs_err::{File, OpenOptions};

use super::journal::{self, Line, Plan};
use super::pair::{Checked, Ready};
use crate::dataset::cache::{self, Record, Source};
use crate::dataset::{DatasetError, Preparation, atomic, digest};

/// How the names of unfinished caches and their journals begin, and how the latter end.
const PREFIX: &str = ".unfinished-";
const JOURNAL: &str = ".journal";

/// A cache that grows.
pub(super) struct Unfinished {
    target: PathBuf,
    path: PathBuf,
    journal_path: PathBuf,
    file: File,
    journal: File,
    layout: cache::Layout,
    known: Arc<HashMap<String, Line>>,
    made: Vec<PathBuf>,
}

impl Unfinished {
    /// Begins the cache at `target`, or goes on with one that was begun by the same plan.
    ///
    /// # Errors
    /// [`DatasetError::Busy`] when another process is at it; what the file system answers.
    pub fn open(target: &Path, plan: &Plan, preparation: Preparation) -> Result<Self, DatasetError> {
        let [path, journal_path] = names(target);
        let folder = folder_of(target);
        let made = atomic::absent_folders(folder);
        fs_err::create_dir_all(folder)?;
        let mut journal = locked(&journal_path)?;
        let mut text = Vec::new();
        journal.read_to_end(&mut text)?;
        // A journal without its cache tells nothing.
        let (known, whole) = if path.exists() { journal::read(&text, plan) } else { (HashMap::new(), 0) };
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(known.is_empty()).open(&path)?;
        journal.set_len(whole as u64)?;
        journal.seek(SeekFrom::Start(whole as u64))?;
        if whole == 0 {
            journal.write_all(&journal::line(plan)?)?;
        }
        let layout = cache::Layout { count: plan.pairs, preparation };
        Ok(Self {
            target: target.to_owned(),
            path,
            journal_path,
            file,
            journal,
            layout,
            known: Arc::new(known),
            made,
        })
    }

    /// The pairs that the journal knows.
    pub fn known(&self) -> Known {
        Known { path: self.path.clone(), layout: self.layout, lines: Arc::clone(&self.known) }
    }

    /// Writes the pair `index`, then tells the journal.
    ///
    /// # Errors
    /// When a file can't be written.
    pub fn push(&mut self, index: usize, ready: Ready) -> io::Result<()> {
        let Ready { record, image, mask, checked } = ready;
        for (range, bytes) in [(self.layout.image(index), image), (self.layout.mask(index), mask)] {
            self.file.seek(SeekFrom::Start(range.start))?;
            self.file.write_all(&bytes)?;
        }
        self.journal.write_all(&journal::line(&Line { record, checked })?)
    }

    /// Writes what comes after the pairs and the header, and gives the cache its name; answers the content's digest.
    ///
    /// # Errors
    /// When a file can't be written.
    pub fn finish(mut self, records: Vec<Record>, source: Source) -> Result<String, DatasetError> {
        let digest = cache::seal(&mut self.file, self.layout, records, source)?;
        self.file.sync_all()?;
        fs_err::rename(&self.path, &self.target)?;
        atomic::sync_folder(folder_of(&self.target))?;
        fs_err::remove_file(&self.journal_path)?;
        Ok(digest)
    }

    /// Removes all of it, with the folders that were made for it.
    pub fn remove(self) {
        let Self { path, journal_path, file, journal, made, .. } = self;
        // What can't be removed is overwritten by the next preparation, and `data prune` knows it.
        drop(file);
        let _ = fs_err::remove_file(path);
        let _ = fs_err::remove_file(journal_path);
        drop(journal);
        for folder in made {
            // Only empty folders can be removed this way; one that another process uses stays.
            let _ = fs_err::remove_dir(folder);
        }
    }
}

/// What a killed command had prepared.
pub(super) struct Known {
    path: PathBuf,
    layout: cache::Layout,
    lines: Arc<HashMap<String, Line>>,
}

impl Known {
    /// The pair `index` as it stands in the file, where the journal knows it and every byte is what it says: the bytes
    /// of the cache and, by their checksums, of the files that it was made of.
    pub fn find(&self, index: usize, id: &str, files: &[String; 2]) -> Option<Line> {
        let line = self.lines.get(id)?;
        let Checked { image_sha256, mask_sha256, .. } = &line.checked;
        if [image_sha256, mask_sha256] != [&files[0], &files[1]] {
            return None;
        }
        // A handle of its own: threads look at different pairs.
        let mut file = File::open(&self.path).ok()?;
        let mut is = |range: std::ops::Range<u64>, sha256: &str| {
            let mut bytes = vec![0; (range.end - range.start) as usize];
            file.seek(SeekFrom::Start(range.start)).and_then(|_| file.read_exact(&mut bytes)).is_ok()
                && digest::sha256(&bytes) == sha256
        };
        let whole = is(self.layout.image(index), &line.record.image_sha256)
            && is(self.layout.mask(index), &line.record.mask_sha256);
        whole.then(|| line.clone())
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The unfinished cache and its journal.
fn names(target: &Path) -> [PathBuf; 2] {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let path = target.with_file_name(format!("{PREFIX}{name}"));
    let journal = target.with_file_name(format!("{PREFIX}{name}{JOURNAL}"));
    [path, journal]
}

/// Opens the journal and takes its lock.
fn locked(path: &Path) -> Result<File, DatasetError> {
    /// Who finishes removes the journal: a lock on a file without a name keeps nobody out.
    const TRIES: usize = 5;
    const PAUSE: Duration = Duration::from_millis(20);
    for _ in 0..TRIES {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        match file.try_lock().map_err(io::Error::from) {
            Ok(()) if !is_at(&file, path) => {}
            Ok(()) => return Ok(file),
            // Without locks, who prepares twice at a time writes the same bytes to the same places.
            Err(error) if error.kind() == io::ErrorKind::Unsupported => return Ok(file),
            // Who looks how far it is holds it for an instant.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => std::thread::sleep(PAUSE),
            Err(error) => return Err(error.into()),
        }
    }
    Err(DatasetError::Busy { path: path.to_owned() })
}

/// True if the open file is the one that stands at the path now.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let (Ok(open), Ok(named)) = (file.metadata(), fs_err::metadata(path)) else { return false };
    (open.dev(), open.ino()) == (named.dev(), named.ino())
}

/// Other systems keep the name of an open file.
#[cfg(not(unix))]
fn is_at(_file: &File, path: &Path) -> bool {
    path.exists()
}

/// Files that a killed command left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// The files: an unfinished cache and its journal, or a temporary file.
    pub paths: Vec<PathBuf>,
    /// Their bytes.
    pub bytes: u64,
    /// Pairs that are prepared and pairs in all, where a journal tells.
    pub progress: Option<(usize, usize)>,
    /// True while a process works on it.
    pub busy: bool,
}

/// Unfinished caches and temporary files in a folder of prepared data, sorted.
///
/// # Errors
/// When the folder can't be read.
pub(in crate::dataset) fn leftovers(folder: &Path) -> io::Result<Vec<Leftover>> {
    let mut found: std::collections::BTreeMap<PathBuf, Vec<PathBuf>> = std::collections::BTreeMap::new();
    for entry in fs_err::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with(PREFIX) || name.starts_with(atomic::PREFIX) {
            let cache = path.with_file_name(name.strip_suffix(JOURNAL).unwrap_or(&name));
            found.entry(cache).or_default().push(path);
        }
    }
    let leftover = |mut paths: Vec<PathBuf>| {
        paths.sort_unstable();
        let journal = paths.iter().find(|path| path.to_string_lossy().ends_with(JOURNAL));
        let bytes = paths.iter().filter_map(|path| fs_err::metadata(path).ok()).map(|file| file.len()).sum();
        let progress = journal.and_then(|path| journal::progress(&fs_err::read(path).ok()?));
        let busy = match journal {
            Some(path) => File::open(path)
                .is_ok_and(|file| matches!(file.try_lock(), Err(std::fs::TryLockError::WouldBlock))),
            None => !atomic::is_old(&paths[0]),
        };
        Leftover { paths, bytes, progress, busy }
    };
    Ok(found.into_values().map(leftover).collect())
}
