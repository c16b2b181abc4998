//! Every file that the user's paths hold, folder by folder, inside of archives as well.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use walkdir::{DirEntry, WalkDir};

use super::group::{Group, Place};
use super::recognition::Recognition;
use crate::dataset::DatasetError;
use crate::dataset::archive::Archive;
use crate::dataset::lock;

/// Folders below a given one that are looked into.
const DEEPEST: usize = 8;

/// Files that are looked at: somebody who names the root of a disk is told so.
const MOST_FILES: usize = 1_000_000;

/// The files below the paths by their folders, in order; hidden folders are passed over.
///
/// # Errors
/// [`DatasetError::Folder`] for a path that is neither a folder nor an archive; [`DatasetError::Archive`]; what the
/// file system does.
pub(super) fn gather(paths: &[PathBuf], recognition: &mut Recognition) -> Result<Vec<Group>, DatasetError> {
    let paths = distinct(paths)?;
    let mut groups = Vec::new();
    for path in &paths {
        let prefix = if paths.len() > 1 { format!("{}/", path.display()) } else { String::new() };
        if path.is_dir() {
            folder(path, &prefix, &mut groups, recognition)?;
        } else {
            archive(path, "", &mut groups)?;
        }
    }
    Ok(groups)
}

/// The paths without those that others hold already.
fn distinct(paths: &[PathBuf]) -> Result<Vec<PathBuf>, DatasetError> {
    let mut real = Vec::new();
    for path in paths {
        let unfit =
            |problem: &str| DatasetError::Folder { folder: path.clone(), problem: problem.to_owned() };
        if !path.exists() {
            return Err(unfit("there is no such folder or archive"));
        }
        if !path.is_dir() && !is_zip(path) {
            return Err(unfit("is neither a folder nor a .zip archive"));
        }
        real.push((fs_err::canonicalize(path)?, path));
    }
    let held = |at: usize| {
        let (this, _) = &real[at];
        real.iter()
            .enumerate()
            .any(|(other, (path, _))| other != at && this.starts_with(path) && (this != path || other < at))
    };
    Ok((0..real.len()).filter(|at| !held(*at)).map(|at| real[at].1.clone()).collect())
}

fn is_zip(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("zip"))
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn folder(
    root: &Path,
    prefix: &str,
    groups: &mut Vec<Group>,
    recognition: &mut Recognition,
) -> Result<(), DatasetError> {
    let hidden = |entry: &DirEntry| {
        let name = entry.file_name().to_string_lossy();
        entry.depth() > 0 && entry.file_type().is_dir() && (name.starts_with('.') || name == "__MACOSX")
    };
    let mut found: BTreeMap<PathBuf, Vec<(String, Place)>> = BTreeMap::new();
    let mut files = 0;
    let walk = WalkDir::new(root).follow_links(true).max_depth(DEEPEST).sort_by_file_name();
    for entry in walk.into_iter().filter_entry(|entry| !hidden(entry)) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) if leads_nowhere(&error) => {
                let name = error.path().map(name_of).unwrap_or_default();
                recognition.ignore("links that lead nowhere", name, true);
                continue;
            }
            Err(error) => return Err(std::io::Error::from(error).into()),
        };
        if entry.file_type().is_dir() {
            continue;
        }
        files += 1;
        if files > MOST_FILES {
            let problem = format!("holds more than {MOST_FILES} files; name the folder of the data set");
            return Err(DatasetError::Folder { folder: root.to_owned(), problem });
        }
        let path = entry.into_path();
        let name = name_of(&path);
        let official = lock::builtin().dataset.values().flat_map(|d| &d.archives).any(|a| a.name == name);
        if official {
            archive(&path, prefix, groups)?;
        } else if is_zip(&path) {
            recognition.ignore(super::extra::kind(&name), name, true);
        } else {
            let folder = path.parent().unwrap_or(root).to_owned();
            found.entry(folder).or_default().push((name, Place::Path(path)));
        }
    }
    for (folder, files) in found {
        let relative = folder.strip_prefix(root).unwrap_or(&folder);
        let inner: Vec<String> = relative.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        let (above, own) = match inner.split_last() {
            Some((own, above)) => {
                (above.iter().fold(prefix.to_owned(), |text, part| text + part + "/"), own.clone())
            }
            // The named folder itself; its real name counts, whatever it is called by (`.`).
            None => (String::new(), name_of(&fs_err::canonicalize(&folder)?)),
        };
        let beside = folder.parent().unwrap_or(root).to_owned();
        groups.push(Group { archive: None, above, own, beside, files });
    }
    Ok(())
}

/// True for a link to what isn't there, or to a folder that holds it.
fn leads_nowhere(error: &walkdir::Error) -> bool {
    let is_link = || error.path().is_some_and(Path::is_symlink);
    error.loop_ancestor().is_some()
        || error.io_error().is_some_and(|error| error.kind() == std::io::ErrorKind::NotFound) && is_link()
}

fn archive(path: &Path, prefix: &str, groups: &mut Vec<Group>) -> Result<(), DatasetError> {
    let opened = Arc::new(Archive::open(path)?);
    let mut found: BTreeMap<&str, Vec<(String, Place)>> = BTreeMap::new();
    for (index, member) in opened.members().iter().enumerate() {
        let (folder, name) = member.name.rsplit_once('/').unwrap_or(("", &member.name));
        if folder.split('/').any(|part| part == "__MACOSX") {
            continue;
        }
        found.entry(folder).or_default().push((name.to_owned(), Place::Member(index)));
    }
    for (folder, files) in found {
        let (above, own) =
            folder.rsplit_once('/').map_or((String::new(), folder), |(a, o)| (format!("{a}/"), o));
        // Files at an archive's top lie in the folder that its name says.
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let own = if own.is_empty() { stem } else { own.to_owned() };
        let above = format!("{prefix}{}: {above}", name_of(path));
        let beside = path.join(folder).parent().unwrap_or(path).to_owned();
        groups.push(Group { archive: Some(Arc::clone(&opened)), above, own, beside, files });
    }
    Ok(())
}
