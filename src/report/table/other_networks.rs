//! What a paper claims for networks that no run here is about.

use polars::prelude::Column;

use super::paper::evidence_note;
use super::shown::{Show, Shown, Table};
use crate::claim::{Cell, Claims, Quantity, Row};
use crate::metric::Definition;
use crate::report::error::ReportError;
use crate::report::input::ReportInput;
use crate::report::variant::{Variant, distinct};

/// A claimed row without a run.
struct Claimed<'a> {
    claims: &'a Claims,
    table: &'a crate::claim::Table,
    row: &'a Row,
}

/// The rows about no network of this experiment, of each paper's first table about its images.
pub(super) fn table(input: &ReportInput, variants: &[Variant<'_>]) -> Result<Table, ReportError> {
    let claimed = rows(input, variants);
    let text = |value: &dyn Fn(&Claimed<'_>) -> String| claimed.iter().map(value).collect::<Vec<_>>();
    let mut columns = vec![
        Column::new("paper".into(), text(&|claimed| claimed.claims.paper.key.clone())),
        Column::new("table".into(), text(&|claimed| claimed.table.name.clone())),
        Column::new("where".into(), text(&|claimed| claimed.table.title.clone())),
        Column::new("network".into(), text(&|claimed| claimed.row.label.clone())),
        Column::new("evidence".into(), text(&evidence)),
    ];
    let mut shown =
        vec![Shown::new("Network", "network", Show::Text), Shown::new("Claim", "where", Show::Text)];
    for quantity in
        [Quantity::Parameters, Quantity::ConvMacs].into_iter().chain(Definition::ALL.map(Quantity::Metric))
    {
        let printed: Vec<Option<String>> =
            claimed.iter().map(|claimed| cell(claimed.row, quantity).map(printed)).collect();
        // Quantities that no paper prints would only be empty columns to a reader.
        if printed.iter().any(Option::is_some) {
            shown.push(Shown::new(heading(quantity), quantity.name(), Show::Text));
        }
        columns.push(Column::new(quantity.name().into(), printed));
    }
    shown.push(Shown::new("Evidence", "evidence", Show::Text));
    let title = "What the paper claims for other networks";
    let mut table = Table::new("other-networks", title, claimed.len(), columns, shown)?;
    table.notes = vec![
        "Claims as printed, without a run beside them: this experiment trains none of these networks."
            .to_owned(),
        evidence_note(),
    ];
    Ok(table)
}

fn rows<'a>(input: &'a ReportInput, variants: &[Variant<'_>]) -> Vec<Claimed<'a>> {
    let real = || variants.iter().map(Variant::first).filter(|run| !run.record.synthetic);
    let main = |claims: &'a Claims| {
        let corresponds = |table: &crate::claim::Table| {
            real().any(|run| {
                let data = &run.settings.data;
                table.is_about(data) && table.size == data.size && table.images == run.images[2]
            })
        };
        claims.tables.iter().find(|table| corresponds(table))
    };
    let tables = input.claims.iter().filter_map(|claims| Some((claims, main(claims)?)));
    tables
        .flat_map(|(claims, table)| table.rows.iter().map(move |row| Claimed { claims, table, row }))
        .filter(|claimed| !real().any(|run| claimed.row.is_about(&run.settings.model)))
        .collect()
}

fn cell(row: &Row, quantity: Quantity) -> Option<&Cell> {
    row.cells.iter().find(|cell| cell.quantity == quantity)
}

fn printed(cell: &Cell) -> String {
    let digits = cell.digits;
    match cell.spread {
        Some(spread) => format!("{:.digits$} ± {spread:.digits$}", cell.value),
        None => format!("{:.digits$}", cell.value),
    }
}

fn heading(quantity: Quantity) -> String {
    match quantity {
        Quantity::Metric(definition) => format!("{} ({})", definition.title(), definition.unit()),
        Quantity::Parameters => "Parameters (M)".to_owned(),
        Quantity::ConvMacs => "Conv MACs (G)".to_owned(),
    }
}

fn evidence(claimed: &Claimed<'_>) -> String {
    distinct(claimed.row.cells.iter().map(|cell| cell.evidence.name())).join(", ")
}
