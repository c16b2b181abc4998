//! Parquet: every column at full precision, with its type.

use polars::prelude::ParquetWriter;

use super::Exporter;
use crate::report::error::ReportError;
use crate::report::table::Table;

/// Parquet as polars writes it, on one thread.
pub(super) struct Parquet;

impl Exporter for Parquet {
    fn name(&self) -> &'static str {
        "Parquet"
    }

    fn extension(&self) -> &'static str {
        "parquet"
    }

    fn is_text(&self) -> bool {
        false
    }

    fn takes(&self, _table: &Table) -> bool {
        true
    }

    fn export(&self, table: &Table) -> Result<Vec<u8>, ReportError> {
        let mut bytes = Vec::new();
        // One row group and one thread: the bytes depend on nothing but the frame.
        ParquetWriter::new(&mut bytes)
            .with_row_group_size(Some(table.frame.height().max(1)))
            .set_parallel(false)
            .finish(&mut table.frame.clone())
            .map_err(|source| ReportError::Table { table: table.name, source })?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use polars::prelude::{Column, ParquetReader, SerReader};

    use super::*;

    fn table(columns: Vec<Column>) -> Table {
        let height = columns[0].len();
        Table::new("test", "Test", height, columns, Vec::new()).unwrap()
    }

    #[test]
    fn a_table_comes_back_as_it_was() {
        let values: Vec<f64> = (0..3000).map(|at| 1.0 / (3.0 + f64::from(at))).collect();
        for columns in [
            vec![
                Column::new("name".into(), ["a", "\u{b1}\n\""]),
                Column::new("iou".into(), [Some(0.1 + 0.2), None]),
                Column::new("n".into(), [u64::MAX, 0]),
                Column::new("synthetic".into(), [true, false]),
            ],
            vec![Column::new("iou".into(), values)],
            vec![Column::new("empty".into(), Vec::<String>::new())],
        ] {
            let table = table(columns);
            let bytes = Parquet.export(&table).unwrap();
            assert!(bytes == Parquet.export(&table).unwrap(), "the same bytes");
            let back = ParquetReader::new(Cursor::new(bytes)).finish().unwrap();
            assert!(back.equals_missing(&table.frame), "{back} is not {}", table.frame);
        }
    }
}
