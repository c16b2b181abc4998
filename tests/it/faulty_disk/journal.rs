//! What a disk has not promised to keep yet, and how a part of it is lost.
//!
//! The model is as harsh as POSIX allows and a little kinder than chaos: of each file, what was done to its bytes
//! since its last sync is kept up to some point; of each folder, what was done to its names since its last sync is
//! kept up to some point. Files and folders know nothing of each other: a synced file in a folder whose own name
//! was never synced is lost with it.
#![expect(clippy::unwrap_used, reason = "what fails here fails the test that called it")]

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use ege_bench::random::Stream;
use ege_bench::store::disk::Change;

#[derive(Default)]
pub struct Journal {
    /// Files whose bytes aren't synced, by the names that they have now.
    files: BTreeMap<PathBuf, Unsynced>,
    /// Names that aren't synced, in their order.
    names: Vec<Name>,
}

/// A file's bytes at its last sync, and what was done to them since.
#[derive(Clone)]
struct Unsynced {
    synced: Vec<u8>,
    since: Vec<Edit>,
}

#[derive(Clone)]
enum Edit {
    Append(Vec<u8>),
    Cut(u64),
}

/// A file that has lost its name: its bytes, and what of them isn't synced.
struct Nameless {
    bytes: Vec<u8>,
    unsynced: Option<Unsynced>,
}

/// A change of a name, with what undoes it.
enum Name {
    Folder(PathBuf),
    Created(PathBuf),
    Renamed { from: PathBuf, to: PathBuf, replaced: Option<Nameless> },
    Removed { path: PathBuf, file: Nameless },
}

impl Name {
    fn folder(&self) -> &Path {
        let (Self::Folder(path)
        | Self::Created(path)
        | Self::Renamed { to: path, .. }
        | Self::Removed { path, .. }) = self;
        path.parent().unwrap()
    }
}

impl Journal {
    /// Notes a change that is about to be made.
    pub fn note(&mut self, change: Change<'_>) {
        match change {
            Change::MakeFolder(path) if !path.exists() => self.names.push(Name::Folder(path.into())),
            Change::Create(path) if !path.exists() => {
                self.files.insert(path.into(), Unsynced { synced: Vec::new(), since: Vec::new() });
                self.names.push(Name::Created(path.into()));
            }
            Change::Append(path, bytes) => self.edit(path, Edit::Append(bytes.into())),
            Change::Cut(path, length) => self.edit(path, Edit::Cut(length)),
            Change::Sync(path) => drop(self.files.remove(path)),
            Change::SyncFolder(folder) => self.names.retain(|name| name.folder() != folder),
            Change::Rename(from, to) if from.exists() => {
                let replaced = to.exists().then(|| self.nameless(to));
                if let Some(file) = self.files.remove(from) {
                    self.files.insert(to.into(), file);
                }
                self.names.push(Name::Renamed { from: from.into(), to: to.into(), replaced });
            }
            Change::Remove(path) if path.exists() => {
                let file = self.nameless(path);
                self.names.push(Name::Removed { path: path.into(), file });
            }
            Change::MakeFolder(_) | Change::Create(_) | Change::Rename(..) | Change::Remove(_) => {}
        }
    }

    /// Does a part of an append, of which the rest never comes.
    pub fn append_part(&mut self, path: &Path, bytes: &[u8]) {
        self.edit(path, Edit::Append(bytes.into()));
        fs_err::OpenOptions::new().append(true).open(path).unwrap().write_all(bytes).unwrap();
    }

    fn edit(&mut self, path: &Path, edit: Edit) {
        let file = self.files.entry(path.into());
        let settled = || Unsynced { synced: fs_err::read(path).unwrap(), since: Vec::new() };
        file.or_insert_with(settled).since.push(edit);
    }

    /// The file as it is, on its way to losing its name.
    fn nameless(&mut self, path: &Path) -> Nameless {
        Nameless { bytes: fs_err::read(path).unwrap(), unsynced: self.files.remove(path) }
    }

    /// Loses a part of what isn't synced; what is left is on the disk.
    pub fn lose(&mut self, draws: &mut Stream) {
        let Self { files, names } = std::mem::take(self);
        for (path, file) in files {
            fs_err::write(path, file.left(draws)).unwrap();
        }
        let mut undone: BTreeMap<PathBuf, u64> = BTreeMap::new();
        for name in &names {
            *undone.entry(name.folder().into()).or_default() += 1;
        }
        for count in undone.values_mut() {
            *count = draws.below(*count + 1);
        }
        for name in names.into_iter().rev() {
            let count = undone.get_mut(name.folder()).unwrap();
            if *count > 0 {
                *count -= 1;
                name.undo(draws);
            }
        }
    }
}

impl Unsynced {
    /// The bytes that are there when the power is back.
    fn left(self, draws: &mut Stream) -> Vec<u8> {
        let mut bytes = self.synced;
        let whole = draws.below(self.since.len() as u64 + 1) as usize;
        for (index, edit) in self.since.into_iter().take(whole + 1).enumerate() {
            match edit {
                Edit::Cut(length) if index < whole => bytes.truncate(length as usize),
                Edit::Cut(_) => {}
                Edit::Append(more) if index < whole => bytes.extend(more),
                Edit::Append(more) => {
                    let all = more.len() as u64;
                    let part = if draws.chance(0.5) { all } else { draws.below(all + 1) } as usize;
                    let begin = bytes.len();
                    bytes.extend(&more[..part]);
                    // A file's length may be on the disk without its bytes.
                    if draws.chance(0.3) {
                        let zeros = draws.below(part as u64 + 1) as usize;
                        bytes[begin..begin + zeros].fill(0);
                    }
                }
            }
        }
        bytes
    }
}

impl Nameless {
    fn left(self, draws: &mut Stream) -> Vec<u8> {
        self.unsynced.map_or(self.bytes, |unsynced| unsynced.left(draws))
    }
}

impl Name {
    fn undo(self, draws: &mut Stream) {
        match self {
            Self::Folder(path) => fs_err::remove_dir_all(path).unwrap(),
            Self::Created(path) => fs_err::remove_file(path).unwrap(),
            Self::Removed { path, file } => fs_err::write(path, file.left(draws)).unwrap(),
            Self::Renamed { from, to, replaced } => {
                fs_err::rename(&to, from).unwrap();
                if let Some(file) = replaced {
                    fs_err::write(to, file.left(draws)).unwrap();
                }
            }
        }
    }
}
