//! Adds to a lock file what a fetch saw, and leaves everything else of it as it is, comments included.

use std::io::Write;
use std::path::Path;

use toml_edit::{DocumentMut, InlineTable, Item, Table, Value};

use super::lock::{Bytes, Checksum, Lock, Seen};
use super::{DatasetError, atomic};

/// What was seen of an archive, and under which name it is to be entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    /// The data set.
    pub dataset: String,
    /// The archive's file name.
    pub archive: String,
    /// MD5 of what was seen, in hexadecimal.
    pub md5: String,
    /// What was seen.
    pub seen: Seen,
}

/// What became of a sight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entered {
    /// It stands in the file now.
    Added,
    /// The same was there, perhaps of another day.
    Stood,
    /// The file doesn't know the archive.
    Unknown,
}

/// Adds each sight as `seen` to its archive in the lock file at `path`, all of them or none.
///
/// # Errors
/// [`DatasetError::LockDiffers`] where the file says anything else of an archive, with both values;
/// [`DatasetError::LockFile`] where it isn't a lock file; what the file system does.
pub fn add_seen(path: &Path, sights: &[Sight]) -> Result<Vec<Entered>, DatasetError> {
    let wrong = |problem: String| DatasetError::LockFile { path: path.to_owned(), problem };
    let text = Lock::text(path)?;
    let lock = Lock::parse(&text).map_err(wrong)?;
    let mut document: DocumentMut =
        text.parse().map_err(|error: toml_edit::TomlError| wrong(error.to_string()))?;
    let mut entered = Vec::new();
    for sight in sights {
        let archives =
            lock.dataset.get(&sight.dataset).map(|dataset| &dataset.archives[..]).unwrap_or_default();
        let Some(at) = archives.iter().position(|archive| archive.name == sight.archive) else {
            entered.push(Entered::Unknown);
            continue;
        };
        refuse_differences(path, &archives[at], sight)?;
        if archives[at].seen.is_some() {
            entered.push(Entered::Stood);
            continue;
        }
        let table = archive_table(&mut document, sight, at)
            .ok_or_else(|| wrong(format!("archives of {} are not [[tables]]", sight.dataset)))?;
        table.insert("seen", Item::Value(Value::InlineTable(inline(&sight.seen))));
        entered.push(Entered::Added);
    }
    if !entered.contains(&Entered::Added) {
        return Ok(entered);
    }
    let text = document.to_string();
    // What would be written must be readable again, whatever the editor did.
    Lock::parse(&text).map_err(wrong)?;
    atomic::replace(path, |file| Ok(file.write_all(text.as_bytes())?))?;
    Ok(entered)
}

/// Refuses a sight that isn't what the file says of the archive.
fn refuse_differences(
    path: &Path,
    archive: &super::lock::Archive,
    sight: &Sight,
) -> Result<(), DatasetError> {
    let differs = |what: &str, stands: String, found: String| DatasetError::LockDiffers {
        path: path.to_owned(),
        what: format!("{what} of {}", sight.archive),
        stands,
        found,
    };
    let bytes = [
        ("bytes", if let Bytes::Exact(bytes) = archive.bytes { Some(bytes) } else { None }),
        ("seen.bytes", archive.seen.as_ref().map(|seen| seen.bytes)),
    ];
    for (what, stands) in bytes {
        if let Some(stands) = stands.filter(|stands| *stands != sight.seen.bytes) {
            return Err(differs(what, stands.to_string(), sight.seen.bytes.to_string()));
        }
    }
    for (kind, stands, sure) in archive.checksums() {
        let found = match kind {
            Checksum::Md5 => &sight.md5,
            Checksum::Sha256 => &sight.seen.sha256,
        };
        if sure && stands != found {
            return Err(differs(kind.name(), stands.to_owned(), found.clone()));
        }
    }
    Ok(())
}

fn archive_table<'a>(document: &'a mut DocumentMut, sight: &Sight, at: usize) -> Option<&'a mut Table> {
    let dataset = document.get_mut("dataset")?.get_mut(&sight.dataset)?;
    dataset.get_mut("archives")?.as_array_of_tables_mut()?.get_mut(at)
}

