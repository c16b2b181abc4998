//! Tables as files: one exporter a format.

mod csv;
mod latex;
mod markdown;
mod parquet;
mod tex;

use super::error::ReportError;
use super::table::Table;

/// A file format for tables.
pub(super) trait Exporter: Sync {
    /// The format's name.
    fn name(&self) -> &'static str;

    /// The file name's extension, without a dot.
    fn extension(&self) -> &'static str;

    /// True for a format that people paste somewhere.
    fn is_text(&self) -> bool;

    /// True where the format suits the table.
    fn takes(&self, table: &Table) -> bool;

    /// The file's content.
    ///
    /// # Errors
    /// When the frame can't be written.
    fn export(&self, table: &Table) -> Result<Vec<u8>, ReportError>;
}

/// Every format.
pub(super) const EXPORTERS: &[&dyn Exporter] =
    &[&csv::Csv, &parquet::Parquet, &markdown::Markdown, &latex::Latex];
