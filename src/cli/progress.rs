//! How an execution goes: on a terminal a bar for each running job above a line for all runs, elsewhere a line an epoch.

use std::collections::HashMap;
use std::time::Instant;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::duration::human;
use super::label::Labels;
use super::pace::{Pace, Rate};
use super::printer::Printer;
use super::sweep::{Counts, Run, Stand, Sweep, said};
use crate::executor::{Observer, PlanItem, Reason, Trainer};
use crate::store::{EpochEvent, RunState};
use crate::train::BatchProgress;

/// Seconds between two looks at the whole sweep: steps may be shorter than it takes.
const PAUSE: f64 = 0.2;

/// Shows how an execution goes.
pub(super) struct Progress {
    printer: Printer,
    jobs: usize,
    began: Instant,
    sweep: Sweep,
    /// Runs that this execution was to work on in the beginning.
    due: usize,
    /// Each run's position in the sweep.
    positions: HashMap<String, usize>,
    /// What has begun, by the run's id.
    jobs_shown: HashMap<String, Job>,
    /// The line for all runs, where there are several, and when it was renewed.
    whole: Option<ProgressBar>,
    renewed: f64,
}

/// A run that has begun.
struct Job {
    /// The how-manieth it is.
    number: usize,
    title: String,
    bar: ProgressBar,
    pace: Pace,
    rate: Rate,
}

impl Progress {
    /// Progress of an execution that is to work on the runs `due`, up to `jobs` at once.
    pub(super) fn new(printer: Printer, due: &[&PlanItem], jobs: usize, trainer: &dyn Trainer) -> Self {
        let mut sweep = Sweep::of(due.iter().copied(), |model, size| trainer.cost(model, size).conv_macs);
        for run in &mut sweep.runs {
            // Failed before, to be tried again now.
            run.stand = Stand::Waiting;
        }
        Self {
            printer,
            jobs,
            began: Instant::now(),
            sweep,
            due: due.len(),
            positions: due.iter().enumerate().map(|(index, item)| (item.id.clone(), index)).collect(),
            jobs_shown: HashMap::new(),
            whole: None,
            renewed: f64::NEG_INFINITY,
        }
    }

    fn time(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }

    /// The run in the sweep; one that wasn't expected is added.
    fn run(&mut self, item: &PlanItem) -> &mut Run {
        let sweep = &mut self.sweep;
        let position = *self.positions.entry(item.id.clone()).or_insert_with(|| sweep.add(item));
        &mut self.sweep.runs[position]
    }

    /// What is shown of the run.
    fn job(&mut self, item: &PlanItem) -> &mut Job {
        let time = self.time();
        let number = self.jobs_shown.len() + 1;
        self.jobs_shown.entry(item.id.clone()).or_insert_with(|| Job {
            number,
            title: format!("{} seed {}", Labels::of(item).behind(&item.run.variant), item.run.seed),
            bar: ProgressBar::hidden(),
            pace: Pace::after(0),
            rate: Rate::from(time),
        })
    }

    /// A bar for a run, above the line for all of them.
    fn bar(&mut self) -> ProgressBar {
        let bars = self.printer.bars();
        if self.sweep.runs.len() > 1 && self.whole.is_none() {
            self.whole = Some(bars.add(bar("  {wide_msg}")));
        }
        let bar = bar("  {bar:12} {wide_msg}");
        match &self.whole {
            Some(whole) => bars.insert_before(whole, bar),
            None => bars.add(bar),
        }
    }

    /// Tells the sweep how far a run is.
    fn note_pace(&mut self, item: &PlanItem) {
        let pace = &self.job(item).pace;
        let (done, seconds) = (pace.epochs_done(), pace.seconds_an_epoch());
        let run = self.run(item);
        run.epochs_done = done;
        run.seconds_an_epoch = seconds.or(run.seconds_an_epoch);
    }

    /// Renews the line for all runs.
    fn renew(&mut self) {
        self.renewed = self.time();
        if let Some(whole) = self.whole.as_ref().filter(|_| self.printer.has_bar()) {
            whole.set_message(self.sweep.line(self.jobs));
        }
    }
}

