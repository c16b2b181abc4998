//! One row a run, whatever became of it.

use polars::prelude::Column;

use super::format::median;
use super::shown::{Show, Shown, Table};
use crate::experiment::settings::Selection;
use crate::metric::Definition;
use crate::report::error::ReportError;
use crate::report::input::{ReportInput, ReportRun};
use crate::store::{RunState, Weights};

pub(super) fn table(input: &ReportInput) -> Result<Table, ReportError> {
    let runs = &input.runs;
    let number = |value: &dyn Fn(&ReportRun) -> Option<f64>| runs.iter().map(value).collect::<Vec<_>>();
    let whole = |value: &dyn Fn(&ReportRun) -> Option<u64>| runs.iter().map(value).collect::<Vec<_>>();
    let text = |value: &dyn Fn(&ReportRun) -> String| runs.iter().map(value).collect::<Vec<_>>();
    let columns = vec![
        Column::new("run".into(), text(&|run| run.record.id.clone())),
        Column::new("variant".into(), text(&|run| run.record.variant.clone())),
        Column::new("seed".into(), runs.iter().map(|run| run.record.seed).collect::<Vec<_>>()),
        Column::new("synthetic".into(), runs.iter().map(|run| run.record.synthetic).collect::<Vec<_>>()),
        Column::new("encoder_start".into(), text(&ReportRun::start)),
        Column::new("state".into(), text(&|run| state(run).0)),
        Column::new("reason".into(), text(&|run| state(run).1)),
        Column::new("epochs".into(), whole(&|run| Some(run.events.len() as u64))),
        Column::new("best_epoch".into(), whole(&|run| run.best_epoch().map(|epoch| epoch as u64))),
        Column::new("iou_best".into(), number(&|run| iou(run, Weights::Best))),
        Column::new("iou_last".into(), number(&|run| iou(run, Weights::Last))),
        Column::new(
            "best_minus_last".into(),
            number(&|run| Some(iou(run, Weights::Best)? - iou(run, Weights::Last)?)),
        ),
        Column::new("iou_selection".into(), number(&ReportRun::selection_iou)),
        Column::new("selection_gap".into(), number(&selection_gap)),
        Column::new("seconds".into(), number(&seconds)),
        Column::new("images_per_second".into(), number(&images_per_second)),
        Column::new(
            "memory_mb".into(),
            whole(&|run| run.events.iter().map(|event| event.memory_mb).max().filter(|memory| *memory > 0)),
        ),
        Column::new("sessions".into(), whole(&|run| Some(run.record.provenance.sessions as u64))),
    ];
    let shown = vec![
        Shown::new("Variant", "variant", Show::Text),
        Shown::new("Seed", "seed", Show::Text),
        Shown::new("State", "state", Show::State),
        Shown::new("Epochs", "epochs", Show::Count),
        Shown::new("Best epoch", "best_epoch", Show::Count),
        Shown::new("IoU, best (%)", "iou_best", Show::Percent),
        Shown::new("IoU, last (%)", "iou_last", Show::Percent),
        Shown::new("Best \u{2212} last (points)", "best_minus_last", Show::Points),
        Shown::new("Selection gap (points)", "selection_gap", Show::Points),
        Shown::new("Time", "seconds", Show::Seconds),
        Shown::new("Images/s", "images_per_second", Show::Decimal(1)),
    ];
    let mut table = Table::new("runs", "Every run", runs.len(), columns, shown)?;
    table.notes = vec![
        "IoU is pooled over the reported images, under the weights of the selected (best) and of the last epoch. \
         Selection gap = IoU on the selection images minus IoU on the reported images, in points; missing where \
         both are the same images, or no image selected the epoch. Images/s is the median over epochs of training alone."
            .to_owned(),
    ];
    table.notes.extend(runs.iter().filter(|run| !state(run).1.is_empty()).map(|run| {
        let (name, reason) = state(run);
        format!("{}, seed {}: {name}, {reason}.", run.record.variant, run.record.seed)
    }));
    Ok(table)
}

/// A word for the state, and its reason where there is more to say.
fn state(run: &ReportRun) -> (String, String) {
    let (word, reason) = match &run.record.state {
        RunState::Planned => ("planned", "nothing done yet".to_owned()),
        RunState::Running => ("running", "a process works on it, or died without a word".to_owned()),
        RunState::Interrupted { epochs_done } => {
            let of = run.settings.train.epochs;
            ("interrupted", format!("{epochs_done} of {of} epochs are complete; the same command goes on"))
        }
        RunState::Failed { kind, message } => ("failed", format!("{kind}: {message}")),
        RunState::Done { .. } => ("done", String::new()),
    };
    (word.to_owned(), reason)
}

fn iou(run: &ReportRun, weights: Weights) -> Option<f64> {
    run.is_done().then(|| Definition::PooledIou.value(&run.counts_of(weights))).flatten()
}

fn selection_gap(run: &ReportRun) -> Option<f64> {
    if run.selects_on_report || run.settings.train.selection == Selection::Last {
        return None;
    }
    Some(run.selection_iou()? - iou(run, Weights::Best)?)
}

fn seconds(run: &ReportRun) -> Option<f64> {
    match run.record.state {
        RunState::Done { seconds, .. } => Some(seconds),
        _ if run.events.is_empty() => None,
        _ => Some(run.events.iter().map(|event| event.seconds).sum()),
    }
}

fn images_per_second(run: &ReportRun) -> Option<f64> {
    median(run.events.iter().map(|event| event.images_per_second))
}
