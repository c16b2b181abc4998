//! The one way in which files below a data folder come into being: complete or not at all.
//!
//! The store has a writer of its own: it takes finished bytes and is a leaf that imports no other room, while a
//! cache grows in its temporary file, pair by pair, and must leave nothing behind when a pair is refused.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::NamedTempFile;

use super::DatasetError;

/// How the name of an unfinished file begins.
pub(super) const PREFIX: &str = ".tmp-";

/// Writes `path` by `write`, which gets a new file in the same folder; the file appears under its name only
/// after `write` succeeded and its bytes are on the disk.
///
/// Folders that had to be made for it disappear again when `write` fails.
///
/// # Errors
/// What `write` answers, or what the file system does.
pub(super) fn replace<T>(
    path: &Path,
    write: impl FnOnce(&mut NamedTempFile) -> Result<T, DatasetError>,
) -> Result<T, DatasetError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let made = absent_folders(folder);
    fs_err::create_dir_all(folder)?;
    let result = write_and_rename(path, folder, write);
    if result.is_err() {
        for folder in made {
            // Only empty folders can be removed this way; one that another process uses stays.
            let _ = fs_err::remove_dir(folder);
        }
    }
    result
}

/// Removes what an import that was killed left beside `path`, unless somebody wrote to it in the last hour: that
/// one may still be at work.
///
/// # Errors
/// When the folder can't be read.
pub(super) fn clear_unfinished(path: &Path) -> io::Result<()> {
    let Some(folder) = path.parent().filter(|folder| folder.is_dir()) else { return Ok(()) };
    for entry in fs_err::read_dir(folder)? {
        let entry = entry?;
        if is_old(&entry.path()) && entry.file_name().to_string_lossy().starts_with(PREFIX) {
            fs_err::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// True for a file to which nobody wrote in the last hour.
pub(super) fn is_old(path: &Path) -> bool {
    const AT_WORK: Duration = Duration::from_hours(1);
    let written = fs_err::metadata(path).and_then(|file| file.modified());
    written.is_ok_and(|written| written.elapsed().is_ok_and(|age| age > AT_WORK))
}

fn write_and_rename<T>(
    path: &Path,
    folder: &Path,
    write: impl FnOnce(&mut NamedTempFile) -> Result<T, DatasetError>,
) -> Result<T, DatasetError> {
    let mut file = temporary(folder).map_err(|error| named(folder, &error))?;
    let value = write(&mut file)?;
    file.as_file().sync_all().map_err(|error| named(path, &error))?;
    file.persist(path).map_err(|error| named(path, &error.error))?;
    sync_folder(folder)?;
    Ok(value)
}

/// Folders from `folder` upwards that don't exist, the deepest first.
pub(super) fn absent_folders(folder: &Path) -> Vec<PathBuf> {
    folder.ancestors().take_while(|f| !f.as_os_str().is_empty() && !f.exists()).map(Path::to_owned).collect()
}

#[cfg(unix)]
fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    use std::os::unix::fs::PermissionsExt;
    // A temporary file is private by default; the finished one is a file like any other, by the user's umask.
    let permissions = std::fs::Permissions::from_mode(0o666);
    tempfile::Builder::new().prefix(PREFIX).permissions(permissions).tempfile_in(folder)
}

#[cfg(not(unix))]
fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    tempfile::Builder::new().prefix(PREFIX).tempfile_in(folder)
}

/// A rename is only safe from a power cut once the folder that lists it is on the disk.
#[cfg(unix)]
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    fs_err::File::open(folder)?.sync_all()
}

/// Other systems don't open folders; their renames are journalled.
#[cfg(not(unix))]
pub(super) fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

/// `error` with the path, as `fs_err` words it.
pub(super) fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("failed to write `{}`: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn entries(folder: &Path) -> usize {
        fs_err::read_dir(folder).unwrap().count()
    }

    #[test]
    fn a_failed_write_leaves_the_old_file_and_no_folder() {
        let root = tempfile::tempdir().unwrap();
        let old = root.path().join("old");
        fs_err::write(&old, "before").unwrap();
        let failure = || Err::<(), _>(DatasetError::Size { size: 1 });
        let result = replace(&old, |file| {
            file.write_all(b"half")?;
            failure()
        });
        assert!(matches!(result, Err(DatasetError::Size { size: 1 })));
        assert_eq!(fs_err::read_to_string(&old).unwrap(), "before");
        assert!(replace(&root.path().join("a/b/new"), |_| failure()).is_err());
        assert_eq!(entries(root.path()), 1);
    }

    #[test]
    fn a_finished_write_replaces() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a/new");
        for text in ["one", "two"] {
            replace(&path, |file| Ok(file.write_all(text.as_bytes())?)).unwrap();
            assert_eq!(fs_err::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(entries(&root.path().join("a")), 1);
    }
}
