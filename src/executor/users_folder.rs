//! Where a run's record says that a folder of the user's lies, and the folder that such a record means.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::experiment::settings::{FolderSource, FolderSplit};

/// The folder as a record keeps it: by whole paths, since nobody knows from where the record will be read.
///
/// None where a path isn't Unicode.
pub(super) fn recorded(folder: &FolderSource) -> Option<Value> {
    let whole = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    serde_json::to_value(with_paths(folder, whole)).ok()
}

/// The folder that a record means, taken from `elsewhere` where that is given; lists of images that lie in it move along.
///
/// # Errors
/// When the record says something else.
pub(super) fn remembered(
    record: &Value,
    elsewhere: Option<&Path>,
) -> Result<FolderSource, serde_json::Error> {
    let folder: FolderSource = serde_json::from_value(record.clone())?;
    let Some(elsewhere) = elsewhere else { return Ok(folder) };
    let moved = |path: &Path| match path.strip_prefix(&folder.path) {
        // `join` with nothing would leave a slash behind.
        Ok(rest) if rest.as_os_str().is_empty() => elsewhere.to_owned(),
        Ok(rest) => elsewhere.join(rest),
        Err(_) => path.to_owned(),
    };
    Ok(with_paths(&folder, moved))
}

fn with_paths(folder: &FolderSource, path: impl Fn(&Path) -> PathBuf) -> FolderSource {
    let split = match &folder.split {
        FolderSplit::Lists { train, select, report } => {
            FolderSplit::Lists { train: path(train), select: path(select), report: path(report) }
        }
        drawn @ FolderSplit::Fractions { .. } => drawn.clone(),
    };
    FolderSource { path: path(&folder.path), split, ..folder.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(path: &str) -> FolderSource {
        FolderSource {
            path: path.into(),
            images: "images".into(),
            masks: "masks".into(),
            background: vec![0],
            lesion: vec![1, 2],
            split: FolderSplit::Lists {
                train: format!("{path}/train.txt").into(),
                select: "lists/select.txt".into(),
                report: format!("{path}/lists/report.txt").into(),
            },
        }
    }

    #[test]
    fn a_record_means_the_folder_from_anywhere() {
        let found = remembered(&recorded(&folder("mine")).unwrap(), None).unwrap();
        let here = std::env::current_dir().unwrap();
        assert_eq!(found.path, here.join("mine"));
        assert_eq!((found.lesion, found.images.as_str()), (vec![1, 2], "images"));
        let FolderSplit::Lists { train, select, .. } = found.split else { panic!("lists") };
        assert_eq!([train, select], [here.join("mine/train.txt"), here.join("lists/select.txt")]);
    }

    #[test]
    fn lists_in_a_folder_move_along_with_it() {
        let record = recorded(&folder("/old/mine")).unwrap();
        let found = remembered(&record, Some(Path::new("/new"))).unwrap();
        assert_eq!(found.path, Path::new("/new"));
        let FolderSplit::Lists { train, select, report } = found.split else { panic!("lists") };
        assert_eq!([train, report], ["/new/train.txt", "/new/lists/report.txt"].map(PathBuf::from));
        assert_eq!(select, std::env::current_dir().unwrap().join("lists/select.txt"));
        assert!(remembered(&Value::from(1), None).is_err());
    }
}