/// A bar drawn as the template says; nothing is drawn before it is among others.
fn bar(template: &str) -> ProgressBar {
    let bar = ProgressBar::hidden();
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style.progress_chars("█▉▊▋▌▍▎▏ ")),
        Err(_) => bar,
    }
}

impl Observer for Progress {
    fn run_starts(&mut self, item: &PlanItem) {
        let due = self.due.max(self.jobs_shown.len() + usize::from(!self.jobs_shown.contains_key(&item.id)));
        let from = match &item.reason {
            Reason::Interrupted { .. } | Reason::Failed { .. } => format!(" ({})", item.reason),
            _ => String::new(),
        };
        let time = self.time();
        let bars = self.printer.bars();
        self.run(item).stand = Stand::Running;
        let bar = self.bar();
        let epochs_done = self.run(item).epochs_done as usize;
        let job = self.job(item);
        // It may have begun before, and its lock was taken.
        clear(&job.bar, bars);
        job.bar = bar;
        job.pace = Pace::after(epochs_done);
        job.rate = Rate::from(time);
        let text = format!("[{}/{due}] {}: {}{from}", job.number, job.title, item.id);
        // Nothing is drawn before the first step otherwise, and that may take a while.
        job.bar.set_message(format!("{}: starting", job.title));
        job.bar.tick();
        self.printer.note(text);
        self.renew();
    }

    fn batch(&mut self, item: &PlanItem, progress: BatchProgress) {
        let time = self.time();
        let has_bar = self.printer.has_bar();
        let job = self.job(item);
        job.pace.step(time, &progress);
        let images_a_second = job.rate.seen(time, progress.images);
        if has_bar {
            let BatchProgress { epoch, epochs, batch, batches, .. } = progress;
            job.bar.set_length((epochs * batches) as u64);
            job.bar.set_position(((epoch - 1) * batches + batch) as u64);
            job.bar.set_message(format!(
                "{}: epoch {epoch}/{epochs}  {} left  loss {:.4}  lr {:.2e}  {images_a_second:.1} images/s",
                job.title,
                seconds(job.pace.seconds_left(epochs)),
                progress.loss,
                progress.learning_rate,
            ));
        }
        self.note_pace(item);
        if time - self.renewed >= PAUSE {
            self.renew();
        }
    }

    fn epoch(&mut self, item: &PlanItem, event: &EpochEvent) {
        let time = self.time();
        let epochs = item.run.settings.train.epochs;
        let job = self.job(item);
        job.pace.epoch(time, event);
        // The next epoch begins here, so that its first step counts with the time that it took.
        job.rate = Rate::from(time);
        let text = format!(
            "{}: epoch {}/{epochs}  loss {:.4}  selection loss {:.4}  IoU {:.2} %  lr {:.2e}  {:.1} images/s  {}  {} left",
            job.title,
            event.epoch,
            event.train_loss,
            event.selection_loss,
            100.0 * event.selection_iou,
            event.learning_rate,
            event.images_per_second,
            human(event.seconds),
            seconds(job.pace.seconds_left(epochs)),
        );
        self.note_pace(item);
        if self.printer.has_bar() {
            self.renew();
            return;
        }
        let counts = self.sweep.counts();
        if counts.runs > 1 {
            let left = said(self.sweep.left(self.jobs));
            let Counts { done, runs, .. } = counts;
            self.printer.note(format_args!("{text}; {done} of {runs} runs done, {left} left"));
        } else {
            self.printer.note(text);
        }
    }

    fn waits(&mut self, runs: usize) {
        let whose = if runs == 1 {
            "a run that another process works on".to_owned()
        } else {
            format!("{runs} runs that other processes work on")
        };
        self.printer.note(format_args!("waiting for {whose}; Ctrl-C ends the wait"));
    }

    fn warning(&mut self, message: &str) {
        self.printer.warning(message);
    }

