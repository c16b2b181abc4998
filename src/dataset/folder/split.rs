//! Which images of a user's folder train, select and report.

use std::collections::BTreeSet;
use std::path::Path;

use crate::dataset::{DatasetError, Split};
use crate::experiment::settings::{FolderSource, FolderSplit};
use crate::random;

/// The split of the images with these sorted ids.
///
/// # Errors
/// [`DatasetError::List`] with the file and line that names no image, one twice, or one that trains as well; when a list
/// can't be read; when there are too few images.
pub(super) fn split(source: &FolderSource, ids: &[String]) -> Result<Split, DatasetError> {
    let name = source.split.name();
    match &source.split {
        FolderSplit::Lists { train, select, report } => {
            let ids: BTreeSet<&str> = ids.iter().map(String::as_str).collect();
            let trained = list(train, &ids, &BTreeSet::new())?;
            let others: BTreeSet<&str> = trained.iter().map(String::as_str).collect();
            let (select, report) = (list(select, &ids, &others)?, list(report, &ids, &others)?);
            Ok(Split::new(name, trained, select, report))
        }
        FolderSplit::Fractions { select, report, seed } => {
            let mut drawn: Vec<&String> = ids.iter().collect();
            let mut draws = random::stream(*seed, "folder-split", 0, "");
            for index in (1..drawn.len()).rev() {
                drawn.swap(index, draws.below(index as u64 + 1) as usize);
            }
            // At least one image each.
            let count = |part: f64| ((part * ids.len() as f64).round() as usize).max(1);
            let (select, report) = (count(*select), count(*report));
            if select + report >= ids.len() {
                let problem = format!(
                    "{} images are too few: {select} select, {report} are reported on, none trains",
                    ids.len()
                );
                return Err(DatasetError::UserFolder { folder: source.path.clone(), problem });
            }
            let owned = |ids: &[&String]| ids.iter().map(|&id| id.clone()).collect();
            let (select, rest) = drawn.split_at(select);
            let (report, train) = rest.split_at(report);
            Ok(Split::new(name, owned(train), owned(select), owned(report)))
        }
    }
}

/// The ids of a list, one a line; lines that are empty or begin with `#` are passed over. An ending such as `.jpg` may stand
/// behind an id.
fn list(path: &Path, ids: &BTreeSet<&str>, taken: &BTreeSet<&str>) -> Result<Vec<String>, DatasetError> {
    let text = fs_err::read_to_string(path)?;
    let mut found = BTreeSet::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let wrong = |problem: String| DatasetError::List { path: path.to_owned(), line: number, problem };
        let stem = || line.rsplit_once('.').map(|(stem, _)| stem).filter(|stem| ids.contains(stem));
        let id = Some(line).filter(|line| ids.contains(line)).or_else(stem);
        let id = id.ok_or_else(|| wrong(format!("`{line}` is no image of the folder")))?;
        if taken.contains(id) {
            return Err(wrong(format!("`{id}` is in the list of images that train, too")));
        }
        if !found.insert(id.to_owned()) {
            return Err(wrong(format!("`{id}` stands twice")));
        }
    }
    if found.is_empty() {
        return Err(DatasetError::List {
            path: path.to_owned(),
            line: 1,
            problem: "names no image".to_owned(),
        });
    }
    Ok(found.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(count: usize) -> Vec<String> {
        (0..count).map(|i| format!("p{i:03}")).collect()
    }

    fn folder(split: FolderSplit) -> FolderSource {
        FolderSource {
            path: "mine".into(),
            images: "images".into(),
            masks: "masks".into(),
            background: vec![0],
            lesion: vec![255],
            split,
        }
    }

    #[test]
    fn fractions_divide_all_images_by_the_seed_alone() {
        let drawn = |seed| folder(FolderSplit::Fractions { select: 0.1, report: 0.25, seed });
        let one = split(&drawn(1), &ids(40)).unwrap();
        assert_eq!((one.train.len(), one.select.len(), one.report.len()), (26, 4, 10));
        assert_eq!(one.ids().len(), 40);
        assert_eq!(split(&drawn(1), &ids(40)).unwrap(), one);
        assert_ne!(split(&drawn(2), &ids(40)).unwrap().digest, one.digest);
        let error = split(&drawn(1), &ids(2)).unwrap_err();
        assert!(error.to_string().contains("2 images are too few"), "{error}");
    }

    #[test]
    fn lists_are_told_with_file_and_line() {
        let root = tempfile::tempdir().unwrap();
        let path = |name: &str| root.path().join(name);
        let lists = |train: &str, select: &str, report: &str| {
            for (name, text) in [("train", train), ("select", select), ("report", report)] {
                fs_err::write(path(name), text).unwrap();
            }
            let (train, select, report) = (path("train"), path("select"), path("report"));
            split(&folder(FolderSplit::Lists { train, select, report }), &ids(6))
        };
        let made = lists("# mine\np001\np000.jpg\n", "\np002\n", "p002\np003.png\n").unwrap();
        assert_eq!(made.train, ["p000", "p001"]);
        assert_eq!((made.select.len(), made.report.len()), (1, 2));
        let check = |result: Result<Split, DatasetError>, expect: &str| {
            let error = result.unwrap_err();
            assert!(error.to_string().ends_with(expect) && error.is_usage(), "{error}");
        };
        check(lists("p001\n\nq\n", "p002", "p003"), "train:3: `q` is no image of the folder");
        check(lists("p001\np001\n", "p002", "p003"), "train:2: `p001` stands twice");
        check(
            lists("p001\n", "p002\np001", "p003"),
            "select:2: `p001` is in the list of images that train, too",
        );
        check(lists("p001\n", "p002", "# none"), "report:1: names no image");
    }
}
