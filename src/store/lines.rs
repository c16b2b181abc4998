//! Files that only grow, mostly of one JSON value a line; a torn last line is what a killed process leaves, not an error.

use std::io::{ErrorKind, Write};
use std::path::Path;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::ser::Formatter;

use super::StoreError;
use super::disk::{self, Handle};

/// Appends lines to a file, each whole or (where the process dies) torn at the end of the file.
#[derive(Debug)]
pub struct LineWriter {
    file: Handle,
    /// Length of the whole lines, in bytes.
    whole: u64,
}

impl LineWriter {
    /// Opens the file for appending, makes it if there is none, and cuts off a torn last line.
    ///
    /// # Errors
    /// When the file can't be opened, read or written.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        disk::make_folders(disk::parent(path))?;
        let mut file = Handle::open(path)?;
        let bytes = file.read()?;
        let whole = whole(&bytes);
        if whole < bytes.len() {
            file.cut(whole as u64)?;
        }
        Ok(Self { file, whole: whole as u64 })
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
        self.file.sync()?;
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
            Ok(_) if self.file.is_unlinked()? => {}
            Ok(_) => return Ok(()),
        }
        Err(StoreError::Gone { path: path.to_owned() })
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
        if let Err(error) = self.file.append(bytes) {
            // What a full disk took of it would be the beginning of the next line.
            drop(self.file.cut(self.whole));
            return Err(error.into());
        }
        self.whole += bytes.len() as u64;
        Ok(())
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
    let bytes = &bytes[..bytes.len() - lost(&bytes)];
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

/// Length of the lines that are whole: they end in a newline, and no power cut left zeros in place of the last.
fn whole(bytes: &[u8]) -> usize {
    let bytes = &bytes[..bytes.len() - lost(bytes)];
    bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1)
}

/// Length of a last line with a byte of 0 in it, which no JSON has: a file's length can reach the disk before its
/// bytes do.
fn lost(bytes: &[u8]) -> usize {
    let last = bytes.split_inclusive(|&byte| byte == b'\n').next_back().unwrap_or_default();
    if last.contains(&0) { last.len() } else { 0 }
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
        // A power cut before the bytes of a line were on the disk, whole or in part.
        check("1\n\0\0\0\n", Ok(&[1]));
        check("1\n\0\0\0", Ok(&[1]));
        check("1\n\0\n3\n", Err("line 2"));
    }

    /// A disk on which nothing but the first three bytes of anything have room.
    struct Full;

    impl disk::Watcher for Full {
        fn before(&self, change: disk::Change<'_>) -> std::io::Result<disk::Verdict> {
            let disk::Change::Append(path, bytes) = change else { return Ok(disk::Verdict::Make) };
            let mut text = fs_err::read(path)?;
            text.extend(&bytes[..3]);
            fs_err::write(path, text)?;
            Err(ErrorKind::StorageFull.into())
        }
    }

    #[test]
    fn what_a_full_disk_took_of_a_line_is_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines.jsonl");
        let mut writer = LineWriter::open(&path).unwrap();
        writer.append(&"first").unwrap();
        disk::watch(Some(std::rc::Rc::new(Full)));
        let full = writer.append(&"second").unwrap_err();
        disk::watch(None);
        assert!(full.hint().unwrap().contains("free some disk space"), "{full}");
        writer.append(&"third").unwrap();
        assert_eq!(read::<String>(&path).unwrap(), ["first", "third"]);
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
        for torn in ["1\n2\n{\"to", "1\n2\n\0\0\0\n"] {
            fs_err::write(&path, torn).unwrap();
            LineWriter::open(&path).unwrap().append(&3).unwrap();
            LineWriter::open(&path).unwrap().append(&4).unwrap();
            assert_eq!(fs_err::read_to_string(&path).unwrap(), "1\n2\n3\n4\n");
        }
    }
}
