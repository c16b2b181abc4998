//! The one writer of whole files below `results/`: a reader sees the old bytes or the new ones, never a part.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::disk::{self, Handle};

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
    persist(&temporary(path, bytes)?, path)
}

/// As [`write()`], but the file's old bytes stay in `previous`.
///
/// A process that dies in the middle leaves at least one of the two files whole.
///
/// # Errors
/// When the folder can't be made or written to, with the path in the message.
pub fn replace_keeping(path: &Path, previous: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = temporary(path, bytes)?;
    match disk::rename(path, previous) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(given_up(&temporary, error)),
        _ => persist(&temporary, path),
    }
}

/// As [`write()`], with the bytes that `fill` writes; nothing is left where it fails.
///
/// # Errors
/// As [`write()`], and those of `fill`.
pub fn write_with<T>(path: &Path, fill: impl FnOnce(&mut dyn Write) -> io::Result<T>) -> io::Result<T> {
    let (file, temporary) = temporary_file(path)?;
    match fill(&mut Appending(&file)).and_then(|value| file.sync().map(|()| value)) {
        Ok(value) => persist(&temporary, path).map(|()| value),
        Err(error) => Err(given_up(&temporary, error)),
    }
}

/// Gives a folder another name; it is on the disk when this returns.
///
/// # Errors
/// When it can't be renamed, such as where something stands there already.
pub fn move_folder(from: &Path, to: &Path) -> io::Result<()> {
    disk::rename(from, to)?;
    disk::sync_folder(disk::parent(to))
}

/// Removes a file; it is no error if there is none.
///
/// # Errors
/// When it can't be removed.
pub fn remove(path: &Path) -> io::Result<()> {
    match disk::remove(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Removes what processes that died left unfinished in the folder, where nobody wrote to it for `age`: where no lock
/// keeps others away, a younger file may be one that is being written.
///
/// # Errors
/// When the folder can't be read or such a file can't be removed; a missing folder is fine.
pub fn clear_unfinished(folder: &Path, age: Duration) -> io::Result<()> {
    let is_old = |modified: SystemTime| age.is_zero() || modified.elapsed().is_ok_and(|past| past >= age);
    let entries = match fs_err::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let is_unfinished = entry.file_name().to_string_lossy().starts_with(TEMPORARY_PREFIX);
        if is_unfinished && is_old(entry.metadata()?.modified()?) {
            disk::remove(&entry.path())?;
        }
    }
    Ok(())
}

/// A synced file of these bytes in the folder of `path`.
fn temporary(path: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    let (file, temporary) = temporary_file(path)?;
    match file.append(bytes).and_then(|()| file.sync()) {
        Ok(()) => Ok(temporary),
        Err(error) => Err(given_up(&temporary, error)),
    }
}

/// A file as it grows.
struct Appending<'a>(&'a Handle);

impl Write for Appending<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.append(bytes).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An empty file in the folder of `path`, which is made if there is none.
///
/// Nothing removes it when this process dies: whoever takes the run's lock next does.
fn temporary_file(path: &Path) -> io::Result<(Handle, PathBuf)> {
    let folder = disk::parent(path);
    disk::make_folders(folder)?;
    // Opened by hand and not by `tempfile`, whose files nobody but their owner may read.
    let made = tempfile::Builder::new().prefix(TEMPORARY_PREFIX).make_in(folder, Handle::create);
    // Its message would name the temporary file twice.
    made.and_then(|made| Ok(made.keep()?)).map_err(|error| {
        let kind = error.kind();
        io::Error::new(kind, format!("failed to make a file in {}: {kind}", folder.display()))
    })
}

fn persist(temporary: &Path, path: &Path) -> io::Result<()> {
    disk::rename(temporary, path).map_err(|error| given_up(temporary, error))?;
    disk::sync_folder(disk::parent(path))
}

/// Removes a temporary file that comes to nothing, so that a full disk isn't filled with them.
fn given_up(temporary: &Path, error: io::Error) -> io::Error {
    // The first error says more than this one would; the next session removes the file.
    drop(disk::remove(temporary));
    error
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
        clear_unfinished(folder.path(), Duration::from_hours(1)).unwrap();
        assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 2, "it may be at work");
        clear_unfinished(folder.path(), Duration::ZERO).unwrap();
        clear_unfinished(&folder.path().join("missing"), Duration::ZERO).unwrap();
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
