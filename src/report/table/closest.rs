//! Which definition of a metric comes closest to a claimed cell.

use polars::prelude::Column;

use super::shown::{Show, Shown, Table};
use crate::claim::Quantity;
use crate::metric::Definition;
use crate::report::error::ReportError;
use crate::report::judged::Judged;
use crate::report::variant::Variant;

/// Definitions that papers print under one name.
const FAMILIES: [&[Definition]; 2] = [
    &[Definition::PooledIou, Definition::ImageIou, Definition::TwoClassIou],
    &[Definition::PooledDice, Definition::ImageDice],
];

/// A claimed cell, and our value by each definition that it could mean.
struct Row<'a, 'b> {
    judged: &'b Judged<'a>,
    values: Vec<(Definition, f64)>,
}

impl Row<'_, '_> {
    fn closest(&self) -> (Definition, f64) {
        let away = |value: f64| (value - self.judged.cell.value).abs();
        let first = self.values[0];
        self.values.iter().fold(first, |best, one| if away(one.1) < away(best.1) { *one } else { best })
    }
}

pub(super) fn table(judged: &[Judged<'_>], variants: &[Variant<'_>]) -> Result<Table, ReportError> {
    let rows: Vec<Row<'_, '_>> = judged.iter().filter_map(|judged| row(judged, variants)).collect();
    let text = |value: &dyn Fn(&Row<'_, '_>) -> String| rows.iter().map(value).collect::<Vec<_>>();
    let number = |value: &dyn Fn(&Row<'_, '_>) -> f64| rows.iter().map(value).collect::<Vec<_>>();
    let columns = vec![
        Column::new("table".into(), text(&|row| row.judged.table.name.clone())),
        Column::new("row".into(), text(&|row| row.judged.row.label.clone())),
        Column::new("column".into(), text(&|row| row.judged.cell.heading.clone())),
        Column::new("claimed".into(), number(&|row| row.judged.cell.value)),
        Column::new("assumed".into(), text(&|row| row.judged.cell.quantity.name().to_owned())),
        Column::new("closest".into(), text(&|row| row.closest().0.name().to_owned())),
        Column::new("ours".into(), number(&|row| row.closest().1)),
        Column::new("difference".into(), number(&|row| row.closest().1 - row.judged.cell.value)),
        Column::new("all".into(), text(&each)),
    ];
    let shown = vec![
        Shown::new("Table", "table", Show::Text),
        Shown::new("Row", "row", Show::Text),
        Shown::new("Column", "column", Show::Text),
        Shown::new("Claimed", "claimed", Show::Decimal(2)),
        Shown::new("Taken as", "assumed", Show::Code),
        Shown::new("Closest definition", "closest", Show::Code),
        Shown::new("Ours by it", "ours", Show::Decimal(2)),
        Shown::new("Difference", "difference", Show::Signed(2)),
        Shown::new("Ours by each", "all", Show::Text),
    ];
    let title = "Which definition reproduces a cell best";
    let mut table = Table::new("closest-definition", title, rows.len(), columns, shown)?;
    table.notes = vec![
        "Papers print different metrics as \u{201c}mIoU\u{201d}. Where the closest definition isn\u{2019}t the one that the claims file takes the cell \
         for, that is a reason to look into the paper\u{2019}s code, not a result: another network or protocol can move our value as far."
            .to_owned(),
    ];
    Ok(table)
}

fn each(row: &Row<'_, '_>) -> String {
    row.values
        .iter()
        .map(|(definition, value)| format!("{definition} {value:.2}"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn row<'a, 'b>(judged: &'b Judged<'a>, variants: &[Variant<'_>]) -> Option<Row<'a, 'b>> {
    let Quantity::Metric(claimed) = judged.cell.quantity else { return None };
    let family = FAMILIES.iter().find(|family| family.contains(&claimed))?;
    let name = judged.variant?;
    let sample = variants.iter().find(|variant| variant.name == name)?.sample.as_ref().ok()?;
    let value = |definition: &Definition| {
        let summary = sample.summary(*definition)?;
        Some((*definition, definition.in_unit(summary.mean)))
    };
    let values: Vec<(Definition, f64)> = family.iter().filter_map(value).collect();
    (!values.is_empty()).then_some(Row { judged, values })
}
