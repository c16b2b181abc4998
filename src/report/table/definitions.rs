//! What each metric means.

use polars::prelude::Column;

use super::shown::{Show, Shown, Table};
use crate::metric::Definition;
use crate::report::error::ReportError;

pub(super) fn table() -> Result<Table, ReportError> {
    let of = |value: fn(Definition) -> &'static str| Definition::ALL.map(value).to_vec();
    let columns = vec![
        Column::new("name".into(), of(Definition::name)),
        Column::new("title".into(), of(Definition::title)),
        Column::new("unit".into(), of(Definition::unit)),
        Column::new("formula".into(), of(Definition::formula)),
        Column::new("empty_masks".into(), of(Definition::empty_rule)),
        Column::new("explanation".into(), of(Definition::explanation)),
    ];
    let shown = vec![
        Shown::new("Metric", "title", Show::Text),
        Shown::new("Name in claims", "name", Show::Code),
        Shown::new("Unit", "unit", Show::Text),
        Shown::new("Formula", "formula", Show::Text),
        Shown::new("Empty masks", "empty_masks", Show::Text),
        Shown::new("What it says", "explanation", Show::Text),
    ];
    Table::new("definitions", "Definitions of the metrics", Definition::ALL.len(), columns, shown)
}
