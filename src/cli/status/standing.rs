//! How far one run is.

use std::time::SystemTime;

use serde_json::json;

use crate::cli::duration::human;
use crate::cli::failure::Failure;
use crate::cli::label::Labels;
use crate::cli::pace;
use crate::executor::{PlanItem, Reason, refresh_one};
use crate::store::{EpochEvent, Results, Signs};

/// The titles of a run's cells.
pub(super) const TITLES: [&str; 9] =
    ["RUN", "VARIANT", "SEED", "STATE", "EPOCH", "LOSS", "IOU %", "LEFT", "LAST SIGN"];

/// How far a run is, as last seen.
pub(super) struct Standing {
    item: PlanItem,
    events: Vec<EpochEvent>,
    /// What was seen from outside at the last look, and whether somebody worked on the run.
    seen: Option<(Signs, bool)>,
    /// Seconds since somebody who works on the run last wrote something.
    silent: Option<f64>,
}

impl Standing {
    /// A run that was just planned.
    pub(super) fn new(item: PlanItem) -> Self {
        Self { item, events: Vec::new(), seen: None, silent: None }
    }

    /// The run.
    pub(super) fn item(&self) -> &PlanItem {
        &self.item
    }

    /// Looks at the run again and returns whether it changed. Files that look the same from outside aren't read.
    ///
    /// # Errors
    /// When the run's folder can't be read.
    pub(super) fn look(&mut self, results: &Results) -> Result<bool, Failure> {
        let folder = results.run(&self.item.id);
        let signs = folder.signs();
        // Nobody works on what is done, and asking takes the lock for an instant.
        let busy = self.item.reason != Reason::Done && folder.is_locked()?;
        let before = (self.item.reason.clone(), self.events.last().cloned());
        let (seen, was_busy) = self.seen.unwrap_or_default();
        let first = self.seen.is_none();
        if first || seen.record != signs.record || was_busy != busy {
            refresh_one(&mut self.item, results)?;
        }
        if first || seen.events != signs.events {
            let is_done = self.item.reason == Reason::Done;
            self.events = if is_done { folder.events()? } else { folder.events_so_far()? };
        }
        self.seen = Some((signs, busy));
        self.silent = (self.item.reason == Reason::Busy)
            .then(|| folder.last_sign())
            .flatten()
            .map(|sign| SystemTime::now().duration_since(sign).unwrap_or_default().as_secs_f64());
        Ok(before != (self.item.reason.clone(), self.events.last().cloned()))
    }

    fn variant(&self) -> String {
        Labels::of(&self.item).behind(&self.item.run.variant)
    }

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
    pub(super) fn epochs_done(&self) -> usize {
        match self.item.reason {
            Reason::Interrupted { epochs_done } => epochs_done,
            _ => self.events.last().map_or(0, |event| event.epoch),
        }
    }

    fn last(&self) -> Option<&EpochEvent> {
        let done = self.epochs_done();
        self.events.iter().rev().find(|event| event.epoch <= done)
    }

    /// Seconds of the run's epochs; unknown before its first is complete.
    pub(super) fn seconds_an_epoch(&self) -> Option<f64> {
        pace::seconds_an_epoch(self.events.iter().map(|event| event.seconds))
    }

    /// Seconds until a run that somebody works on is complete; unknown before its first epoch is.
    fn seconds_left(&self) -> Option<f64> {
        if self.item.reason != Reason::Busy {
            return None;
        }
        Some(self.seconds_an_epoch()? * self.epochs().saturating_sub(self.epochs_done()) as f64)
    }

    /// The run's cells.
    pub(super) fn row(&self) -> [String; 9] {
        let last = self.last();
        let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        [
            self.item.id.clone(),
            self.variant(),
            self.item.run.seed.to_string(),
            self.state(),
            format!("{}/{}", self.epochs_done(), self.epochs()),
            or_dash(last.map(|event| format!("{:.4}", event.train_loss))),
            or_dash(last.map(|event| format!("{:.2}", 100.0 * event.selection_iou))),
            or_dash(self.seconds_left().map(human)),
            or_dash(self.silent.map(|seconds| format!("{} ago", human(seconds)))),
        ]
    }

    /// The run in a line, where its table isn't shown.
    pub(super) fn line(&self) -> String {
        let numbers = self
            .last()
            .map(|event| format!("loss {:.4}  IoU {:.2} %", event.train_loss, 100.0 * event.selection_iou));
        let left = self.seconds_left().map(|seconds| format!("{} left", human(seconds)));
        let epochs = format!("epoch {}/{}", self.epochs_done(), self.epochs());
        let parts: Vec<String> = [Some(epochs), numbers, left].into_iter().flatten().collect();
        let seed = self.item.run.seed;
        format!("{} seed {seed}: {}, {}", self.variant(), self.state(), parts.join("  "))
    }

    /// The run for machines.
    pub(super) fn json(&self) -> serde_json::Value {
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
            "seconds_since_sign": self.silent,
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
