//! How a run goes: a bar on a terminal, a line an epoch elsewhere.

use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};

use super::duration::human;
use super::label::Labels;
use super::printer::Printer;
use crate::executor::{Observer, PlanItem, Reason};
use crate::store::{EpochEvent, RunState};
use crate::train::BatchProgress;

/// Shows how an execution goes.
pub(super) struct Progress {
    printer: Printer,
    /// Runs that this execution is to work on, and how many of them have begun.
    due: usize,
    begun: usize,
    bar: ProgressBar,
    title: String,
    pace: Pace,
    images: Rate,
}

impl Progress {
    pub(super) fn new(printer: Printer, due: usize) -> Self {
        Self {
            printer,
            due,
            begun: 0,
            bar: ProgressBar::hidden(),
            title: String::new(),
            pace: Pace::new(0),
            images: Rate::new(),
        }
    }

    fn say(&self, text: &str) {
        self.bar.suspend(|| self.printer.note(text));
    }
}

impl Observer for Progress {
    fn run_starts(&mut self, item: &PlanItem) {
        self.begun += 1;
        self.title = format!("{} seed {}", Labels::of(item).behind(&item.run.variant), item.run.seed);
        self.pace = Pace::new(0);
        self.images = Rate::new();
        let from = match &item.reason {
            Reason::Interrupted { .. } | Reason::Failed { .. } => format!(" ({})", item.reason),
            _ => String::new(),
        };
        self.printer.note(format_args!("[{}/{}] {}: {}{from}", self.begun, self.due, self.title, item.id));
        self.bar = ProgressBar::with_draw_target(Some(1), self.printer.progress_target());
        if let Ok(style) = ProgressStyle::with_template("  {wide_bar} {msg}") {
            self.bar.set_style(style.progress_chars("█▉▊▋▌▍▎▏ "));
        }
        // Nothing is drawn before the first step otherwise, and that may take a while.
        self.bar.set_message("starting");
        self.bar.tick();
    }

    fn batch(&mut self, _item: &PlanItem, progress: BatchProgress) {
        let BatchProgress { epoch, epochs, batch, batches, .. } = progress;
        let position = (epoch - 1) * batches + batch;
        self.pace.step(position);
        self.images.count += progress.images;
        self.bar.set_length((epochs * batches) as u64);
        self.bar.set_position(position as u64);
        self.bar.set_message(format!(
            "{}: epoch {epoch}/{epochs}  loss {:.4}  lr {:.2e}  {:.1} images/s  {} left",
            self.title,
            progress.loss,
            progress.learning_rate,
            self.images.a_second(),
            human(self.pace.seconds_left(epochs * batches)),
        ));
    }

    fn epoch(&mut self, item: &PlanItem, event: &EpochEvent) {
        let epochs = item.run.settings.train.epochs;
        // The next epoch begins here, so that its first step counts with the time that it took.
        self.images = Rate::new();
        if self.printer.has_bar() {
            return;
        }
        let batches = self.pace.position / event.epoch.max(1);
        self.say(&format!(
            "{}: epoch {}/{epochs}  loss {:.4}  selection loss {:.4}  IoU {:.2} %  lr {:.2e}  {:.1} images/s  {}  {} left",
            self.title,
            event.epoch,
            event.train_loss,
            event.selection_loss,
            100.0 * event.selection_iou,
            event.learning_rate,
            event.images_per_second,
            human(event.seconds),
            human(self.pace.seconds_left(epochs * batches)),
        ));
    }

    fn waits(&mut self, runs: usize) {
        let whose = if runs == 1 {
            "a run that another process works on".to_owned()
        } else {
            format!("{runs} runs that other processes work on")
        };
        self.say(&format!("waiting for {whose}; Ctrl-C ends the wait"));
    }

    fn warning(&mut self, message: &str) {
        self.bar.suspend(|| self.printer.warning(message));
    }

    fn run_ends(&mut self, _item: &PlanItem, state: &RunState) {
        self.bar.finish_and_clear();
        match state {
            RunState::Done { best_epoch, seconds } => {
                self.say(&format!("{}: done in {}, best epoch {best_epoch}", self.title, human(*seconds)));
            }
            RunState::Interrupted { epochs_done } => {
                self.say(&format!("{}: interrupted in epoch {}", self.title, epochs_done + 1));
            }
            RunState::Failed { kind, message } => {
                self.printer.error(&format!("{} failed ({kind}): {message}", self.title), None);
            }
            RunState::Planned | RunState::Running => {}
        }
    }
}

/// Steps against time, from the first step that this process sees: what an earlier one did took other time.
struct Pace {
    begun: Instant,
    from: usize,
    position: usize,
}

impl Pace {
    fn new(from: usize) -> Self {
        Self { begun: Instant::now(), from, position: from }
    }

    fn step(&mut self, position: usize) {
        if self.position == 0 && position > 1 {
            self.from = position - 1;
        }
        self.position = position;
    }

    fn seconds_left(&self, steps: usize) -> f64 {
        let made = self.position.saturating_sub(self.from).max(1) as f64;
        self.begun.elapsed().as_secs_f64() / made * steps.saturating_sub(self.position) as f64
    }
}

/// Images of an epoch against time.
struct Rate {
    begun: Instant,
    count: usize,
}

impl Rate {
    fn new() -> Self {
        Self { begun: Instant::now(), count: 0 }
    }

    fn a_second(&self) -> f64 {
        self.count as f64 / self.begun.elapsed().as_secs_f64().max(1e-3)
    }
}
