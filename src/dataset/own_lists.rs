//! Splits of the user's own id lists, kept in the data folder.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::split::{PARTS, text_of};
use super::{DatasetError, Split, atomic, known_ids, lock};
use crate::experiment::settings::{SplitBase, SplitName};

/// Problems that are told at once.
const TOLD: usize = 5;

/// Names of the user's own splits of a data set, sorted.
///
/// # Errors
/// When the folder is there and can't be read.
pub fn names(dataset: &str, data_dir: &Path) -> Result<Vec<String>, DatasetError> {
    let folder = folder(dataset, data_dir);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    for entry in fs_err::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        names.extend(name.strip_suffix(".txt").filter(|name| is_name(name)).map(str::to_owned));
    }
    names.sort_unstable();
    Ok(names)
}

/// Reads `train.txt`, `select.txt` and `report.txt` of `lists`, an id a line, and keeps them as split `name` of `dataset`
/// below `data_dir`; returns the split and the file that holds it.
///
/// Empty lines and lines that begin with `#` are passed over; the order doesn't matter. An earlier split of that name is
/// replaced.
///
/// # Errors
/// [`DatasetError::Lists`] where the name is taken or isn't one, a list is absent, or an id is unknown, repeated, or both
/// trains and is judged on; each with file and line.
pub fn keep(
    dataset: &str,
    name: &str,
    lists: &Path,
    data_dir: &Path,
) -> Result<(Split, PathBuf), DatasetError> {
    let known = known_ids(dataset)?;
    let refuse = |problem: String| DatasetError::Lists { lists: lists.to_owned(), problem };
    if !is_name(name) {
        let problem = format!(
            "`{name}` can\u{2019}t name a split: letters, digits, `-` and `_` can, and not like a fold or a split without leaks"
        );
        return Err(refuse(problem));
    }
    if lock::builtin().splits(dataset).contains(&name) {
        return Err(refuse(format!("`{name}` is a split of `datasets.lock`: choose another name")));
    }
    let mut problems = Vec::new();
    let mut parts: [Vec<String>; 3] = Default::default();
    for (part, ids) in PARTS.iter().zip(&mut parts) {
        let file = lists.join(format!("{part}.txt"));
        let text = fs_err::read_to_string(&file).map_err(|error| refuse(error.to_string()))?;
        let mut seen = BTreeSet::new();
        for (line, id) in text.lines().enumerate().map(|(line, text)| (line + 1, text.trim())) {
            if id.is_empty() || id.starts_with('#') {
                continue;
            }
            let place = format!("{}:{line}", file.display());
            if !known.contains(id) {
                problems.push(format!("{place}: `{id}` is not an image of {dataset}"));
            } else if seen.insert(id) {
                ids.push(id.to_owned());
            } else {
                problems.push(format!("{place}: {id} stands twice"));
            }
        }
        if ids.is_empty() && problems.is_empty() {
            problems.push(format!("{} names no image", file.display()));
        }
    }
    let [train, select, report] = parts;
    let judged: BTreeSet<&String> = select.iter().chain(&report).collect();
    let both: Vec<&String> = train.iter().filter(|id| judged.contains(id)).collect();
    if let Some(first) = both.first() {
        problems.push(format!("{} images train and are judged on as well, such as {first}", both.len()));
    }
    if !problems.is_empty() {
        let more = problems.len().saturating_sub(TOLD);
        problems.truncate(TOLD);
        if more > 0 {
            problems.push(format!("and {more} more"));
        }
        return Err(refuse(problems.join("\n  ")));
    }
    let split = Split::new(name, train, select, report);
    let path = folder(dataset, data_dir).join(format!("{name}.txt"));
    atomic::replace(&path, |file| Ok(file.write_all(text_of(parts_of(&split)).as_bytes())?))?;
    Ok((split, path))
}

/// The split that was kept; `known` are the names that are no own ones, for the message.
pub(super) fn read(
    dataset: &str,
    name: &str,
    data_dir: &Path,
    mut known: Vec<String>,
) -> Result<Split, DatasetError> {
    let own = names(dataset, data_dir)?;
    if !own.iter().any(|other| other == name) {
        known.extend(own);
        return Err(DatasetError::UnknownSplit { dataset: dataset.to_owned(), name: name.to_owned(), known });
    }
    let path = folder(dataset, data_dir).join(format!("{name}.txt"));
    let text = fs_err::read_to_string(&path)?;
    let parts = parsed(&text).filter(|parts| text_of(parts.each_ref().map(Vec::as_slice)) == text);
    let Some([train, select, report]) = parts else {
        let problem = "isn\u{2019}t a kept split any more: keep its lists again".to_owned();
        return Err(DatasetError::Lists { lists: path, problem });
    };
    Ok(Split::new(name, train, select, report))
}

