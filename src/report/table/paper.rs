//! Our numbers beside the paper's.

use polars::prelude::Column;

use super::shown::{Show, Shown, Table};
use crate::report::against::Against;
use crate::report::error::ReportError;

/// What the words in the column of evidence mean.
pub(super) fn evidence_note() -> String {
    "Evidence: table = a published table as transcribed; log = a log that the authors posted; code = read or run from \
     the authors\u{2019} released code."
        .to_owned()
}

pub(super) fn table(pairs: &[Against<'_>]) -> Result<Table, ReportError> {
    let text = |value: &dyn Fn(&Against<'_>) -> String| pairs.iter().map(value).collect::<Vec<_>>();
    let number = |value: &dyn Fn(&Against<'_>) -> f64| pairs.iter().map(value).collect::<Vec<_>>();
    let columns = vec![
        Column::new("variant".into(), text(&|pair| pair.variant.to_owned())),
        Column::new("paper".into(), text(&|pair| pair.claims.paper.key.clone())),
        Column::new("table".into(), text(&|pair| pair.table.name.clone())),
        Column::new("row".into(), text(&|pair| pair.row.label.clone())),
        Column::new("where".into(), text(&|pair| format!("{}, {}", pair.table.title, pair.row.label))),
        Column::new("column".into(), text(&|pair| pair.cell.heading.clone())),
        Column::new("quantity".into(), text(&|pair| pair.cell.quantity.name().to_owned())),
        Column::new("unit".into(), text(&|pair| pair.cell.quantity.unit().to_owned())),
        Column::new("digits".into(), pairs.iter().map(|pair| pair.cell.digits as u64).collect::<Vec<_>>()),
        Column::new("ours".into(), number(&|pair| pair.ours)),
        Column::new("ours_std".into(), pairs.iter().map(|pair| pair.ours_std).collect::<Vec<_>>()),
        Column::new("n".into(), pairs.iter().map(|pair| pair.n.map(|n| n as u64)).collect::<Vec<_>>()),
        Column::new("claimed".into(), number(&|pair| pair.cell.value)),
        Column::new("claimed_std".into(), pairs.iter().map(|pair| pair.cell.spread).collect::<Vec<_>>()),
        Column::new("difference".into(), number(&|pair| pair.difference())),
        Column::new("evidence".into(), text(&|pair| pair.cell.evidence.name().to_owned())),
        Column::new("source".into(), text(&|pair| pair.cell.source.clone())),
    ];
    let shown = vec![
        Shown::new("Variant", "variant", Show::Text),
        Shown::new("Claim", "where", Show::Text),
        Shown::new("Column", "column", Show::Text),
        Shown::new("Definition", "quantity", Show::Code),
        Shown::new("Ours", "ours", Show::PrintedSpread),
        Shown::new("n", "n", Show::Count),
        Shown::new("Paper", "claimed", Show::PrintedSpread),
        Shown::new("Difference", "difference", Show::PrintedSigned),
        Shown::new("Evidence", "evidence", Show::Text),
    ];
    let mut table = Table::new("paper", "Ours beside the paper\u{2019}s", pairs.len(), columns, shown)?;
    table.notes = vec![
        "Difference = ours minus paper, in the column's unit: percentage points for metrics in %. Only cells whose data \
         set, split, network, input size and number of images correspond; verdicts stand with the claims."
            .to_owned(),
        evidence_note(),
    ];
    Ok(table)
}
