//! Reading an archive that somebody else may have written, into a folder of which nothing is a run yet.

use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::GzDecoder;
use fs_err::File;
use tar::{Archive, Entry, EntryType};

use super::hashed::{Hashed, digest};
use super::{ArchiveFile, ArchiveRun, MANIFEST, Manifest};
use crate::store::atomic::{self, TEMPORARY_PREFIX};
use crate::store::{CORE_FILES, Results, RunFolder, RunLock, StoreError};

/// The longest manifest: some hundred thousand files.
const LONGEST_MANIFEST: u64 = 64 << 20;

/// Zeros that may stand behind the last entry: tar fills its last block of 20 sectors.
const LONGEST_PADDING: u64 = 64 << 10;

type Tar = Archive<GzDecoder<BufReader<File>>>;

/// An archive whose every byte was checked, unpacked beside the runs; what isn't kept goes with this value.
#[derive(Debug)]
pub struct Unpacked {
    /// What is in it.
    pub manifest: Manifest,
    staging: Staging,
    results: Results,
}

/// What became of a run of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is a run of the results now.
    Added,
    /// The same run was there; these files of the archive weren't, and aren't now.
    Same {
        /// Paths from the run's folder.
        without: Vec<String>,
    },
    /// A run of this id is there, with other bytes; it was left as it is.
    Differs {
        /// The files that differ or that it lacks, as paths from the run's folder.
        files: Vec<String>,
    },
}

/// Unpacks the archive into a new folder of the results, where its files have at most `limit` bytes together.
///
/// # Errors
/// When the archive isn't exactly what its manifest says, names anything but files of runs, or is larger; when it
/// can't be read or the results can't be written. Nothing is left then.
pub fn unpack(path: &Path, results: &Results, limit: u64) -> Result<Unpacked, StoreError> {
    let refused = |message: String| StoreError::Archive {
        path: path.to_owned(),
        message,
        hint: "nothing was imported; get the archive again from where it was made".to_owned(),
    };
    // Listing them tells what stands in their place.
    results.runs()?;
    let mut tar = Archive::new(GzDecoder::new(BufReader::new(File::open(path)?)));
    let mut staging = None;
    let manifest = unpack_entries(&mut tar, limit, || {
        Ok(staging.insert(Staging::new(results)?).folder.path().to_owned())
    })
    .and_then(|manifest| end(tar).map(|()| manifest));
    let manifest = manifest.map_err(|fault| match fault {
        Fault::Refused(message) => refused(message),
        Fault::Store(error) => error,
    })?;
    let staging = staging.ok_or_else(|| refused("it has no entry".into()))?;
    Ok(Unpacked { manifest, staging, results: results.clone() })
}

/// Why an archive isn't unpacked.
enum Fault {
    /// It isn't what it should be.
    Refused(String),
    /// The results can't be written.
    Store(StoreError),
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// An error of reading the archive: it is torn, or no archive.
fn unreadable(error: &io::Error) -> Fault {
    Fault::Refused(format!("it can't be read as a gzip-compressed tar: {error}"))
}

/// Checks every entry against the manifest, in its order, and writes it below the folder that `begin` makes.
fn unpack_entries(
    tar: &mut Tar,
    limit: u64,
    begin: impl FnOnce() -> Result<PathBuf, StoreError>,
) -> Result<Manifest, Fault> {
    // Raw: extensions that change the next entry's name or size are entries here, and refused.
    let mut entries = tar.entries().map_err(|error| unreadable(&error))?.raw(true);
    let mut next = || entries.next().transpose().map_err(|error| unreadable(&error));
    let Some(first) = next()? else { return Err(Fault::Refused("it has no entry".into())) };
    let manifest = manifest(first)?;
    let bytes = manifest.bytes();
    if bytes > limit {
        return Err(Fault::Refused(format!(
            "it holds {bytes} bytes; at most {limit} are allowed, which `--max-size` changes"
        )));
    }
    let staging = begin()?;
    for run in &manifest.runs {
        for file in &run.files {
            let name = run.entry(file);
            let Some(mut entry) = next()? else {
                return Err(Fault::Refused(format!("{name} is missing")));
            };
            expect(&entry, &name)?;
            if entry.size() != file.bytes {
                let (found, stated) = (entry.size(), file.bytes);
                return Err(Fault::Refused(format!("{name} has {found} bytes; the manifest says {stated}")));
            }
            write(&mut entry, &staging.join(&run.id).join(&file.path), file, &name)?;
        }
    }
    match next()? {
        None => Ok(manifest),
        Some(entry) => {
            Err(Fault::Refused(format!("the entry {} is not in its manifest", shown(&entry.path_bytes()))))
        }
    }
}

fn manifest(mut entry: Entry<'_, impl Read>) -> Result<Manifest, Fault> {
    expect(&entry, MANIFEST)?;
    if entry.size() > LONGEST_MANIFEST {
        let found = entry.size();
        return Err(Fault::Refused(format!(
            "{MANIFEST} has {found} bytes; at most {LONGEST_MANIFEST} are allowed"
        )));
    }
    let mut text = Vec::new();
    entry.read_to_end(&mut text).map_err(|error| unreadable(&error))?;
    Manifest::parse(&text).map_err(|message| Fault::Refused(format!("{MANIFEST}: {message}")))
}

/// Refuses an entry that isn't a file of this name.
fn expect(entry: &Entry<'_, impl Read>, name: &str) -> Result<(), Fault> {
    let found = entry.path_bytes();
    let kind = entry.header().entry_type();
    if kind != EntryType::Regular {
        let message = format!(
            "the entry {} is {}; only files are allowed",
            shown(&found),
            match kind {
                EntryType::Symlink => "a symbolic link",
                EntryType::Link => "a link",
                EntryType::Directory => "a folder",
                EntryType::XHeader | EntryType::XGlobalHeader => "an extended header",
                EntryType::GNULongName | EntryType::GNULongLink => "a long name",
                EntryType::GNUSparse => "a sparse file",
                _ => "of a special type",
            }
        );
        return Err(Fault::Refused(message));
    }
    if *found != *name.as_bytes() {
        return Err(Fault::Refused(format!("the entry {} stands where {name} is expected", shown(&found))));
    }
    Ok(())
}

/// A name from an archive, with nothing in it that a terminal would obey.
fn shown(name: &[u8]) -> String {
    format!("{:?}", String::from_utf8_lossy(name))
}

fn write(entry: &mut impl Read, path: &Path, file: &ArchiveFile, name: &str) -> Result<(), Fault> {
    let mut read_error = None;
    let written = atomic::write_with(path, |to| {
        let mut hashed = Hashed::new(entry);
        let mut buffer = vec![0; 1 << 16];
        loop {
            match hashed.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => to.write_all(&buffer[..read])?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    read_error = Some(unreadable(&error));
                    return Err(error);
                }
            }
        }
        Ok(hashed.finish())
    });
    if let Some(fault) = read_error {
        return Err(fault);
    }
    let (bytes, sha256) = written.map_err(StoreError::from)?;
    if bytes != file.bytes {
        return Err(Fault::Refused(format!("{name} ends after {bytes} of {} bytes", file.bytes)));
    }
    if sha256 != file.sha256 {
        return Err(Fault::Refused(format!("{name}: the bytes don't match the manifest's SHA-256")));
    }
    Ok(())
}