fn parts_of(split: &Split) -> [&[String]; 3] {
    [&split.train, &split.select, &split.report]
}

/// The three lists of a kept file.
fn parsed(text: &str) -> Option<[Vec<String>; 3]> {
    let rest = text.strip_prefix("train\n")?;
    let (train, rest) = rest.split_once("select\n")?;
    let (select, report) = rest.split_once("report\n")?;
    let ids = |text: &str| text.lines().map(str::to_owned).collect();
    Some([ids(train), ids(select), ids(report)])
}

fn folder(dataset: &str, data_dir: &Path) -> PathBuf {
    data_dir.join("splits").join(dataset)
}

/// Letters, digits, `-` and `_`, and nothing that is made by rule: a name is a file's name and never a path.
fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let listed = SplitName { base: SplitBase::Listed(name.to_owned()), without_leaks: false };
    (1..=64).contains(&name.len())
        && name.chars().all(plain)
        && !name.starts_with(['-', '_'])
        && name.parse() == Ok(listed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::split_in;

    fn write(folder: &Path, parts: [&str; 3]) {
        for (part, text) in PARTS.iter().zip(parts) {
            fs_err::write(folder.join(format!("{part}.txt")), text).expect("a folder to write to");
        }
    }

    #[test]
    fn lists_are_kept_and_found_by_name() {
        let (lists, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        write(lists.path(), ["# mine\nISIC_0000001\n\nISIC_0000000\n", "ISIC_0000002\n", "ISIC_0000003"]);
        let (kept, path) = keep("isic2017", "mine", lists.path(), data.path()).unwrap();
        assert_eq!(kept.train, ["ISIC_0000000", "ISIC_0000001"]);
        assert_eq!(split_in("isic2017", "mine", data.path()).unwrap(), kept);
        assert_eq!(names("isic2017", data.path()).unwrap(), ["mine"]);
        assert_eq!(crate::dataset::digest::sha256(&fs_err::read(&path).unwrap()), kept.digest);
        let clean = split_in("isic2017", "mine-without-leaks", data.path()).unwrap();
        assert_eq!(clean.name, "mine-without-leaks");
        // A file that was edited isn't taken for lists.
        fs_err::write(&path, "train\nselect\n").unwrap();
        let error = split_in("isic2017", "mine", data.path()).unwrap_err();
        assert!(error.to_string().contains("keep its lists again"), "{error}");
        let error = split_in("isic2017", "other", data.path()).unwrap_err();
        assert!(error.to_string().contains("it has held-out, official, paper, mine"), "{error}");
    }

    #[test]
    fn lists_that_are_none_are_refused_with_their_place() {
        let (lists, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let told = |name: &str, parts| {
            write(lists.path(), parts);
            keep("isic2017", name, lists.path(), data.path()).unwrap_err().to_string()
        };
        let good = ["ISIC_0000000", "ISIC_0000002", "ISIC_0000003"];
        for (name, parts, expect) in [
            (
                "mine",
                ["ISIC_0000000\nISIC_9999999", good[1], good[2]],
                "train.txt:2: `ISIC_9999999` is not an image",
            ),
            (
                "mine",
                [good[0], "ISIC_0000002\nISIC_0000002", good[2]],
                "select.txt:2: ISIC_0000002 stands twice",
            ),
            ("mine", [good[0], good[1], "\n"], "report.txt names no image"),
            ("mine", [good[0], good[1], good[0]], "1 images train and are judged on as well"),
            ("paper", good, "is a split of `datasets.lock`"),
            ("fold-1-of-5", good, "can\u{2019}t name a split"),
            ("../up", good, "can\u{2019}t name a split"),
        ] {
            let message = told(name, parts);
            assert!(message.contains(expect), "{message}");
        }
        assert_eq!(names("isic2017", data.path()).unwrap(), Vec::<String>::new());
    }
}
