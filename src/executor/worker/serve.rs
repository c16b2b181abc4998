//! The worker's side: one run, from its assignment to its end.

use std::io::{BufRead, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use super::message::{Assignment, Message, STOP, build};
use crate::dataset::DatasetErrorKind;
use crate::executor::interrupt::{Interrupt, SECOND_INTERRUPT_CODE};
use crate::executor::plan::plan_one;
use crate::executor::session::{Noted, note_failure};
use crate::executor::{ExecutorError, Observer, PlanItem, Reason, Session};
use crate::store::{EpochEvent, Results, RunState, StoreError};
use crate::train::BatchProgress;

/// Works on the run that `input` assigns and tells `output` how it goes; `panic_text` says what a panic said.
///
/// It stops at a checkpoint when the parent says so or is gone.
///
/// # Errors
/// When the assignment can't be read; whatever happens to the run is told to `output`.
pub fn serve(
    mut input: impl BufRead + Send + 'static,
    output: impl Write + Send + 'static,
    session: &Session<'_>,
    data_folder: &Path,
    panic_text: impl FnOnce() -> String,
) -> std::io::Result<()> {
    let mut line = String::new();
    input.read_line(&mut line)?;
    let assignment: Assignment = serde_json::from_str(&line)?;
    let mut parent = Parent::on(output);
    let listening = session.interrupt.clone();
    // Ends with the process.
    std::thread::spawn(move || listen(input, &listening));
    let last = if assignment.build == build() {
        work(&assignment, session, data_folder, &mut parent, panic_text)
    } else {
        Message::Broken {
            error: "the program was replaced by another build while it was running".to_owned(),
            hint: Some("give the same command again".to_owned()),
        }
    };
    parent.tell(&last);
    parent.end();
    Ok(())
}

/// Works on the run and returns what is to be told last.
fn work(
    assignment: &Assignment,
    session: &Session<'_>,
    data_folder: &Path,
    parent: &mut Parent,
    panic_text: impl FnOnce() -> String,
) -> Message {
    let failed = |kind: &str, message: &str| failed(session.results, assignment, kind, message);
    let work = AssertUnwindSafe(|| -> Result<Message, ExecutorError> {
        let item = plan_one(assignment.run.clone(), session.trainer, session.results, data_folder)?;
        if item.id != assignment.id {
            let message = format!("what it reads changed while it waited: it would now be {}", item.id);
            return Ok(failed("data", &message));
        }
        match item.reason {
            Reason::Failed { kind, message, sessions } if assignment.retries != Some(sessions) => {
                return Ok(Message::Found(RunState::Failed { kind, message }));
            }
            _ => {}
        }
        let state = session.work_on(&item, parent)?;
        Ok(if parent.began { Message::Ends(state) } else { Message::Found(state) })
    });
    match catch_unwind(work) {
        Ok(Ok(message)) => message,
        Ok(Err(ExecutorError::Store(StoreError::Locked { .. }))) => Message::Busy,
        Ok(Err(error)) if is_of_the_place(&error) => {
            Message::Broken { error: error.to_string(), hint: error.hint() }
        }
        Ok(Err(error)) => failed("data", &error.to_string()),
        Err(_) => failed("panic", &panic_text()),
    }
}

/// True where other runs would meet the same, such as data on a disk that is away.
fn is_of_the_place(error: &ExecutorError) -> bool {
    match error {
        ExecutorError::Store(_) => true,
        ExecutorError::Data(error) => {
            matches!(error.kind(), DatasetErrorKind::Io | DatasetErrorKind::Missing)
        }
        _ => false,
    }
}

/// Notes a failure that the session couldn't, and what to tell of it.
fn failed(results: &Results, assignment: &Assignment, kind: &str, message: &str) -> Message {
    let Assignment { run, id, meaning, .. } = assignment;
    match note_failure(results, run, (id, meaning), kind, message) {
        Ok(Noted::Left(state)) => Message::Ends(state),
        Ok(Noted::Busy) => Message::Busy,
        Err(error) => {
            Message::Broken { error: format!("{error}; before that: {message}"), hint: error.hint() }
        }
    }
}

/// Asks for a stop when the parent does so or is gone; ends at once when it goes after it has asked.
fn listen(input: impl BufRead, interrupt: &Interrupt) {
    let mut asked = false;
    for line in input.lines() {
        match line {
            Ok(line) if line == STOP => {
                asked = true;
                interrupt.request();
            }
            Ok(_) => {}
            Err(_) => break,
        }
    }
    if asked {
        std::process::exit(SECOND_INTERRUPT_CODE);
    }
    interrupt.request();
}

/// The parent, as the observer of the run.
///
/// A thread writes to it: one that was stopped, or whose terminal is, must not stop the work as well.
struct Parent {
    lines: Sender<String>,
    writer: JoinHandle<()>,
    /// Lines that the parent hasn't taken yet.
    waiting: Arc<AtomicUsize>,
    began: bool,
}

/// So many lines wait for the parent at most; of steps beyond it isn't told.
const PATIENCE: usize = 1024;

impl Parent {
    fn on(mut output: impl Write + Send + 'static) -> Self {
        let (lines, told) = channel::<String>();
        let waiting = Arc::new(AtomicUsize::new(0));
        let still_waiting = Arc::clone(&waiting);
        let writer = std::thread::spawn(move || {
            for line in told {
                // A parent that is gone is noticed by `listen`.
                let _ = output.write_all(line.as_bytes()).and_then(|()| output.flush());
                still_waiting.fetch_sub(1, Ordering::Relaxed);
            }
        });
        Self { lines, writer, waiting, began: false }
    }

    fn tell(&mut self, message: &Message) {
        if let Ok(mut text) = serde_json::to_string(message) {
            text.push('\n');
            self.waiting.fetch_add(1, Ordering::Relaxed);
            let _ = self.lines.send(text);
        }
    }

    /// Waits until everything is told.
    fn end(self) {
        drop(self.lines);
        let _ = self.writer.join();
    }
}

impl Observer for Parent {
    fn run_starts(&mut self, _: &PlanItem) {
        self.began = true;
        self.tell(&Message::Begins);
    }

    fn batch(&mut self, _: &PlanItem, progress: BatchProgress) {
        if self.waiting.load(Ordering::Relaxed) < PATIENCE {
            self.tell(&Message::Batch(progress));
        }
    }

    fn epoch(&mut self, _: &PlanItem, event: &EpochEvent) {
        self.tell(&Message::Epoch(event.clone()));
    }

    fn warning(&mut self, message: &str) {
        self.tell(&Message::Warning(message.to_owned()));
    }

    // Told with what `work_on` returns: a state that is never told so would mean a death.
    fn run_ends(&mut self, _: &PlanItem, _: &RunState) {}
}
