//! `manifest.json`: what is in an archive, checked before anything of it is believed.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::store::{CORE_FILES, FileKind};

/// The format of archives that this version writes and the newest that it reads.
pub const ARCHIVE_FORMAT: u32 = 1;

/// Name of the manifest, an archive's first entry.
pub const MANIFEST: &str = "manifest.json";

/// The longest id of a run.
const LONGEST_ID: usize = 100;

/// What is in an archive, in the order of its entries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Manifest {
    /// Version of the archive's format.
    pub format: u32,
    /// Version of ege-bench that wrote it.
    pub version: String,
    /// The runs, sorted by id.
    pub runs: Vec<ArchiveRun>,
}

/// A run in an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ArchiveRun {
    /// The run's id.
    pub id: String,
    /// Its files, sorted by path.
    pub files: Vec<ArchiveFile>,
}

/// A file of a run in an archive; the entry is `runs/<id>/<path>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ArchiveFile {
    /// Its path from the run's folder.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// SHA-256 of its bytes, in hexadecimal digits.
    pub sha256: String,
}

impl ArchiveRun {
    /// The entry of one of its files.
    pub fn entry(&self, file: &ArchiveFile) -> String {
        format!("runs/{}/{}", self.id, file.path)
    }
}

impl Manifest {
    /// Sum of all files' lengths.
    pub fn bytes(&self) -> u64 {
        let files = self.runs.iter().flat_map(|run| &run.files);
        files.fold(0, |sum, file| sum.saturating_add(file.bytes))
    }

    /// Parses the text and checks that every name in it is one that an archive of runs can have.
    ///
    /// # Errors
    /// What was found and what is allowed; a newer format is told before anything else.
    pub fn parse(text: &[u8]) -> Result<Self, String> {
        let value: Value = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        match value.get("format").and_then(Value::as_u64) {
            Some(found) if found > u64::from(ARCHIVE_FORMAT) => {
                return Err(format!(
                    "archive format {found} is newer than {ARCHIVE_FORMAT}, the newest that this version knows"
                ));
            }
            Some(1..) => {}
            _ => {
                return Err(
                    "no archive format found; a whole number from 1 named `format` is expected".into()
                );
            }
        }
        let manifest: Self = serde_json::from_value(value).map_err(|error| error.to_string())?;
        manifest.check()?;
        Ok(manifest)
    }

    fn check(&self) -> Result<(), String> {
        if self.runs.is_empty() {
            return Err("it names no run".into());
        }
        if !self.runs.is_sorted_by(|a, b| a.id < b.id) {
            return Err("its runs are not sorted, or one stands twice".into());
        }
        for run in &self.runs {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if run.id.is_empty() || run.id.len() > LONGEST_ID || !run.id.chars().all(plain) {
                return Err(format!(
                    "run {:?}: an id is small letters, digits and `-`, at most {LONGEST_ID} of them",
                    run.id
                ));
            }
            check_files(&run.files).map_err(|message| format!("run {}: {message}", run.id))?;
        }
        Ok(())
    }
}

fn check_files(files: &[ArchiveFile]) -> Result<(), String> {
    if !files.is_sorted_by(|a, b| a.path < b.path) {
        return Err("its files are not sorted, or one stands twice".into());
    }
    let mut seen = BTreeSet::new();
    for file in files {
        if FileKind::of(&file.path) == FileKind::Other {
            return Err(format!("{:?} is no file of a run", file.path));
        }
        // Some file systems don't tell such names apart.
        if !seen.insert(file.path.to_lowercase()) {
            return Err(format!("{:?} differs from another file only in large and small letters", file.path));
        }
        if file.sha256.len() != 64 || !file.sha256.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')) {
            return Err(format!("{}: the SHA-256 is not 64 hexadecimal digits", file.path));
        }
    }
    match CORE_FILES.into_iter().find(|core| files.iter().all(|file| file.path != *core)) {
        Some(missing) => Err(format!("{missing} is missing, which every finished run has")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn good() -> Value {
        let file = |path: &str| json!({"path": path, "bytes": 3, "sha256": "0".repeat(64)});
        json!({"format": 1, "version": "0.1.0", "runs": [{"id": "net-s1-00ff", "files": CORE_FILES.map(file)}]})
    }

    fn check(tamper: impl Fn(&mut Value), expect: &str) {
        let mut value = good();
        tamper(&mut value);
        match Manifest::parse(value.to_string().as_bytes()) {
            Ok(_) => assert_eq!(expect, "fine"),
            Err(error) => assert!(error.contains(expect), "{error}, expected {expect}"),
        }
    }

    #[test]
    fn only_names_of_runs_and_their_files_are_believed() {
        check(|_| (), "fine");
        check(|m| m["format"] = json!(2), "archive format 2 is newer than 1");
        check(|m| m["format"] = json!(0), "no archive format");
        check(|m| m["surprise"] = json!(1), "unknown field `surprise`");
        check(|m| m["runs"] = json!([]), "names no run");
        check(|m| m["runs"] = json!([m["runs"][0], m["runs"][0]]), "stands twice");
        for id in ["", "..", "a/b", "/a", "A", "ä", "a\u{0}", ".unfinished-x", &"a".repeat(101)] {
            check(|m| m["runs"][0]["id"] = json!(id), "an id is small letters");
        }
        for path in ["../run.json", "/etc/passwd", "lock", "masks/../x.png", "run.json/", "s\\run.json"] {
            check(
                |m| {
                    let files = m["runs"][0]["files"].as_array_mut().unwrap();
                    files.push(json!({"path": path, "bytes": 1, "sha256": "0".repeat(64)}));
                    files.sort_by_key(|file| file["path"].to_string());
                },
                "is no file of a run",
            );
        }
        check(
            |m| {
                let files = m["runs"][0]["files"].as_array_mut().unwrap();
                for (at, path) in [(3, "masks/A.png"), (4, "masks/a.png")] {
                    files.insert(at, json!({"path": path, "bytes": 1, "sha256": "0".repeat(64)}));
                }
            },
            "only in large and small letters",
        );
        check(|m| m["runs"][0]["files"][0]["sha256"] = json!("0"), "not 64 hexadecimal digits");
        check(|m| m["runs"][0]["files"][0]["bytes"] = json!(-1), "invalid value");
        check(|m| drop(m["runs"][0]["files"].as_array_mut().unwrap().remove(1)), "counts.jsonl is missing");
    }

    #[test]
    fn sizes_that_no_disk_has_are_no_overflow() {
        let mut value = good();
        for at in 0..4 {
            value["runs"][0]["files"][at]["bytes"] = json!(u64::MAX);
        }
        assert_eq!(Manifest::parse(value.to_string().as_bytes()).unwrap().bytes(), u64::MAX);
    }
}
