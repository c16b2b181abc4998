//! Every claimed cell with its verdict.

use polars::prelude::Column;

use super::shown::{Show, Shown, Table};
use crate::report::error::ReportError;
use crate::report::judged::Judged;

pub(super) fn table(judged: &[Judged<'_>]) -> Result<Table, ReportError> {
    let text = |value: &dyn Fn(&Judged<'_>) -> String| judged.iter().map(value).collect::<Vec<_>>();
    let number = |value: &dyn Fn(&Judged<'_>) -> Option<f64>| judged.iter().map(value).collect::<Vec<_>>();
    let columns = vec![
        Column::new("paper".into(), text(&|cell| cell.claims.paper.key.clone())),
        Column::new("table".into(), text(&|cell| cell.table.name.clone())),
        Column::new("row".into(), text(&|cell| cell.row.label.clone())),
        Column::new("column".into(), text(&|cell| cell.cell.heading.clone())),
        Column::new("definition".into(), text(&|cell| cell.cell.quantity.name().to_owned())),
        Column::new("unit".into(), text(&|cell| cell.cell.quantity.unit().to_owned())),
        Column::new("digits".into(), judged.iter().map(|cell| cell.cell.digits as u64).collect::<Vec<_>>()),
        Column::new("claimed".into(), judged.iter().map(|cell| cell.cell.value).collect::<Vec<_>>()),
        Column::new("claimed_std".into(), number(&|cell| cell.cell.spread)),
        Column::new("ours".into(), number(&|cell| cell.ours)),
        Column::new("ours_std".into(), number(&|cell| cell.std)),
        Column::new(
            "n".into(),
            judged.iter().map(|cell| cell.seeds.map(|seeds| seeds as u64)).collect::<Vec<_>>(),
        ),
        Column::new("difference".into(), number(&|cell| cell.difference())),
        Column::new("difference_low".into(), number(&|cell| Some(cell.interval?.0))),
        Column::new("difference_high".into(), number(&|cell| Some(cell.interval?.1))),
        Column::new("ours_low".into(), number(&|cell| Some(cell.estimate?.low))),
        Column::new("ours_high".into(), number(&|cell| Some(cell.estimate?.high))),
        Column::new("tolerance".into(), number(&|cell| cell.tolerance)),
        Column::new("verdict".into(), text(&|cell| cell.judgement.verdict.name().to_owned())),
        Column::new("verdict_at_half".into(), text(&|cell| cell.moved[0].name().to_owned())),
        Column::new("verdict_at_twice".into(), text(&|cell| cell.moved[1].name().to_owned())),
        Column::new("reason".into(), text(&|cell| cell.judgement.reason.clone())),
        Column::new("variant".into(), text(&|cell| cell.variant.unwrap_or_default().to_owned())),
        Column::new("runs".into(), text(&|cell| cell.runs.join(" "))),
        Column::new("deviations".into(), text(&|cell| cell.deviations.join(", "))),
        Column::new("evidence".into(), text(&|cell| cell.cell.evidence.name().to_owned())),
        Column::new("source".into(), text(&|cell| cell.cell.source.clone())),
    ];
    let shown = vec![
        Shown::new("Table", "table", Show::Text),
        Shown::new("Row", "row", Show::Text),
        Shown::new("Column", "column", Show::Text),
        Shown::new("Claimed", "claimed", Show::PrintedSpread),
        Shown::new("Ours", "ours", Show::PrintedSpread),
        Shown::new("n", "n", Show::Count),
        Shown::new("Difference", "difference", Show::PrintedSigned),
        Shown::new("Verdict", "verdict", Show::State),
        Shown::new("Half tolerance", "verdict_at_half", Show::Text),
        Shown::new("Twice", "verdict_at_twice", Show::Text),
        Shown::new("Why", "reason", Show::Text),
    ];
    let title = "Every claimed cell with its verdict";
    let mut table = Table::new("verdicts", title, judged.len(), columns, shown)?;
    table.notes = vec![
        "Difference = ours minus theirs, in the column\u{2019}s unit. In the file: the interval that decides (difference_low to \
         difference_high: over repeated trainings on these images), and that of our value over repeated draws of images and seeds \
         (ours_low to ours_high)."
            .to_owned(),
    ];
    Ok(table)
}
