//! One row an epoch of every run: what the learning curves are drawn from.

use polars::prelude::Column;

use super::shown::Table;
use crate::report::error::ReportError;
use crate::report::input::{ReportInput, ReportRun};
use crate::store::EpochEvent;

pub(super) fn table(input: &ReportInput) -> Result<Table, ReportError> {
    let rows: Vec<(&ReportRun, &EpochEvent)> =
        input.runs.iter().flat_map(|run| run.events.iter().map(move |event| (run, event))).collect();
    let number =
        |value: &dyn Fn(&EpochEvent) -> f64| rows.iter().map(|(_, event)| value(event)).collect::<Vec<_>>();
    let columns = vec![
        Column::new("run".into(), rows.iter().map(|(run, _)| run.record.id.as_str()).collect::<Vec<_>>()),
        Column::new(
            "variant".into(),
            rows.iter().map(|(run, _)| run.record.variant.as_str()).collect::<Vec<_>>(),
        ),
        Column::new("seed".into(), rows.iter().map(|(run, _)| run.record.seed).collect::<Vec<_>>()),
        Column::new("synthetic".into(), rows.iter().map(|(run, _)| run.record.synthetic).collect::<Vec<_>>()),
        Column::new("epoch".into(), rows.iter().map(|(_, event)| event.epoch as u64).collect::<Vec<_>>()),
        Column::new("learning_rate".into(), number(&|event| event.learning_rate)),
        Column::new("train_loss".into(), number(&|event| event.train_loss)),
        Column::new("selection_loss".into(), number(&|event| event.selection_loss)),
        Column::new("selection_iou".into(), number(&|event| event.selection_iou)),
        Column::new("seconds".into(), number(&|event| event.seconds)),
        Column::new(
            "input_seconds".into(),
            rows.iter().map(|(_, event)| event.input_seconds).collect::<Vec<_>>(),
        ),
        Column::new("images_per_second".into(), number(&|event| event.images_per_second)),
        Column::new("memory_mb".into(), rows.iter().map(|(_, event)| event.memory_mb).collect::<Vec<_>>()),
    ];
    let mut table = Table::new("epochs", "Every epoch", rows.len(), columns, Vec::new())?;
    table.long = true;
    Ok(table)
}
