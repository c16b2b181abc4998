//! From the input to the files.

use std::io;
use std::path::{Path, PathBuf};

use super::error::ReportError;
use super::export::EXPORTERS;
use super::input::ReportInput;
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
}

/// Writes `report.html` and `tables/*` below `out`, through `sink`.
///
/// The same input gives the same bytes.
///
/// # Errors
/// When a table, chart or image can't be made, or the sink fails.
pub fn write(input: &ReportInput, out: &Path, sink: &mut Sink<'_>) -> Result<Written, ReportError> {
    let tables = Tables::of(input)?;
    let page = out.join("report.html");
    let html = page::render(input, &tables)?;

    let mut written = Vec::new();
    for table in tables.all() {
        for exporter in EXPORTERS.iter().filter(|exporter| exporter.takes(table)) {
            let path = out.join("tables").join(format!("{}.{}", table.name, exporter.extension()));
            let bytes = exporter.export(table)?;
            put(sink, &path, &bytes)?;
            written.push(path);
        }
    }
    // The page comes last: where it is new, its tables are.
    put(sink, &page, html.as_bytes())?;
    Ok(Written { page, tables: written })
}

fn put(sink: &mut Sink<'_>, path: &Path, bytes: &[u8]) -> Result<(), ReportError> {
    sink(path, bytes).map_err(|source| ReportError::Write { path: path.to_owned(), source })
}
