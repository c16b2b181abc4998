//! Which stored run is meant: an id, the beginning of one, or a folder.

use std::path::Path;

use super::failure::Failure;
use crate::store::{Results, RunFolder, RunRecord};

/// How many ids are shown where several begin as was asked.
const SHOWN: usize = 5;

/// The folder and the record of the run that `name` means: the path of a run's folder, or an id below `results`, of
/// which the beginning is enough where no other run's id begins so.
pub(super) fn find(results: &Results, name: &Path) -> Result<(RunFolder, RunRecord), Failure> {
    let folder = resolve(results, name)?;
    match folder.record()? {
        Some(record) => Ok((folder, record)),
        None => Err(Failure::usage(format!("{} holds no run.json", folder.path().display()), Some(hint()))),
    }
}

fn resolve(results: &Results, name: &Path) -> Result<RunFolder, Failure> {
    if name.join("run.json").is_file() {
        return Ok(RunFolder::new(name.to_owned()));
    }
    let runs = results.runs()?;
    let begins = |run: &&RunFolder| {
        let id = run.path().file_name().and_then(|id| id.to_str());
        // A name that isn't text is no id, and an empty one would be all of them.
        let name = name.to_str().filter(|name| !name.is_empty());
        id.zip(name).is_some_and(|(id, name)| id.starts_with(name))
    };
    let found: Vec<&RunFolder> = runs.iter().filter(begins).collect();
    let exact = found.iter().find(|run| run.path().file_name() == Some(name.as_os_str()));
    match (exact, found.as_slice()) {
        (Some(run), _) | (None, [run]) => Ok((*run).clone()),
        (None, []) => {
            let (name, place) = (name.display(), results.path().join("runs"));
            Err(Failure::usage(format!("there is no run `{name}` in {}", place.display()), Some(hint())))
        }
        (None, several) => {
            let ids: Vec<_> = several
                .iter()
                .take(SHOWN)
                .filter_map(|run| run.path().file_name())
                .map(|id| id.to_string_lossy())
                .collect();
            let more = several.len() - ids.len();
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            let message = format!("`{}` is the beginning of {}{more}", name.display(), ids.join(", "));
            Err(Failure::usage(message, Some("name one by more of its id".to_owned())))
        }
    }
}

fn hint() -> String {
    "name a run by its id (`ege-bench status EXPERIMENT` shows them), the beginning of it, or its folder"
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::failure::Message;

    #[test]
    fn runs_are_found_by_id_beginning_and_folder() {
        let root = tempfile::tempdir().unwrap();
        let results = Results::new(root.path());
        for id in ["net-s1-aa", "net-s1-ab", "net-s10-ab", "net-s1-a"] {
            fs_err::create_dir_all(results.run(id).path()).unwrap();
        }
        let elsewhere = root.path().join("elsewhere");
        fs_err::create_dir_all(&elsewhere).unwrap();
        fs_err::write(elsewhere.join("run.json"), "").unwrap();
        let check = |name: &str, expect: Result<&str, &str>| {
            let told = |failure: Failure| match failure.message {
                Message::Plain { error, .. } => error,
                Message::Experiment(error) => error.to_string(),
            };
            match (resolve(&results, Path::new(name)), expect) {
                (Ok(run), Ok(expect)) => assert_eq!(run.path(), root.path().join(expect), "{name}"),
                (Err(failure), Err(expect)) => {
                    let error = told(failure);
                    assert!(error.contains(expect), "{name}: {error}");
                }
                (found, expect) => panic!("{name}: {found:?}, expected {expect:?}"),
            }
        };
        check("net-s1-aa", Ok("runs/net-s1-aa"));
        check("net-s1-a", Ok("runs/net-s1-a"));
        check("net-s10", Ok("runs/net-s10-ab"));
        check("net-s1-", Err("is the beginning of net-s1-a, net-s1-aa, net-s1-ab"));
        check("net-s2", Err("there is no run `net-s2` in "));
        check("", Err("there is no run ``"));
        check(&elsewhere.to_string_lossy(), Ok("elsewhere"));
    }
}
