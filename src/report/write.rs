//! From the input to the files.

use std::io;
use std::path::{Path, PathBuf};

use super::conclusion::Conclusion;
use super::error::ReportError;
use super::export::EXPORTERS;
use super::findings::Findings;
use super::input::ReportInput;
use super::manifest::{Manifest, ReportFile};
use super::page;
use super::table::Tables;

/// How a file below the results folder is written: all or nothing.
pub type Sink<'a> = dyn FnMut(&Path, &[u8]) -> io::Result<()> + 'a;

/// The files of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The page.
    pub page: PathBuf,
    /// The tables, in the order in which they were written.
    pub tables: Vec<PathBuf>,
    /// Where the manifest stands.
    pub manifest_path: PathBuf,
    /// What stands in it.
    pub manifest: Manifest,
    /// What it says of the claims.
    pub conclusion: Conclusion,
}

/// Writes `tables/*`, `report.html` and `report.json` below `out`, through `sink`, in this order.
///
/// The same input gives the same bytes.
///
/// # Errors
/// When a table, chart or image can't be made, or the sink fails.
pub fn write(input: &ReportInput, out: &Path, sink: &mut Sink<'_>) -> Result<Written, ReportError> {
    let findings = Findings::of(input);
    let tables = Tables::of(&findings)?;
    let (page, manifest_path) = (out.join("report.html"), out.join("report.json"));
    let html = page::render(&findings, &tables)?;

    let (mut written, mut files) = (Vec::new(), Vec::new());
    for table in tables.all() {
        for exporter in EXPORTERS.iter().filter(|exporter| exporter.takes(table)) {
            let name = format!("{}.{}", table.name, exporter.extension());
            let path = out.join("tables").join(&name);
            let bytes = exporter.export(table)?;
            put(sink, &path, &bytes)?;
            files.push(ReportFile::new(format!("tables/{name}"), &bytes));
            written.push(path);
        }
    }
    // The page comes after its tables, the manifest last: where it is new, all that it names is.
    put(sink, &page, html.as_bytes())?;
    files.push(ReportFile::new("report.html", html.as_bytes()));
    let manifest = Manifest::new(input, files);
    let json = manifest
        .to_json()
        .map_err(|error| ReportError::Write { path: manifest_path.clone(), source: error.into() })?;
    put(sink, &manifest_path, json.as_bytes())?;
    let conclusion = Conclusion::of(&findings);
    Ok(Written { page, tables: written, manifest_path, manifest, conclusion })
}

fn put(sink: &mut Sink<'_>, path: &Path, bytes: &[u8]) -> Result<(), ReportError> {
    sink(path, bytes).map_err(|source| ReportError::Write { path: path.to_owned(), source })
}
