//! Comma-separated values: every column at full precision.

use polars::prelude::{CsvWriter, SerWriter};

use super::Exporter;
use crate::report::error::ReportError;
use crate::report::table::Table;

/// CSV as polars writes it.
pub(super) struct Csv;

impl Exporter for Csv {
    fn name(&self) -> &'static str {
        "CSV"
    }

    fn extension(&self) -> &'static str {
        "csv"
    }

    fn is_text(&self) -> bool {
        true
    }

    fn takes(&self, _table: &Table) -> bool {
        true
    }

    fn export(&self, table: &Table) -> Result<Vec<u8>, ReportError> {
        let mut bytes = Vec::new();
        CsvWriter::new(&mut bytes)
            .finish(&mut table.frame.clone())
            .map_err(|source| ReportError::Table { table: table.name, source })?;
        Ok(bytes)
    }
}
