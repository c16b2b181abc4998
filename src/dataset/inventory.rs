//! Everything that is prepared below a data folder, and what killed commands left there.

use std::io;
use std::path::{Path, PathBuf};

use super::cache::{self, Wanted};
use super::{Cache, DatasetError, Leftover, Preparation, folder, lock, prepare};
use crate::experiment::settings::Resize;

/// A file that is named as a cache is.
#[derive(Clone, Debug)]
pub struct Prepared {
    wanted: Wanted,
}

impl Prepared {
    /// The data set; `folder` for a folder of the user's.
    pub fn dataset(&self) -> &str {
        &self.wanted.dataset
    }

    /// Size and kernel, as the file is named.
    pub fn preparation(&self) -> Preparation {
        self.wanted.preparation
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.wanted.path
    }

    /// Opens it and looks at what it says of itself.
    ///
    /// # Errors
    /// As [`glance`](super::glance).
    pub fn glance(&self) -> Result<Cache, DatasetError> {
        cache::look(&self.wanted)
    }

    /// Opens it and verifies every byte.
    ///
    /// # Errors
    /// As [`open`](super::open).
    pub fn open(&self) -> Result<Cache, DatasetError> {
        let mut cache = self.glance()?;
        cache.verify()?;
        Ok(cache)
    }
}

/// The caches below `data_dir`, sorted by data set, size and kernel.
///
/// # Errors
/// When a folder can't be read.
pub fn prepared(data_dir: &Path) -> io::Result<Vec<Prepared>> {
    let mut found = Vec::new();
    for dataset in datasets() {
        for path in files(&data_dir.join(dataset))? {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let Some(stem) = name.strip_suffix(".cache").filter(|name| !name.starts_with('.')) else {
                continue;
            };
            let preparation = if dataset == folder::DATASET {
                of_folder(stem)
            } else {
                stem.strip_prefix(dataset).and_then(|rest| rest.strip_prefix('-')).and_then(preparation)
            };
            let Some(preparation) = preparation else { continue };
            let mend = Wanted::of(dataset, preparation, data_dir).mend;
            let mend = if dataset == folder::DATASET { folder::MEND.to_owned() } else { mend };
            found.push(Prepared { wanted: Wanted { dataset: dataset.to_owned(), preparation, path, mend } });
        }
    }
    let order = |found: &Prepared| {
        let Preparation { size, resize } = found.preparation();
        let kernel = Resize::ALL.iter().position(|&kernel| kernel == resize);
        (found.dataset().to_owned(), size, kernel, found.path().to_owned())
    };
    found.sort_by_cached_key(order);
    Ok(found)
}

/// What killed commands left below `data_dir`.
///
/// # Errors
/// When a folder can't be read.
pub fn unfinished(data_dir: &Path) -> io::Result<Vec<Leftover>> {
    let mut found = Vec::new();
    for dataset in datasets() {
        let folder = data_dir.join(dataset);
        if folder.is_dir() {
            found.extend(prepare::leftovers(&folder)?);
        }
    }
    Ok(found)
}

/// Removes a file that is prepared, or was to be.
///
/// # Errors
/// When it can't be removed.
pub fn remove(path: &Path) -> io::Result<()> {
    fs_err::remove_file(path)
}

/// Bytes of a file; 0 where it isn't there.
pub fn bytes(path: &Path) -> u64 {
    fs_err::metadata(path).map_or(0, |file| file.len())
}

fn datasets() -> impl Iterator<Item = &'static str> {
    lock::builtin().datasets().into_iter().chain([folder::DATASET])
}

fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    fs_err::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect()
}

/// The preparation of a name such as `256` or `256-area`.
fn preparation(name: &str) -> Option<Preparation> {
    let (size, kernel) = name.split_once('-').map_or((name, None), |(size, kernel)| (size, Some(kernel)));
    let resize = match kernel {
        None => Resize::default(),
        Some(kernel) => *Resize::ALL.iter().find(|known| known.name() == kernel)?,
    };
    let found = Preparation { size: size.parse().ok()?, resize };
    (found.name() == name).then_some(found)
}

/// The preparation at the end of the name of a folder's cache, which has dashes in front of it.
fn of_folder(name: &str) -> Option<Preparation> {
    name.match_indices('-').find_map(|(at, _)| preparation(&name[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_preparation() {
        for resize in Resize::ALL {
            let expect = Preparation { size: 256, resize };
            let name = expect.name();
            assert_eq!(preparation(&name), Some(expect));
            assert_eq!(of_folder(&format!("my-128-lesions-0123456789ab-{name}")), Some(expect));
        }
        for name in ["", "x", "256-", "256-aera", "0256", "256-bilinear-antialias"] {
            assert_eq!(preparation(name), None, "{name}");
        }
    }
}
