//! A claims file as typed: every value with its place where a mistake may have to be shown.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;

use crate::claim::claims::{Evidence, SelectedOn};
use crate::experiment::settings::Protocol;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub format: Spanned<u32>,
    pub paper: FilePaper,
    #[serde(default)]
    pub tolerance: Vec<FileTolerance>,
    #[serde(default)]
    pub ratio: Vec<FileRatio>,
    #[serde(default)]
    pub storage: Vec<FileStorage>,
    pub table: Vec<FileTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FilePaper {
    pub key: String,
    pub title: String,
    pub authors: String,
    pub venue: String,
    pub link: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileTolerance {
    pub quantity: Spanned<String>,
    pub value: Spanned<f64>,
    pub registered: Spanned<Datetime>,
    pub reason: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileRowName {
    pub table: Spanned<String>,
    pub row: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileRatio {
    pub text: String,
    pub quantity: Spanned<String>,
    pub value: Spanned<String>,
    pub of: FileRowName,
    pub to: FileRowName,
    pub evidence: Evidence,
    pub source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileStorage {
    pub text: String,
    pub kilobytes: Spanned<String>,
    pub of: FileRowName,
    pub evidence: Evidence,
    pub source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct FileTable {
    pub name: Spanned<String>,
    pub title: String,
    pub dataset: String,
    pub split: String,
    pub images: Spanned<usize>,
    pub size: Spanned<usize>,
    pub protocol: String,
    pub epochs: Option<Spanned<usize>>,
    pub training: Option<Protocol>,
    pub repeats: Option<Spanned<usize>>,
    #[serde(default)]
    pub selection: SelectedOn,
    pub lesion_pixels: Option<FileLesionPixels>,
    pub evidence: Evidence,
    pub source: String,
    pub columns: Vec<FileColumn>,
    pub row: Vec<FileRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileLesionPixels {
    pub count: Spanned<u64>,
    pub source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileColumn {
    pub name: Spanned<String>,
    pub heading: String,
    pub quantity: Spanned<String>,
    pub evidence: Option<Evidence>,
    pub source: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileRow {
    pub label: Spanned<String>,
    pub model: Option<Spanned<String>>,
    pub settings: Option<Spanned<toml::Table>>,
    pub identified: Option<Spanned<bool>>,
    #[serde(default)]
    pub change: String,
    #[serde(default)]
    pub note: String,
    pub cells: BTreeMap<Spanned<String>, Spanned<String>>,
}