fn inline(seen: &Seen) -> InlineTable {
    let mut table = InlineTable::new();
    table.insert("sha256", seen.sha256.as_str().into());
    table.insert("bytes", (seen.bytes as i64).into());
    table.insert("date", seen.date.as_str().into());
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    const MD5: &str = "a14a7e622c67a358797ae59abb8a0b0c";

    fn sight(archive: &str, md5: &str, sha256: char) -> Sight {
        let sha256 = sha256.to_string().repeat(64);
        let seen = Seen { sha256, bytes: 5_812_345_678, date: "2026-11-25".into() };
        Sight { dataset: "isic2017".into(), archive: archive.into(), md5: md5.into(), seen }
    }

    /// A copy of the committed file with a comment in the middle.
    fn lock_file() -> (tempfile::TempDir, std::path::PathBuf, String) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("datasets.lock");
        let text = include_str!("../../datasets.lock")
            .replace("part = \"training\"\n", "part = \"training\"   # a note of somebody's\n");
        fs_err::write(&path, &text).expect("a writable folder");
        (folder, path, text)
    }

    #[test]
    fn one_line_is_added_and_nothing_else_changes() {
        let (_folder, path, before) = lock_file();
        let seen = [sight("ISIC-2017_Training_Data.zip", MD5, 'a'), sight("other.zip", MD5, 'b')];
        assert_eq!(add_seen(&path, &seen).unwrap(), [Entered::Added, Entered::Unknown]);
        let after = fs_err::read_to_string(&path).unwrap();
        let line = format!(
            "seen = {{ sha256 = \"{}\", bytes = 5812345678, date = \"2026-11-25\" }}",
            "a".repeat(64)
        );
        assert_eq!(after.replacen(&format!("{line}\n"), "", 1), before);
        // Below its own archive, which is the first one of the data set.
        assert!(
            after.find(&line)
                < after.find("[[dataset.isic2017.archives]]\nname = \"ISIC-2017_Training_Part1")
        );
        let archive = Lock::read(&path).unwrap().dataset["isic2017"].archives[0].clone();
        assert_eq!(archive.seen.as_ref(), Some(&seen[0].seen));
        // Of another day it is the same sight.
        let mut later = seen[0].clone();
        later.seen.date = "2027-01-01".into();
        assert_eq!(add_seen(&path, &[later]).unwrap(), [Entered::Stood]);
        assert_eq!(fs_err::read_to_string(&path).unwrap(), after);
    }

    #[test]
    fn a_difference_is_never_written_over() {
        let (_folder, path, _) = lock_file();
        let check = |sight: Sight, expect: &[&str]| {
            let before = fs_err::read_to_string(&path).unwrap();
            let other = self::sight("ISIC-2017_Training_Part1_GroundTruth.zip", &"0".repeat(32), 'c');
            let mut other = other;
            other.md5 = "77fdbeb6fbec4139937224416b250f4c".into();
            let error = add_seen(&path, &[other, sight]).unwrap_err();
            assert!(!error.is_usage());
            for text in expect {
                assert!(error.to_string().contains(text), "{error}");
            }
            assert_eq!(fs_err::read_to_string(&path).unwrap(), before, "all or none");
        };
        let wrong = "0".repeat(32);
        check(
            sight("ISIC-2017_Training_Data.zip", &wrong, 'a'),
            &["md5 of ISIC-2017_Training_Data.zip", MD5, &wrong],
        );
        add_seen(&path, &[sight("ISIC-2017_Training_Data.zip", MD5, 'a')]).unwrap();
        let (old, new) = ("a".repeat(64), "b".repeat(64));
        check(sight("ISIC-2017_Training_Data.zip", MD5, 'b'), &["sha256 of", &old, &new]);
        let mut longer = sight("ISIC-2017_Training_Data.zip", MD5, 'a');
        longer.seen.bytes += 1;
        check(longer, &["seen.bytes of", "5812345678", "5812345679"]);
    }
}
