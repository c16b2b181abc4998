//! Which run is meant by an id, the beginning of one, or a path.

use std::path::Path;

use crate::cli::failure::Failure;
use crate::store::{Results, RunFolder, RunRecord, StoreError};

/// Candidates that are listed where several are meant.
const LISTED: usize = 10;

/// The run that `name` means: its id, a beginning that no other id has, or the path of its folder.
///
/// # Errors
/// When there is none or several, or the results can't be listed.
pub(in crate::cli) fn find(results: &Results, name: impl AsRef<Path>) -> Result<RunFolder, Failure> {
    let path = name.as_ref();
    // A name that isn't text is no id.
    match of_results(results, &path.to_string_lossy()) {
        Ok(folder) => Ok(folder),
        Err(failure) => {
            // A damaged folder is meant, too, where its path is typed.
            let typed_as_path = path.components().count() > 1 && path.is_dir();
            if typed_as_path || path.join("run.json").is_file() {
                Ok(RunFolder::new(path.to_owned()))
            } else {
                Err(failure)
            }
        }
    }
}

/// The run of the results that `text` means: its id, or a beginning that no other id has.
///
/// # Errors
/// When there is none or several, or the results can't be listed.
pub(in crate::cli) fn of_results(results: &Results, text: &str) -> Result<RunFolder, Failure> {
    let runs = results.runs()?;
    let ids: Vec<String> = runs.iter().map(id).collect();
    if let Some(at) = ids.iter().position(|id| id == text) {
        return Ok(runs[at].clone());
    }
    let matching: Vec<usize> =
        (0..ids.len()).filter(|at| !text.is_empty() && ids[*at].starts_with(text)).collect();
    match matching[..] {
        [at] => Ok(runs[at].clone()),
        [] => Err(unknown(results, text, &ids)),
        _ => {
            let mut listed: Vec<&str> = matching.iter().take(LISTED).map(|at| ids[*at].as_str()).collect();
            if matching.len() > LISTED {
                listed.push("...");
            }
            let message =
                format!("`{text}` is the beginning of {} ids: {}", matching.len(), listed.join(", "));
            Err(Failure::usage(message, Some("type more of the id".to_owned())))
        }
    }
}

/// The name of a run's folder, which is its id.
pub(in crate::cli) fn id(folder: &RunFolder) -> String {
    folder.path().file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The record of a run that must have one.
///
/// # Errors
/// When it has none, or one that can't be read.
pub(in crate::cli) fn record(folder: &RunFolder) -> Result<RunRecord, Failure> {
    let missing = || StoreError::Damaged {
        path: folder.path().join("run.json"),
        message: "there is no such file, so nothing is known about the run".to_owned(),
    };
    Ok(folder.record()?.ok_or_else(missing)?)
}

fn unknown(results: &Results, text: &str, ids: &[String]) -> Failure {
    let place = results.path().display();
    let nearest = ids
        .iter()
        .map(|id| (strsim::normalized_damerau_levenshtein(text, id), id))
        .filter(|(closeness, _)| *closeness >= 0.6)
        .max_by(|(left, _), (right, _)| left.total_cmp(right));
    let hint = match nearest {
        Some((_, id)) => format!("did you mean `{id}`?"),
        None if ids.is_empty() => format!("{place} holds no run; other results are named by `--results DIR`"),
        None => "`ege-bench store list` lists the runs; a path of a run's folder is taken, too".to_owned(),
    };
    Failure::usage(format!("there is no run `{text}` in {place}"), Some(hint))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::failure::Message;

    #[test]
    fn a_run_is_found_by_what_tells_it_apart() {
        let root = tempfile::tempdir().unwrap();
        let results = Results::new(root.path());
        for id in ["net-s1-aa", "net-s1-ab", "net-s1", "other-s2-cc"] {
            fs_err::create_dir_all(results.run(id).path()).unwrap();
        }
        let told = |text: &str| match find(&results, text) {
            Ok(folder) => id(&folder),
            Err(Failure { message: Message::Plain { error, hint }, .. }) => {
                format!("{error}; {}", hint.unwrap_or_default())
            }
            Err(other) => panic!("{other:?}"),
        };
        assert_eq!(told("net-s1-aa"), "net-s1-aa");
        assert_eq!(told("net-s1"), "net-s1", "an id is itself, whatever begins with it");
        assert_eq!(told("oth"), "other-s2-cc");
        let ambiguous = told("net-s1-");
        assert!(ambiguous.contains("2 ids: net-s1-aa, net-s1-ab; type more"), "{ambiguous}");
        assert!(told("other-s2-cx").contains("did you mean `other-s2-cc`?"));
        for text in ["", "..", "x"] {
            assert!(told(text).contains("there is no run"), "{text}");
        }
        let path = results.run("net-s1-ab").path().to_string_lossy().into_owned();
        assert_eq!(told(&path), "net-s1-ab");
    }
}
