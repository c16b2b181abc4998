//! Files that only grow, mostly of one JSON value a line; a torn last line is what a killed process leaves, not an error.

use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;

use fs_err::{File, OpenOptions};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::ser::Formatter;

use super::StoreError;

/// Appends lines to a file, each whole or (where the process dies) torn at the end of the file.
#[derive(Debug)]
pub struct LineWriter {
    file: File,
}

impl LineWriter {
    /// Opens the file for appending, makes it if there is none, and cuts off a torn last line.
    ///
    /// # Errors
    /// When the file can't be opened, read or written.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        if let Some(folder) = path.parent() {
            fs_err::create_dir_all(folder)?;
        }
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1);
        if whole < bytes.len() {
            file.set_len(whole as u64)?;
        }
        file.seek(SeekFrom::End(0))?;
        Ok(Self { file })
    }

    /// Appends a value as one line and waits until it is on the disk.
    ///
    /// # Errors
    /// When the value holds a number that is not finite, or nothing where a number could stand: JSON writes both
    /// as `null`, which no reader takes for a number; when the file can't be written, or is no longer in its place.
    pub fn append(&mut self, value: &impl Serialize) -> Result<(), StoreError> {
        let mut text = Vec::new();
        let mut serializer = serde_json::Serializer::with_formatter(&mut text, NoNull);
        match value.serialize(&mut serializer) {
            Err(error) if error.io_error_kind() == Some(ErrorKind::InvalidData) => {
                return Err(StoreError::NotFinite { path: self.file.path().to_owned() });
            }
            written => written.map_err(std::io::Error::from)?,
        }
        self.append_text(&String::from_utf8_lossy(&text))?;
        self.file.sync_data()?;
        self.require_in_place()
    }

    /// Checks that what is written can be found again: the file wasn't removed or moved away with its folder.
    ///
    /// # Errors
    /// When it was, or nobody can tell.
    pub fn require_in_place(&self) -> Result<(), StoreError> {
        let path = self.file.path();
        match fs_err::metadata(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
            // Another file may have its name by now.
            Ok(_) if self.is_unlinked()? => {}
            Ok(_) => return Ok(()),
        }
        Err(StoreError::Gone { path: path.to_owned() })
    }

    #[cfg(unix)]
    fn is_unlinked(&self) -> Result<bool, StoreError> {
        use std::os::unix::fs::MetadataExt;
        Ok(self.file.metadata()?.nlink() == 0)
    }

    // Elsewhere a file that is open keeps its name.
    #[cfg(not(unix))]
    fn is_unlinked(&self) -> Result<bool, StoreError> {
        Ok(false)
    }

    /// Appends text as one line, without waiting for the disk.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn append_text(&mut self, text: &str) -> Result<(), StoreError> {
        self.append_bytes(format!("{text}\n").as_bytes())
    }

    /// Appends bytes as they are, without waiting for the disk: a record of a file that isn't made of lines, which
    /// must be new when it is opened.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn append_bytes(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        // One call, so that a line is torn only by a crash, never by another thread.
        Ok(self.file.write_all(bytes)?)
    }
}

/// Writes compact JSON without `null`.
struct NoNull;

impl Formatter for NoNull {
    fn write_null<W: ?Sized + Write>(&mut self, _: &mut W) -> std::io::Result<()> {
        Err(ErrorKind::InvalidData.into())
    }
}

/// The values of a file of JSON lines, without a torn last line; a missing file has none.
///
/// # Errors
/// When the file can't be read or a line before the last isn't what it should be.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, StoreError> {
    let bytes = match fs_err::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        bytes => bytes?,
    };
    let lines: Vec<&[u8]> = bytes.split_inclusive(|&byte| byte == b'\n').collect();
    let mut values = Vec::with_capacity(lines.len());
    for (index, line) in lines.iter().enumerate() {
        match serde_json::from_slice(line) {
            Ok(value) => values.push(value),
            // The newline is written last: only a line without one can be torn.
            Err(_) if index + 1 == lines.len() && !line.ends_with(b"\n") => {}
            Err(error) => {
                return Err(StoreError::Damaged {
                    path: path.to_owned(),
                    message: format!("line {}: {error}", index + 1),
                });
            }
        }
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(content: &str, expect: Result<&[u32], &str>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines.jsonl");
        fs_err::write(&path, content).unwrap();
        match (read::<u32>(&path), expect) {
            (Ok(values), Ok(expect)) => assert_eq!(values, expect, "{content:?}"),
            (Err(error), Err(expect)) => assert!(error.to_string().contains(expect), "{error}"),
            (got, expect) => panic!("{content:?}: got {got:?}, expected {expect:?}"),
        }
    }

    #[test]
    fn only_a_torn_last_line_is_forgiven() {
        check("", Ok(&[]));
        check("1\n2\n", Ok(&[1, 2]));
        check("1\n2\n{\"to", Ok(&[1, 2]));
        check("1\n2", Ok(&[1, 2]));
        check("1\nx\n3\n", Err("line 2"));
        check("1\nx\n", Err("line 2"));
    }

    #[test]
    fn what_is_no_number_is_refused_and_leaves_no_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines.jsonl");
        let mut writer = LineWriter::open(&path).unwrap();
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let error = writer.append(&[1.0, value]).unwrap_err();
            assert!(matches!(error, StoreError::NotFinite { .. }), "{error}");
            assert!(error.to_string().contains("lines.jsonl"), "{error}");
        }
        writer.append(&[0.5, 1e-30]).unwrap();
        assert_eq!(fs_err::read_to_string(&path).unwrap(), "[0.5,1e-30]\n");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_was_removed_or_moved_away_is_missed() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("run");
        let path = folder.join("lines.jsonl");
        let harms: [&dyn Fn(); 3] = [
            &|| fs_err::remove_dir_all(&folder).unwrap(),
            &|| fs_err::rename(&folder, root.path().join("moved")).unwrap(),
            &|| {
                fs_err::remove_file(&path).unwrap();
                fs_err::write(&path, "").unwrap();
            },
        ];
        for harm in harms {
            let mut writer = LineWriter::open(&path).unwrap();
            writer.append(&1).unwrap();
            harm();
            let error = writer.append(&2).unwrap_err();
            assert!(matches!(error, StoreError::Gone { .. }), "{error}");
            assert!(error.to_string().contains("lines.jsonl: it was removed"), "{error}");
        }
    }

    #[test]
    fn a_missing_file_has_no_lines() {
        assert_eq!(read::<u32>(Path::new("no/such/file")).unwrap(), Vec::<u32>::new());
    }

    #[test]
    fn the_writer_goes_on_after_a_torn_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines.jsonl");
        fs_err::write(&path, "1\n2\n{\"to").unwrap();
        LineWriter::open(&path).unwrap().append(&3).unwrap();
        LineWriter::open(&path).unwrap().append(&4).unwrap();
        assert_eq!(fs_err::read_to_string(&path).unwrap(), "1\n2\n3\n4\n");
    }
}
