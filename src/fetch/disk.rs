//! What a fetch writes: archives that grow until they are whole, and notes about them.

use std::io::{self, Write};
use std::path::Path;

use fs_err::{File, OpenOptions};

/// The partial file at `path`, to write on at its end.
///
/// # Errors
/// When it can't be opened or made.
pub(super) fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).open(path)
}

/// The file at `path`, locked for as long as the value lives; none where another process holds it.
///
/// # Errors
/// When it can't be made or locked.
pub(super) fn lock(path: &Path) -> io::Result<Option<File>> {
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
    match file.try_lock().map_err(io::Error::from) {
        Ok(()) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        // A file system without locks: two fetches there are the user's to avoid.
        Err(error) if error.kind() == io::ErrorKind::Unsupported => Ok(Some(file)),
        Err(error) => Err(error),
    }
}

/// Writes a small file as a whole.
///
/// # Errors
/// What the file system does; the old file is still there then.
pub(super) fn write_note(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let named = |error: io::Error| {
        io::Error::new(error.kind(), format!("failed to write `{}`: {error}", path.display()))
    };
    let mut file = tempfile::Builder::new().prefix(".tmp-").tempfile_in(folder).map_err(named)?;
    file.write_all(bytes).map_err(named)?;
    file.as_file().sync_all().map_err(named)?;
    file.persist(path).map_err(|error| named(error.error))?;
    Ok(())
}

/// Gives a file that is complete and on the disk its name.
///
/// # Errors
/// What the file system does.
pub(super) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs_err::rename(from, to)?;
    sync_folder(to)
}

/// A name is only safe from a power cut once the folder that lists it is on the disk.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// Other systems don't open folders; their renames are journalled.
#[cfg(not(unix))]
fn sync_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// Removes a file if it is there.
///
/// # Errors
/// When it is there and stays.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs_err::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}
