//! One row a reported image of every run: the counts and distances that every metric comes from.

use polars::prelude::Column;

use super::shown::Table;
use crate::metric::Definition;
use crate::report::error::ReportError;
use crate::report::input::{ReportInput, ReportRun};
use crate::report::variant::score;
use crate::store::{CountsRow, Weights};

pub(super) fn table(input: &ReportInput) -> Result<Table, ReportError> {
    let rows: Vec<(&ReportRun, &CountsRow)> =
        input.runs.iter().flat_map(|run| run.counts.iter().map(move |counts| (run, counts))).collect();
    let whole =
        |value: &dyn Fn(&CountsRow) -> u64| rows.iter().map(|(_, row)| value(row)).collect::<Vec<_>>();
    let metric = |definition: Definition| {
        rows.iter().map(|(_, row)| definition.value(&[score(row)])).collect::<Vec<_>>()
    };
    let weights = |row: &CountsRow| match row.weights {
        Weights::Best => "best",
        Weights::Last => "last",
    };
    let columns = vec![
        Column::new("run".into(), rows.iter().map(|(run, _)| run.record.id.as_str()).collect::<Vec<_>>()),
        Column::new(
            "variant".into(),
            rows.iter().map(|(run, _)| run.record.variant.as_str()).collect::<Vec<_>>(),
        ),
        Column::new("seed".into(), rows.iter().map(|(run, _)| run.record.seed).collect::<Vec<_>>()),
        Column::new("synthetic".into(), rows.iter().map(|(run, _)| run.record.synthetic).collect::<Vec<_>>()),
        Column::new("weights".into(), rows.iter().map(|(_, row)| weights(row)).collect::<Vec<_>>()),
        Column::new("image".into(), rows.iter().map(|(_, row)| row.image.as_str()).collect::<Vec<_>>()),
        Column::new("tp".into(), whole(&|row| row.tp)),
        Column::new("fp".into(), whole(&|row| row.fp)),
        Column::new("fn".into(), whole(&|row| row.fn_)),
        Column::new("tn".into(), whole(&|row| row.tn)),
        Column::new("image_iou".into(), metric(Definition::ImageIou)),
        Column::new("image_dice".into(), metric(Definition::ImageDice)),
        Column::new("hd95".into(), metric(Definition::Hd95)),
        Column::new("assd".into(), metric(Definition::Assd)),
    ];
    let mut table = Table::new("images", "Every reported image", rows.len(), columns, Vec::new())?;
    table.long = true;
    Ok(table)
}
