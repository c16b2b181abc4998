//! `ege-bench status`: how far each run is.

use serde_json::json;

use super::args::PlanArguments;
use super::context::{Context, default_threads, experiment};
use super::duration::human;
use super::exit_code::ExitCode;
use super::failure::Failure;
use super::label::Labels;
use super::table::Table;
use crate::executor::{PlanItem, Reason};
use crate::store::{EpochEvent, StoreError};

/// Epochs whose mean time foretells the rest: few enough to follow a change of the machine's load.
const RECENT: usize = 5;

pub(super) fn run(context: &Context, arguments: &PlanArguments) -> Result<ExitCode, Failure> {
    let experiment = experiment(&arguments.experiment)?;
    let items = context.plan(&experiment, &*context.trainer(default_threads()))?;
    let stands = items
        .iter()
        .map(|item| Ok(Standing { item, events: context.results.run(&item.id).events()? }))
        .collect::<Result<Vec<_>, StoreError>>()?;
    if arguments.json {
        let runs: Vec<_> = stands.iter().map(Standing::json).collect();
        context.printer.json(&json!({ "experiment": experiment.name, "runs": runs }));
        return Ok(ExitCode::Success);
    }
    let titles = ["RUN", "VARIANT", "SEED", "STATE", "EPOCH", "LOSS", "IOU %", "LEFT"];
    let mut table = Table::new(titles);
    for standing in &stands {
        table.row(standing.row());
    }
    context.printer.result(table);
    Ok(ExitCode::Success)
}

/// How far a run is.
struct Standing<'a> {
    item: &'a PlanItem,
    events: Vec<EpochEvent>,
}

impl Standing<'_> {
    fn state(&self) -> String {
        match &self.item.reason {
            Reason::Failed { kind, .. } => format!("failed ({kind})"),
            other => other.state_word().to_owned(),
        }
    }

    fn epochs(&self) -> usize {
        self.item.run.settings.train.epochs
    }

    /// Complete epochs: what is told may be ahead of the checkpoint that an interrupted run goes on from.
    fn epochs_done(&self) -> usize {
        match self.item.reason {
            Reason::Interrupted { epochs_done } => epochs_done,
            _ => self.events.last().map_or(0, |event| event.epoch),
        }
    }

    fn last(&self) -> Option<&EpochEvent> {
        let done = self.epochs_done();
        self.events.iter().rev().find(|event| event.epoch <= done)
    }

    /// Seconds until a run that somebody works on is complete; unknown before its first epoch is.
    fn seconds_left(&self) -> Option<f64> {
        if self.item.reason != Reason::Busy {
            return None;
        }
        seconds_left(&self.events, self.epochs())
    }

    fn row(&self) -> [String; 8] {
        let last = self.last();
        let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        [
            self.item.id.clone(),
            Labels::of(self.item).behind(&self.item.run.variant),
            self.item.run.seed.to_string(),
            self.state(),
            format!("{}/{}", self.epochs_done(), self.epochs()),
            or_dash(last.map(|event| format!("{:.4}", event.train_loss))),
            or_dash(last.map(|event| format!("{:.2}", 100.0 * event.selection_iou))),
            or_dash(self.seconds_left().map(human)),
        ]
    }

    fn json(&self) -> serde_json::Value {
        json!({
            "id": self.item.id,
            "variant": self.item.run.variant,
            "seed": self.item.run.seed,
            "state": self.item.reason.state_word(),
            "detail": self.item.reason.to_string(),
            "synthetic": self.item.run.settings.data.source.is_synthetic(),
            "epoch": self.epochs_done(),
            "epochs": self.epochs(),
            "last": self.last().map(epoch_json),
            "seconds_left": self.seconds_left(),
        })
    }
}

fn epoch_json(event: &EpochEvent) -> serde_json::Value {
    json!({
        "epoch": event.epoch,
        "learning_rate": event.learning_rate,
        "train_loss": event.train_loss,
        "selection_loss": event.selection_loss,
        "selection_iou": event.selection_iou,
        "seconds": event.seconds,
        "images_per_second": event.images_per_second,
        "memory_mb": event.memory_mb,
    })
}

fn seconds_left(events: &[EpochEvent], epochs: usize) -> Option<f64> {
    let recent = &events[events.len().saturating_sub(RECENT)..];
    let last = recent.last()?;
    let mean = recent.iter().map(|event| event.seconds).sum::<f64>() / recent.len() as f64;
    Some(mean * epochs.saturating_sub(last.epoch) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_epochs_foretell_the_rest() {
        let event = |epoch: usize, seconds: f64| EpochEvent {
            epoch,
            learning_rate: 1e-3,
            train_loss: 1.0,
            selection_loss: 1.0,
            selection_iou: 0.5,
            seconds,
            input_seconds: None,
            images_per_second: 1.0,
            memory_mb: 0,
        };
        assert_eq!(seconds_left(&[], 10), None);
        let events: Vec<_> =
            (1..=7).map(|epoch| event(epoch, if epoch <= 2 { 100.0 } else { 2.0 })).collect();
        assert_eq!(seconds_left(&events, 10), Some(6.0));
        assert_eq!(seconds_left(&events, 7), Some(0.0));
    }
}
