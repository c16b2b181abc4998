//! The one writer of whole files below `results/`: a reader sees the old bytes or the new ones, never a part.

use std::io::{self, Write};
use std::path::Path;

use fs_err::OpenOptions;
use tempfile::NamedTempFile;

/// What the names of unfinished files begin with; a process that dies may leave such files behind.
pub const TEMPORARY_PREFIX: &str = ".unfinished-";

/// Replaces the file by `bytes`, all or nothing, and makes its folder if there is none.
///
/// The bytes are on the disk when this returns: a temporary file in the same folder is written, synced and
/// renamed, then the folder is synced.
///
/// # Errors
/// When the folder can't be made or written to, with the path in the message.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    persist(temporary(path, bytes)?, path)
}

/// As [`write()`], but the file's old bytes stay in `previous`.
///
/// A process that dies in the middle leaves at least one of the two files whole.
///
/// # Errors
/// When the folder can't be made or written to, with the path in the message.
pub fn replace_keeping(path: &Path, previous: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = temporary(path, bytes)?;
    match fs_err::rename(path, previous) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    persist(temporary, path)
}

/// As [`write()`], with the bytes that `fill` writes; nothing is left where it fails.
///
/// # Errors
/// As [`write()`], and those of `fill`.
pub fn write_with<T>(path: &Path, fill: impl FnOnce(&mut dyn Write) -> io::Result<T>) -> io::Result<T> {
    let mut temporary = temporary(path, b"")?;
    let value = fill(temporary.as_file_mut())?;
    temporary.as_file().sync_all()?;
    persist(temporary, path)?;
    Ok(value)
}

/// Gives a folder another name beside it; it is on the disk when this returns.
///
/// # Errors
/// When it can't be renamed, such as where something stands there already.
pub fn move_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs_err::rename(from, to)?;
    sync_folder(folder_of(to))
}

/// Removes what processes that died left unfinished in the folder.
///
/// # Errors
/// When the folder can't be read or such a file can't be removed; a missing folder is fine.
pub fn clear_unfinished(folder: &Path) -> io::Result<()> {
    let entries = match fs_err::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(TEMPORARY_PREFIX) {
            fs_err::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn temporary(path: &Path, bytes: &[u8]) -> io::Result<NamedTempFile<fs_err::File>> {
    let folder = folder_of(path);
    fs_err::create_dir_all(folder)?;
    // Opened by hand and not by `tempfile`, whose files nobody but their owner may read.
    let mut file = tempfile::Builder::new()
        .prefix(TEMPORARY_PREFIX)
        .make_in(folder, |path| OpenOptions::new().write(true).create_new(true).open(path))
        // Its message would name the temporary file twice.
        .map_err(|error| {
            let kind = error.kind();
            io::Error::new(kind, format!("failed to make a file in {}: {kind}", folder.display()))
        })?;
    file.as_file_mut().write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

fn persist(temporary: NamedTempFile<fs_err::File>, path: &Path) -> io::Result<()> {
    temporary.persist(path).map_err(|error| {
        io::Error::new(error.error.kind(), format!("failed to rename to {}: {}", path.display(), error.error))
    })?;
    sync_folder(folder_of(path))
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

// Windows has no way to sync a folder, and needs none for a rename.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { fs_err::File::open(folder)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a folder/größe.json");
        write(&path, b"one").unwrap();
        write(&path, b"two").unwrap();
        assert_eq!(fs_err::read(&path).unwrap(), b"two");
        assert_eq!(fs_err::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn the_old_bytes_stay_in_the_previous_file() {
        let folder = tempfile::tempdir().unwrap();
        let (path, previous) = (folder.path().join("last"), folder.path().join("previous"));
        replace_keeping(&path, &previous, b"one").unwrap();
        assert!(!previous.exists());
        replace_keeping(&path, &previous, b"two").unwrap();
        replace_keeping(&path, &previous, b"three").unwrap();
        assert_eq!(fs_err::read(&path).unwrap(), b"three");
        assert_eq!(fs_err::read(&previous).unwrap(), b"two");
    }

    #[test]
    fn unfinished_files_are_cleared_and_others_kept() {
        let folder = tempfile::tempdir().unwrap();
        write(&folder.path().join("run.json"), b"{}").unwrap();
        fs_err::write(folder.path().join(format!("{TEMPORARY_PREFIX}x")), b"half").unwrap();
        clear_unfinished(folder.path()).unwrap();
        clear_unfinished(&folder.path().join("missing")).unwrap();
        let names: Vec<_> =
            fs_err::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names, ["run.json"]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_error_names_the_folder_once() {
        // Nobody can make a file there, not even root.
        let text = write(Path::new("/proc/run.json"), b"{}").unwrap_err().to_string();
        assert_eq!(text.matches("/proc").count(), 1, "{text}");
    }

    #[test]
    fn an_error_names_the_path() {
        let folder = tempfile::tempdir().unwrap();
        fs_err::write(folder.path().join("file"), b"").unwrap();
        let error = write(&folder.path().join("file/run.json"), b"{}").unwrap_err();
        assert!(error.to_string().contains("file"), "{error}");
    }
}
