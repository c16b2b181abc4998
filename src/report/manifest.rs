//! `report.json`: every file of a report with its hash, and what the report was made of.

use serde::{Deserialize, Serialize};

use super::input::ReportInput;
use crate::digest::sha256;

/// Version of the manifest's format.
pub const FORMAT: u32 = 1;

/// The content of `report.json`.
///
/// With the same runs, the same program and the same `generated`, a report has the same files, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Manifest {
    /// Version of this format.
    pub format: u32,
    /// The experiment's name.
    pub experiment: String,
    /// When the report was written, RFC 3339 in UTC.
    pub generated: String,
    /// The command that makes the results again.
    pub command: String,
    /// Version of the program that wrote the report.
    pub ege_bench: String,
    /// Every file but this one, in the order in which they were written.
    pub files: Vec<ReportFile>,
}

/// A file of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ReportFile {
    /// Where it stands below the manifest's folder, with `/` between the parts.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256 in hexadecimal.
    pub sha256: String,
}

impl Manifest {
    /// A manifest of the given files.
    pub(super) fn new(input: &ReportInput, files: Vec<ReportFile>) -> Self {
        Self {
            format: FORMAT,
            experiment: input.name.clone(),
            generated: input.generated.clone(),
            command: input.command.clone(),
            ege_bench: env!("CARGO_PKG_VERSION").to_owned(),
            files,
        }
    }

    /// As it stands in the file.
    ///
    /// # Errors
    /// None that a manifest of strings and numbers could have.
    pub fn to_json(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

impl ReportFile {
    /// What is to be said of a file's content.
    pub fn new(path: impl Into<String>, content: &[u8]) -> Self {
        Self { path: path.into(), bytes: content.len() as u64, sha256: sha256(content) }
    }
}
