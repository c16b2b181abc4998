//! How fast the runs trained.

use polars::prelude::Column;

use super::format::median;
use super::shown::{Show, Shown, Table};
use crate::report::error::ReportError;
use crate::report::input::{ReportInput, ReportRun};

pub(super) fn table(input: &ReportInput) -> Result<Table, ReportError> {
    let runs: Vec<&ReportRun> = input.runs.iter().filter(|run| !run.events.is_empty()).collect();
    let text = |value: &dyn Fn(&ReportRun) -> String| runs.iter().map(|run| value(run)).collect::<Vec<_>>();
    let number =
        |value: &dyn Fn(&ReportRun) -> Option<f64>| runs.iter().map(|run| value(run)).collect::<Vec<_>>();
    let columns = vec![
        Column::new("run".into(), text(&|run| run.record.id.clone())),
        Column::new("variant".into(), text(&|run| run.record.variant.clone())),
        Column::new("seed".into(), runs.iter().map(|run| run.record.seed).collect::<Vec<_>>()),
        Column::new("epochs".into(), runs.iter().map(|run| run.events.len() as u64).collect::<Vec<_>>()),
        Column::new(
            "images_per_second".into(),
            number(&|run| median(run.events.iter().map(|event| event.images_per_second))),
        ),
        Column::new(
            "epoch_seconds".into(),
            number(&|run| median(run.events.iter().map(|event| event.seconds))),
        ),
        Column::new(
            "seconds".into(),
            number(&|run| Some(run.events.iter().map(|event| event.seconds).sum())),
        ),
        Column::new("input_percent".into(), number(&input_share)),
        Column::new(
            "memory_mb".into(),
            runs.iter()
                .map(|run| run.events.iter().map(|event| event.memory_mb).max().filter(|peak| *peak > 0))
                .collect::<Vec<_>>(),
        ),
        Column::new("device".into(), text(&|run| run.record.provenance.device.clone())),
        Column::new("hardware".into(), text(&|run| run.record.provenance.hardware.clone())),
        Column::new(
            "threads".into(),
            runs.iter().map(|run| run.record.provenance.threads as u64).collect::<Vec<_>>(),
        ),
        Column::new("kernels".into(), text(&|run| run.record.provenance.kernels.clone())),
        Column::new("instruction_set".into(), text(&|run| run.record.provenance.instruction_set.clone())),
    ];
    let shown = vec![
        Shown::new("Variant", "variant", Show::Text),
        Shown::new("Seed", "seed", Show::Text),
        Shown::new("Epochs", "epochs", Show::Count),
        Shown::new("Images/s", "images_per_second", Show::Decimal(1)),
        Shown::new("Epoch", "epoch_seconds", Show::Seconds),
        Shown::new("All epochs", "seconds", Show::Seconds),
        Shown::new("Waiting for images (%)", "input_percent", Show::Decimal(2)),
        Shown::new("Memory (MB)", "memory_mb", Show::Count),
        Shown::new("Threads", "threads", Show::Count),
        Shown::new("Kernels", "kernels", Show::Text),
        Shown::new("Arithmetic", "instruction_set", Show::Text),
        Shown::new("Hardware", "hardware", Show::Text),
    ];
    let mut table = Table::new("speed", "Training speed", runs.len(), columns, shown)?;
    table.notes = vec![
        "Medians over epochs; an epoch\u{2019}s time includes the evaluation of its selection images, images/s doesn\u{2019}t. Times are of \
         whatever else the machine did."
            .to_owned(),
    ];
    Ok(table)
}

/// Share of the time that went by waiting for images, where every epoch tells.
fn input_share(run: &ReportRun) -> Option<f64> {
    let waited: Option<f64> = run.events.iter().map(|event| event.input_seconds).sum();
    let all: f64 = run.events.iter().map(|event| event.seconds).sum();
    (all > 0.0).then(|| waited.map(|waited| 100.0 * waited / all)).flatten()
}
