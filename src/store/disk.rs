//! Every change of a file or a folder below `results/`, one call each: below this there is only the system.
//!
//! A test can watch the changes of its thread, refuse them, and end the work at any of them as a killed process
//! ends: see [`watch`]. Nobody else does, and then a change costs one look at a thread's variable more.

use std::cell::RefCell;
use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;
use std::rc::Rc;

use fs_err::{File, OpenOptions};

/// A change that is about to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change<'a> {
    /// A folder is made, in a folder that exists.
    MakeFolder(&'a Path),
    /// An empty file is made.
    Create(&'a Path),
    /// Bytes are put to a file's end.
    Append(&'a Path, &'a [u8]),
    /// A file is cut to so many bytes.
    Cut(&'a Path, u64),
    /// It is waited until a file's bytes are on the disk.
    Sync(&'a Path),
    /// It is waited until the names in a folder are on the disk.
    SyncFolder(&'a Path),
    /// A file gets another name in its folder; what had it before is gone.
    Rename(&'a Path, &'a Path),
    /// A file is removed.
    Remove(&'a Path),
}

/// What becomes of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is made.
    Make,
    /// It isn't, and the caller believes that it was.
    Skip,
}

/// Hears of changes before they are made.
pub trait Watcher {
    /// Decides on a change; unwinding from here is how a process is killed that runs no line more.
    ///
    /// # Errors
    /// What the caller is to take for the system's answer; the change isn't made.
    fn before(&self, change: Change<'_>) -> io::Result<Verdict>;
}

thread_local! {
    static WATCHER: RefCell<Option<Rc<dyn Watcher>>> = const { RefCell::new(None) };
}

/// Lets `watcher` hear of all changes that this thread makes, in the place of the one before.
pub fn watch(watcher: Option<Rc<dyn Watcher>>) {
    WATCHER.set(watcher);
}

/// Makes a change, if the watcher has nothing against it.
fn make(change: Change<'_>, act: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    // Not borrowed while it decides: a watcher may look at files by the code that it watches.
    let watcher = WATCHER.with_borrow(Clone::clone);
    match watcher.map_or(Ok(Verdict::Make), |watcher| watcher.before(change))? {
        Verdict::Make => act(),
        Verdict::Skip => Ok(()),
    }
}

/// Makes a folder and those above it that are missing; each is on the disk when this returns.
///
/// # Errors
/// When one can't be made, with the path in the message.
pub(super) fn make_folders(folder: &Path) -> io::Result<()> {
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(());
    }
    let parent = parent(folder);
    make_folders(parent)?;
    match make(Change::MakeFolder(folder), || fs_err::create_dir(folder)) {
        // Another process was quicker.
        Err(error) if error.kind() == ErrorKind::AlreadyExists && folder.is_dir() => {}
        made => made?,
    }
    sync_folder(parent)
}

/// Gives a file another name in its folder; what had it before is gone.
///
/// # Errors
/// When there is no such file or the folder can't be written to, with the paths in the message.
pub(super) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    make(Change::Rename(from, to), || fs_err::rename(from, to))
}

/// Removes a file.
///
/// # Errors
/// When there is none or it can't be removed, with the path in the message.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    make(Change::Remove(path), || fs_err::remove_file(path))
}

/// Waits until the names in a folder are on the disk.
///
/// # Errors
/// When the folder can't be opened or the disk fails.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    // Windows has no way to sync a folder, and needs none for a rename.
    make(Change::SyncFolder(folder), || if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) })
}

/// The folder that names a file or folder.
pub(super) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// An open file that grows at its end.
#[derive(Debug)]
pub(super) struct Handle(File);

