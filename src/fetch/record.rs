//! What a fetch saw of an archive, kept beside it.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use super::sums::Total;
use super::{FetchError, disk};
use crate::dataset::lock::Dataset;

/// Ending of the file of a record.
const ENDING: &str = ".seen.json";

/// Where the archives of a data set lie.
pub fn folder(data: &Path, dataset: &str) -> PathBuf {
    data.join("archives").join(dataset)
}

/// What was seen of an archive that lies there whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// File name.
    pub archive: String,
    /// The address that gave it; none for one that lay there already.
    pub url: Option<String>,
    /// Size in bytes.
    pub bytes: u64,
    /// MD5 in hexadecimal.
    pub md5: String,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
    /// Names of the checksums that it was compared with and has; empty where none is known.
    pub checked: Vec<String>,
    /// When it was seen, in UTC.
    pub seen: String,
    /// When the file was written last, in nanoseconds since 1970: another file has another time.
    pub modified: u64,
}

impl Record {
    /// The record of the file at `path`.
    ///
    /// # Errors
    /// When the file can't be asked.
    pub(super) fn new(
        path: &Path,
        url: Option<String>,
        total: &Total,
        checked: Vec<String>,
    ) -> Result<Self, FetchError> {
        Ok(Self {
            archive: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            url,
            bytes: total.bytes,
            md5: total.md5.clone(),
            sha256: total.sha256.clone(),
            checked,
            seen: jiff::Timestamp::now().to_string(),
            modified: modified(path)?,
        })
    }

    /// The record of the file at `path`, where there is one and the file is still that one by size and time.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let record: Self = serde_json::from_slice(&fs_err::read(record_path(path)).ok()?).ok()?;
        let bytes = fs_err::metadata(path).ok()?.len();
        (bytes == record.bytes && modified(path).ok()? == record.modified).then_some(record)
    }

    /// Keeps it beside the file at `path`.
    ///
    /// # Errors
    /// What the file system does.
    pub(super) fn write(&self, path: &Path) -> Result<(), FetchError> {
        let text = serde_json::to_vec_pretty(self).map_err(std::io::Error::other)?;
        Ok(disk::write_note(&record_path(path), &text)?)
    }

    /// The day of the sight, such as `2026-11-25`.
    pub fn day(&self) -> &str {
        self.seen.get(..10).unwrap_or(&self.seen)
    }
}

/// What fetches saw of a data set's archives, of those that still lie there as they were seen.
pub fn records(data: &Path, name: &str, dataset: &Dataset) -> Vec<Record> {
    let folder = folder(data, name);
    dataset.archives.iter().filter_map(|archive| Record::of(&folder.join(&archive.name))).collect()
}

fn record_path(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(ENDING);
    path.with_file_name(name)
}

fn modified(path: &Path) -> Result<u64, FetchError> {
    let time = fs_err::metadata(path)?.modified()?;
    Ok(time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::sums::Sums;

    #[test]
    fn a_record_holds_for_the_file_that_was_seen() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.zip");
        fs_err::write(&path, "bytes").unwrap();
        assert_eq!(Record::of(&path), None);
        let mut sums = Sums::default();
        sums.add(b"bytes");
        let record = Record::new(&path, None, &sums.total(), vec!["md5".into()]).unwrap();
        record.write(&path).unwrap();
        assert_eq!(Record::of(&path), Some(record.clone()));
        assert_eq!(record.day().len(), 10);
        fs_err::write(&path, "other bytes").unwrap();
        assert_eq!(Record::of(&path), None);
    }
}
