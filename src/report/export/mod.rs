//! Tables as files: one exporter a format.

mod csv;
mod markdown;

use super::error::ReportError;
use super::table::Table;

/// A file format for tables.
pub(super) trait Exporter: Sync {
    /// The file name's extension, without a dot.
    fn extension(&self) -> &'static str;

    /// True where the format suits the table.
    fn takes(&self, table: &Table) -> bool;

    /// The file's content.
    ///
    /// # Errors
    /// When the frame can't be written.
    fn export(&self, table: &Table) -> Result<Vec<u8>, ReportError>;
}

/// Every format.
pub(super) const EXPORTERS: &[&dyn Exporter] = &[&csv::Csv, &markdown::Markdown];