/// Refuses anything but zeros behind the last entry, and anything behind the compressed bytes.
fn end(tar: Tar) -> Result<(), Fault> {
    let mut gzip = tar.into_inner();
    let mut rest = Vec::new();
    gzip.by_ref().take(LONGEST_PADDING + 1).read_to_end(&mut rest).map_err(|error| unreadable(&error))?;
    if rest.len() as u64 > LONGEST_PADDING || rest.iter().any(|byte| *byte != 0) {
        return Err(Fault::Refused("something stands behind its last entry".into()));
    }
    let behind = gzip.into_inner().read(&mut [0]).map_err(|error| unreadable(&error))?;
    if behind > 0 {
        Err(Fault::Refused("something stands behind its compressed bytes".into()))
    } else {
        Ok(())
    }
}

impl Unpacked {
    /// The unpacked run, which is none of the results yet.
    pub fn run(&self, run: &ArchiveRun) -> RunFolder {
        RunFolder::new(self.staging.path(&run.id))
    }

    /// Makes it a run of the results, unless there is one of this id.
    ///
    /// # Errors
    /// When the results can't be read or written.
    pub fn keep(&self, run: &ArchiveRun) -> Result<Kept, StoreError> {
        let there = self.results.run(&run.id);
        if there.record()?.is_none() && there.path().exists() {
            // Somebody began it and left nothing but a lock.
            there.remove(&there.lock()?)?;
        }
        if !there.path().exists() {
            atomic::move_folder(&self.staging.path(&run.id), there.path())?;
            return Ok(Kept::Added);
        }
        let present: Vec<String> = there.files()?.into_iter().map(|file| file.path).collect();
        let (mut differing, mut without) = (Vec::new(), Vec::new());
        for file in &run.files {
            if present.contains(&file.path) {
                let found = digest(File::open(there.path().join(&file.path))?)?;
                if found != (file.bytes, file.sha256.clone()) {
                    differing.push(file.path.clone());
                }
            } else if CORE_FILES.contains(&file.path.as_str()) {
                differing.push(file.path.clone());
            } else {
                without.push(file.path.clone());
            }
        }
        Ok(if differing.is_empty() { Kept::Same { without } } else { Kept::Differs { files: differing } })
    }
}

/// A locked folder beside the runs, removed with this value.
#[derive(Debug)]
struct Staging {
    folder: RunFolder,
    // Freed after the folder is gone: who finds it locked leaves it alone.
    _lock: RunLock,
}

impl Staging {
    fn new(results: &Results) -> Result<Self, StoreError> {
        let name = format!("{TEMPORARY_PREFIX}import-{}", std::process::id());
        let folder = results.run(&name);
        let lock = folder.lock()?;
        // A process of the same number may have died here.
        for entry in fs_err::read_dir(folder.path())? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                fs_err::remove_dir_all(entry.path())?;
            }
        }
        Ok(Self { folder, _lock: lock })
    }

    fn path(&self, id: &str) -> PathBuf {
        self.folder.path().join(id)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // What can't be removed now, `ege-bench store prune` finds.
        let _ = fs_err::remove_dir_all(self.folder.path());
    }
}