    fn run_ends(&mut self, item: &PlanItem, state: &RunState) {
        let epochs = item.run.settings.train.epochs as f64;
        let run = self.run(item);
        (run.stand, run.epochs_done) = match state {
            RunState::Done { .. } => (Stand::Done, epochs),
            RunState::Failed { .. } => (Stand::Failed, run.epochs_done),
            RunState::Interrupted { epochs_done } => (Stand::Waiting, *epochs_done as f64),
            RunState::Planned | RunState::Running => (Stand::Waiting, run.epochs_done),
        };
        let printer = self.printer;
        let job = self.job(item);
        clear(&job.bar, printer.bars());
        let title = &job.title;
        match state {
            RunState::Done { best_epoch, seconds } => {
                printer.note(format_args!("{title}: done in {}, best epoch {best_epoch}", human(*seconds)));
            }
            RunState::Interrupted { epochs_done } => {
                printer.note(format_args!("{title}: interrupted in epoch {}", epochs_done + 1));
            }
            RunState::Failed { kind, message } => {
                printer.error(&format!("{title} failed ({kind}): {message}"), None);
            }
            RunState::Planned | RunState::Running => {}
        }
        self.renew();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        for bar in self.jobs_shown.values().map(|job| &job.bar).chain(&self.whole) {
            clear(bar, self.printer.bars());
        }
    }
}

fn clear(bar: &ProgressBar, bars: &MultiProgress) {
    bar.finish_and_clear();
    bars.remove(bar);
}

/// The time, or `?` where it isn't known.
fn seconds(time: Option<f64>) -> String {
    human(time.unwrap_or(f64::NAN))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::printer::Color;
    use crate::executor::{FakeTrainer, plan};
    use crate::experiment::{self, Catalogue};
    use crate::store::Results;

    const EXPERIMENT: &str = "name = \"e\"\n[data]\ndataset = \"synthetic-lesions\"\ntrain-images = 16\n\
        validation-images = 4\nsize = 32\n[train]\nepochs = 4\nbatch-size = 8\nseeds = [1, 2, 3]\n[model.ege-unet]\n";

    fn items() -> Vec<PlanItem> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("e.toml");
        fs_err::write(&file, EXPERIMENT).unwrap();
        let runs = experiment::load(&file, &[], &Catalogue::default()).unwrap().runs();
        plan(runs, &FakeTrainer::default(), &Results::new(folder.path()), folder.path()).unwrap()
    }

    fn step(epoch: usize, batch: usize) -> BatchProgress {
        BatchProgress { epoch, epochs: 4, batch, batches: 2, images: 8, loss: 0.5, learning_rate: 1e-3 }
    }

    #[test]
    fn interleaved_runs_are_told_apart() {
        let items = items();
        let [first, second, third] = &items[..] else { panic!("three seeds") };
        let printer = Printer::new(Color::Never, true);
        // The third one was busy when the execution was planned.
        let mut progress = Progress::new(printer, &[first, second], 2, &FakeTrainer::default());
        let stands = |progress: &Progress| {
            let Counts { runs, done, failed, running, waiting } = progress.sweep.counts();
            (runs, done, failed, running, waiting)
        };
        assert_eq!(stands(&progress), (2, 0, 0, 0, 2));
        progress.run_starts(first);
        progress.run_starts(second);
        progress.batch(second, step(1, 1));
        progress.batch(first, step(3, 1));
        progress.batch(second, step(1, 2));
        progress.warning("in between");
        assert_eq!(stands(&progress), (2, 0, 0, 2, 0));
        let done: Vec<f64> = progress.sweep.runs.iter().map(|run| run.epochs_done).collect();
        assert_eq!(done, [2.5, 1.0]);
        // Its lock was taken: the same run starts once more and counts once.
        progress.run_ends(second, &RunState::Planned);
        assert_eq!(stands(&progress), (2, 0, 0, 1, 1));
        progress.run_starts(second);
        progress.run_starts(second);
        assert_eq!((progress.jobs_shown.len(), progress.job(second).number), (2, 2));
        progress.run_ends(second, &RunState::Failed { kind: "host".into(), message: String::new() });
        progress.run_ends(first, &RunState::Done { best_epoch: 1, seconds: 1.0 });
        progress.run_starts(third);
        assert_eq!(stands(&progress), (3, 1, 1, 1, 0));
        progress.run_ends(third, &RunState::Interrupted { epochs_done: 2 });
        assert_eq!(stands(&progress), (3, 1, 1, 0, 1));
    }
}
