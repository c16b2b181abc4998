//! Files of one folder, on the disk or in an archive, and what that folder is.

use std::path::PathBuf;
use std::sync::Arc;

use crate::dataset::archive::Archive;
use crate::dataset::entry::Entry;
use crate::dataset::lock::{self, Holds};

/// Where a file of a group is.
pub(super) enum Place {
    /// A file on the disk.
    Path(PathBuf),
    /// A file of the group's archive.
    Member(usize),
}

/// Files that one folder holds, by their names in it.
pub(super) struct Group {
    /// The archive that the folder is in; none on the disk.
    pub archive: Option<Arc<Archive>>,
    /// How the folder above is told, with `/` or `: ` at its end; may be empty.
    pub above: String,
    /// The folder's own name.
    pub own: String,
    /// The folder above this one, by which folders that belong together are told.
    pub beside: PathBuf,
    /// Its files.
    pub files: Vec<(String, Place)>,
}

/// What a folder is, by its name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Role {
    /// `images/` or `masks/` of any layout.
    Plain(Holds),
    /// The inner folder of an official archive, with that archive.
    Official(&'static lock::Archive),
    /// That of another data set, with its name.
    Foreign(&'static str),
    /// Nothing that is known.
    Unknown,
}

impl Role {
    /// What the folder holds, if it is known.
    pub fn holds(self) -> Option<Holds> {
        match self {
            Self::Plain(holds) => Some(holds),
            Self::Official(archive) => Some(archive.holds),
            Self::Foreign(_) | Self::Unknown => None,
        }
    }
}

impl Group {
    /// What the folder is for the data set.
    pub fn role(&self, dataset: &str) -> Role {
        match self.own.as_str() {
            "images" => return Role::Plain(Holds::Images),
            "masks" => return Role::Plain(Holds::Masks),
            _ => {}
        }
        for (name, known) in &lock::builtin().dataset {
            if let Some(archive) = known.archives.iter().find(|archive| archive.folder == self.own) {
                return if name == dataset { Role::Official(archive) } else { Role::Foreign(name) };
            }
        }
        Role::Unknown
    }

    /// How the folder is told.
    pub fn told(&self) -> String {
        format!("{}{}", self.above, self.own)
    }

    /// How a file of it is told.
    pub fn file_told(&self, name: &str) -> String {
        format!("{}{}/{name}", self.above, self.own)
    }

    /// A file of it, to be read.
    pub fn entry(&self, name: &str, place: &Place) -> Entry {
        let told = self.file_told(name);
        match (place, &self.archive) {
            (Place::Path(path), _) => Entry::at(told, path.clone()),
            (Place::Member(index), Some(archive)) => Entry::member(told, Arc::clone(archive), *index),
            // A group of members has their archive; a path that isn't there is told when it is read.
            (Place::Member(_), None) => Entry::at(told, PathBuf::new()),
        }
    }
}
