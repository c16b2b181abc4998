//! The worker's side: one run, from its assignment to its end.

use std::io::{BufRead, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use super::message::{Assignment, Message, STOP, build};
use crate::executor::interrupt::{Interrupt, SECOND_INTERRUPT_CODE};
use crate::executor::session::note_failure;
use crate::executor::{ExecutorError, Observer, PlanItem, Session, plan};
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
    output: impl Write,
    session: &Session<'_>,
    data_folder: &Path,
    panic_text: impl FnOnce() -> String,
) -> std::io::Result<()> {
    let Session { results, trainer, interrupt, .. } = *session;
    let mut line = String::new();
    input.read_line(&mut line)?;
    let Assignment { build: parent, run, id } = serde_json::from_str(&line)?;
    let mut parent_hears = Parent { output };
    if parent != build() {
        parent_hears.tell(&Message::Broken {
            error: "the program was replaced by another build while it was running".to_owned(),
            hint: Some("give the same command again".to_owned()),
        });
        return Ok(());
    }
    let listening = interrupt.clone();
    // Ends with the process.
    std::thread::spawn(move || listen(input, &listening));

    let work = AssertUnwindSafe(|| -> Result<Message, ExecutorError> {
        let mut items = plan(vec![run], trainer, results, data_folder)?;
        let item = items.remove(0);
        if item.id != id {
            let message = format!("what it reads changed while it waited: it would now be {}", item.id);
            return Ok(failed(results, &id, "data", &message));
        }
        Ok(Message::Ends(session.work_on(&item, &mut parent_hears)?))
    });
    let last = match catch_unwind(work) {
        Ok(Ok(message)) => message,
        Ok(Err(ExecutorError::Store(StoreError::Locked { .. }))) => Message::Busy,
        Ok(Err(error @ ExecutorError::Store(_))) => {
            Message::Broken { error: error.to_string(), hint: error.hint() }
        }
        Ok(Err(error)) => failed(results, &id, "data", &error.to_string()),
        Err(_) => failed(results, &id, "panic", &panic_text()),
    };
    parent_hears.tell(&last);
    Ok(())
}

/// Notes a failure that the session couldn't, and what to tell of it.
fn failed(results: &Results, id: &str, kind: &str, message: &str) -> Message {
    match note_failure(results, id, kind, message) {
        Ok(Some(state)) => Message::Ends(state),
        Ok(None) => Message::Ends(RunState::Failed { kind: kind.to_owned(), message: message.to_owned() }),
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
struct Parent<W> {
    output: W,
}

impl<W: Write> Parent<W> {
    fn tell(&mut self, message: &Message) {
        // A parent that is gone is noticed by `listen`.
        if let Ok(mut text) = serde_json::to_string(message) {
            text.push('\n');
            let _ = self.output.write_all(text.as_bytes()).and_then(|()| self.output.flush());
        }
    }
}

impl<W: Write> Observer for Parent<W> {
    fn run_starts(&mut self, _: &PlanItem) {
        self.tell(&Message::Begins);
    }

    fn batch(&mut self, _: &PlanItem, progress: BatchProgress) {
        self.tell(&Message::Batch(progress));
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