impl Handle {
    /// Makes an empty file.
    ///
    /// # Errors
    /// When there is one of that name, or the folder can't be written to.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        make(Change::Create(path), || Ok(()))?;
        Ok(Self(OpenOptions::new().read(true).append(true).create_new(true).open(path)?))
    }

    /// Opens a file and makes it if there is none.
    ///
    /// # Errors
    /// When it can't be opened or made.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        match OpenOptions::new().read(true).append(true).open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                make(Change::Create(path), || Ok(()))?;
                let file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
                // Bytes are synced as they come; what is to find them is now.
                sync_folder(parent(path))?;
                Ok(Self(file))
            }
            file => Ok(Self(file?)),
        }
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    /// True if no name leads to it any more.
    #[cfg(unix)]
    pub(super) fn is_unlinked(&self) -> io::Result<bool> {
        use std::os::unix::fs::MetadataExt;
        Ok(self.0.metadata()?.nlink() == 0)
    }

    /// True if no name leads to it any more: elsewhere a file that is open keeps its name.
    #[cfg(not(unix))]
    #[expect(clippy::unnecessary_wraps, reason = "as on Unix")]
    pub(super) fn is_unlinked(&self) -> io::Result<bool> {
        Ok(false)
    }

    /// The bytes that weren't read yet.
    pub(super) fn read(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.0.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Puts bytes to the end.
    pub(super) fn append(&self, bytes: &[u8]) -> io::Result<()> {
        let mut file = &self.0;
        make(Change::Append(self.path(), bytes), || file.write_all(bytes))
    }

    /// Cuts the file to so many bytes.
    pub(super) fn cut(&self, length: u64) -> io::Result<()> {
        make(Change::Cut(self.path(), length), || self.0.set_len(length))
    }

    /// Waits until the bytes are on the disk.
    pub(super) fn sync(&self) -> io::Result<()> {
        make(Change::Sync(self.path()), || self.0.sync_all())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Notes every change and refuses those of files that end in `.no`.
    #[derive(Default)]
    struct Notes(RefCell<Vec<String>>);

    impl Watcher for Notes {
        fn before(&self, change: Change<'_>) -> io::Result<Verdict> {
            let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
            let (word, path) = match change {
                Change::MakeFolder(path) => ("folder", path),
                Change::Create(path) => ("create", path),
                Change::Append(path, _) => ("append", path),
                Change::Cut(path, _) => ("cut", path),
                Change::Sync(path) => ("sync", path),
                Change::SyncFolder(path) => ("sync folder", path),
                Change::Rename(_, path) => ("rename", path),
                Change::Remove(path) => ("remove", path),
            };
            self.0.borrow_mut().push(format!("{word} {}", name(path)));
            if path.extension().is_some_and(|extension| extension == "no") {
                return Err(ErrorKind::StorageFull.into());
            }
            Ok(if word == "append" { Verdict::Skip } else { Verdict::Make })
        }
    }

    #[test]
    fn a_watcher_hears_of_changes_and_decides_on_them() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("a/b");
        let notes = Rc::new(Notes::default());
        watch(Some(notes.clone()));
        make_folders(&folder).unwrap();
        let file = Handle::open(&folder.join("f")).unwrap();
        file.append(b"skipped").unwrap();
        assert_eq!(Handle::create(&folder.join("f.no")).unwrap_err().kind(), ErrorKind::StorageFull);
        rename(&folder.join("f"), &folder.join("g")).unwrap();
        watch(None);
        remove(&folder.join("g")).unwrap();
        assert_eq!(fs_err::read_dir(&folder).unwrap().count(), 0);
        let top = root.path().file_name().unwrap().to_string_lossy().into_owned();
        assert_eq!(
            *notes.0.borrow(),
            [
                "folder a",
                &format!("sync folder {top}"),
                "folder b",
                "sync folder a",
                "create f",
                "sync folder b",
                "append f",
                "create f.no",
                "rename g"
            ]
        );
    }

    #[test]
    fn another_thread_is_not_watched() {
        let root = tempfile::tempdir().unwrap();
        let notes = Rc::new(Notes::default());
        watch(Some(notes.clone()));
        let folder = root.path().join("a");
        std::thread::scope(|scope| scope.spawn(|| make_folders(&folder).unwrap()).join().unwrap());
        watch(None);
        assert!(notes.0.borrow().is_empty() && folder.is_dir());
    }
}
