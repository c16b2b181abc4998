//! Whether the claims can be true, before any run.

use polars::prelude::Column;

use super::shown::{Show, Shown, Table};
use crate::claim::Finding;
use crate::report::error::ReportError;
use crate::report::input::ReportInput;

pub(super) fn table(input: &ReportInput) -> Result<Table, ReportError> {
    let mut rows: Vec<(&str, &Finding)> = input
        .claims
        .iter()
        .zip(&input.audits)
        .flat_map(|(claims, audit)| {
            audit.findings.iter().map(move |finding| (claims.paper.key.as_str(), finding))
        })
        .collect();
    // The gravest first; within an outcome the order of the audit.
    rows.sort_by_key(|(_, finding)| std::cmp::Reverse(finding.outcome));
    let text = |value: &dyn Fn(&Finding) -> String| {
        rows.iter().map(|(_, finding)| value(finding)).collect::<Vec<_>>()
    };
    let columns = vec![
        Column::new("paper".into(), rows.iter().map(|(paper, _)| *paper).collect::<Vec<_>>()),
        Column::new("check".into(), text(&|finding| finding.check.name().to_owned())),
        Column::new("outcome".into(), text(&|finding| finding.outcome.name().to_owned())),
        Column::new("table".into(), text(&|finding| finding.table.clone())),
        Column::new("row".into(), text(&|finding| finding.row.clone())),
        Column::new("columns".into(), text(&|finding| finding.columns.join(", "))),
        Column::new("arithmetic".into(), text(&|finding| finding.arithmetic.clone())),
    ];
    let shown = vec![
        Shown::new("Check", "check", Show::Text),
        Shown::new("Outcome", "outcome", Show::State),
        Shown::new("Table", "table", Show::Text),
        Shown::new("Row", "row", Show::Text),
        Shown::new("About", "columns", Show::Text),
        Shown::new("Arithmetic", "arithmetic", Show::Text),
    ];
    Table::new("audit", "Audit of the claims, without training", rows.len(), columns, shown)
}
