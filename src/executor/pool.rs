//! Carries out a plan: a worker process for each run, several at a time, beside other processes on the same results.

use std::collections::{BTreeMap, VecDeque};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use super::error::ExecutorError;
use super::interrupt::Interrupt;
use super::observer::Observer;
use super::placement::Placement;
use super::plan::PlanItem;
use super::reason::Reason;
use super::session::{Noted, note_failure, set_aside};
use super::worker::{Heard, Message, Worker, WorkerCommand, death};
use crate::store::{Results, RunState, Standing};
use crate::train::MEMORY;

/// How long a request to stop may go unnoticed.
const ATTENTION: Duration = Duration::from_millis(50);

/// How often runs are looked at that other processes work on.
const LOOK: Duration = Duration::from_secs(1);

/// With what a plan is carried out.
pub struct Pool<'a> {
    /// Where results go.
    pub results: &'a Results,
    /// When to stop.
    pub interrupt: &'a Interrupt,
    /// How a worker is started.
    pub workers: WorkerCommand,
    /// Where runs are worked on, and how many at the same time.
    pub placement: Placement,
    /// Threads of all of them together, from 1.
    pub threads: usize,
    /// At most so many runs are worked on.
    pub limit: Option<usize>,
    /// Whether a run that fails is the last one.
    pub fail_fast: bool,
    /// Whether runs that failed before are tried again.
    pub retry_failed: bool,
    /// Whether to wait for runs that other processes work on, and to take them over where those die.
    pub wait: bool,
}

/// How an execution went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Runs that this execution completed.
    pub completed: usize,
    /// Runs that failed.
    pub failed: usize,
    /// Runs that failed before and weren't tried again.
    pub failed_before: usize,
    /// Runs that another process works on still.
    pub busy: usize,
    /// Runs that other processes completed while this one was there.
    pub completed_elsewhere: usize,
    /// Runs that failed in other processes while this one was there.
    pub failed_elsewhere: usize,
    /// Runs that were complete before.
    pub done_before: usize,
    /// Runs that are due and were left for another time.
    pub left: usize,
    /// True if it was asked to stop before the last run was complete.
    pub interrupted: bool,
}

impl Pool<'_> {
    /// Works on every run that is due; unless it is to stop there, a run that fails doesn't keep the
    /// others from being made.
    ///
    /// # Errors
    /// When no process can be started, or results can't be read or written; workers then stop at a checkpoint first.
    pub fn execute(&self, items: &[PlanItem], observer: &mut dyn Observer) -> Result<Summary, ExecutorError> {
        let (sender, heard) = channel();
        let mut course = Course {
            pool: self,
            items,
            queue: VecDeque::new(),
            busy: Vec::new(),
            placement: self.placement.clone(),
            running: BTreeMap::new(),
            begun: 0,
            summary: Summary::default(),
            stopping: false,
            waits_for: 0,
            error: None,
            sender,
        };
        for (index, item) in items.iter().enumerate() {
            match &item.reason {
                _ if self.works_on(item) => course.queue.push_back(index),
                Reason::Busy => course.busy.push(index),
                Reason::Failed { .. } => course.summary.failed_before += 1,
                _ => course.summary.done_before += 1,
            }
        }
        course.run(&heard, observer);
        match course.error {
            Some(error) => Err(error),
            None => Ok(course.summary),
        }
    }

    /// True where a run is to be worked on, as it was planned.
    pub fn works_on(&self, item: &PlanItem) -> bool {
        item.reason.is_due() || self.retry_failed && matches!(item.reason, Reason::Failed { .. })
    }

    /// Threads of each worker.
    fn share(&self) -> usize {
        (self.threads / self.placement.jobs()).max(1)
    }
}

/// A run that a worker works on.
struct Running {
    worker: Worker,
    /// Index of the device that it works on.
    device: usize,
    /// Whether it holds the run's lock, or did.
    begun: bool,
    /// What becomes of the run once the worker is gone; nothing is known where it never said how it ended.
    after: Option<After>,
}

/// What becomes of a run whose worker is gone.
enum After {
    /// Nothing more.
    Settled,
    /// It is begun again.
    Queue,
    /// It is begun again as one that was interrupted: others took the memory that it needed.
    Crowded,
    /// Another process has it.
    Busy,
}

/// An execution under way.
struct Course<'a> {
    pool: &'a Pool<'a>,
    items: &'a [PlanItem],
    /// Runs to begin, in order.
    queue: VecDeque<usize>,
    /// Runs that other processes work on.
    busy: Vec<usize>,
    /// Which devices have room.
    placement: Placement,
    running: BTreeMap<usize, Running>,
    begun: usize,
    summary: Summary,
    stopping: bool,
    /// For how many runs of other processes it was said to wait.
    waits_for: usize,
    error: Option<ExecutorError>,
    sender: Sender<(usize, Heard)>,
}

impl Course<'_> {
    fn run(&mut self, heard: &Receiver<(usize, Heard)>, observer: &mut dyn Observer) {
        let mut looked = Instant::now();
        loop {
            if self.pool.interrupt.is_requested() {
                self.stop();
            }
            while !self.stopping && self.may_begin() {
                let taken = self.running.values().map(|running| running.device);
                let Some(device) = self.placement.free(taken) else { break };
                let Some(index) = self.queue.pop_front() else { break };
                if self.is_free(index, observer) {
                    self.begin(index, device);
                }
            }
            let waits = self.pool.wait && !self.stopping && !self.busy.is_empty() && self.may_begin();
            if self.running.is_empty() {
                if !waits {
                    break;
                }
                if self.waits_for != self.busy.len() {
                    self.waits_for = self.busy.len();
                    observer.waits(self.waits_for);
                }
            }
            match heard.recv_timeout(ATTENTION) {
                Ok((index, Heard::Told(message))) => self.hear(index, message, observer),
                Ok((index, Heard::Gone(last_words))) => self.bury(index, &last_words, observer),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if looked.elapsed() >= LOOK {
                self.look_at_busy(observer);
                looked = Instant::now();
            }
        }
        self.look_at_busy(observer);
        for index in std::mem::take(&mut self.queue) {
            if self.is_free(index, observer) {
                self.queue.push_back(index);
            }
        }
        self.summary.busy = self.busy.len();
        self.summary.left = self.queue.len();
        if self.pool.interrupt.is_requested() && !(self.queue.is_empty() && self.busy.is_empty()) {
            self.summary.interrupted = true;
        }
    }

    fn may_begin(&self) -> bool {
        self.pool.limit.is_none_or(|limit| self.begun < limit)
    }

    fn begin(&mut self, index: usize, device: usize) {
        let item = &self.items[index];
        let command = self.pool.workers.with(self.placement.argument(device));
        match Worker::start(&command, self.pool.share(), item, index, self.sender.clone()) {
            Ok(worker) => {
                self.begun += 1;
                self.running.insert(index, Running { worker, device, begun: false, after: None });
            }
            Err(error) => {
                self.queue.push_front(index);
                self.fail(ExecutorError::Worker(error));
            }
        }
    }

    /// Begins nothing more and asks every worker to stop at a checkpoint.
    fn stop(&mut self) {
        if !self.stopping {
            self.stopping = true;
            for running in self.running.values_mut() {
                running.worker.stop();
            }
        }
    }

    /// Stops for good; the first error counts.
    fn fail(&mut self, error: ExecutorError) {
        self.error.get_or_insert(error);
        self.stop();
    }

    fn hear(&mut self, index: usize, message: Message, observer: &mut dyn Observer) {
        let item = &self.items[index];
        let after = match message {
            Message::Begins => {
                if let Some(running) = self.running.get_mut(&index) {
                    running.begun = true;
                }
                return observer.run_starts(item);
            }
            Message::Batch(progress) => return observer.batch(item, progress),
            Message::Epoch(event) => return observer.epoch(item, &event),
            Message::Warning(text) => return observer.warning(&text),
            Message::Busy => After::Busy,
            Message::Found(state) => {
                // Nothing was begun.
                self.begun -= 1;
                self.found(index, &state, observer);
                After::Settled
            }
            Message::Ends(state) => self.ended(index, &state, observer),
            Message::Broken { error, hint } => {
                self.fail(ExecutorError::Broken { error, hint });
                After::Queue
            }
        };
        if matches!(after, After::Busy) {
            self.begun -= 1;
        }
        if let Some(running) = self.running.get_mut(&index) {
            running.after = Some(after);
        }
    }

    /// A run ended here.
    fn ended(&mut self, index: usize, state: &RunState, observer: &mut dyn Observer) -> After {
        if self.crowded_out(index, state, observer) {
            return After::Crowded;
        }
        observer.run_ends(&self.items[index], state);
        match state {
            RunState::Done { .. } => self.summary.completed += 1,
            RunState::Failed { .. } => {
                self.summary.failed += 1;
                if self.pool.fail_fast {
                    self.stop();
                }
            }
            RunState::Planned | RunState::Running | RunState::Interrupted { .. } => {
                // Where another run's failure is why this one was stopped, the user has asked for that.
                if !self.pool.interrupt.is_requested() {
                    return After::Queue;
                }
                self.summary.interrupted = true;
            }
        }
        After::Settled
    }

    /// True for a run that found too little memory on a device where others are, too: it goes on where there are fewer of
    /// them, and its device gets no more than what it has room for.
    fn crowded_out(&mut self, index: usize, state: &RunState, observer: &mut dyn Observer) -> bool {
        let RunState::Failed { kind, message } = state else { return false };
        let Some(device) = self.running.get(&index).map(|running| running.device) else { return false };
        let others =
            || self.running.iter().filter(|(other, running)| **other != index && running.device == device);
        // Those that are about to be gone hold their memory still.
        if kind != MEMORY || others().next().is_none() {
            return false;
        }
        let alive = others().filter(|(_, running)| running.after.is_none()).count();
        if alive > 0 {
            self.placement.narrow(device, alive);
        }
        let item = &self.items[index];
        observer.run_ends(item, &RunState::Planned);
        if !self.stopping {
            let (id, room, name) = (&item.id, self.placement.room(device), self.placement.name(device));
            observer.warning(&format!(
                "{id} waits for room: {message}; from now on no more than {room} at a time on {name}"
            ));
        }
        true
    }

    /// A run was ended by another process since it was planned.
    fn found(&mut self, index: usize, state: &RunState, observer: &mut dyn Observer) {
        if let RunState::Failed { kind, message } = state {
            self.summary.failed_elsewhere += 1;
            observer
                .warning(&format!("{} failed in another process ({kind}): {message}", self.items[index].id));
            if self.pool.fail_fast {
                self.stop();
            }
        } else {
            self.summary.completed_elsewhere += 1;
        }
    }

    /// A worker is gone: if it didn't say how its run ended, that failed.
    fn bury(&mut self, index: usize, last_words: &[String], observer: &mut dyn Observer) {
        let Some(Running { worker, begun, after, .. }) = self.running.remove(&index) else { return };
        let status = worker.end();
        let item = &self.items[index];
        let after = after.unwrap_or_else(|| {
            let message = death(status, last_words);
            match note_failure(self.pool.results, &item.run, (&item.id, &item.meaning), "died", &message) {
                Ok(Noted::Left(state)) => {
                    if !begun {
                        observer.run_starts(item);
                    }
                    self.ended(index, &state, observer)
                }
                Ok(Noted::Busy) => After::Busy,
                Err(error) => {
                    self.fail(error.into());
                    After::Queue
                }
            }
        });
        match after {
            After::Settled => {}
            After::Queue => self.queue.push_back(index),
            After::Busy => self.busy.push(index),
            After::Crowded => {
                self.begun -= 1;
                match set_aside(self.pool.results, &self.items[index].id) {
                    Ok(Noted::Left(_)) => self.queue.push_back(index),
                    Ok(Noted::Busy) => self.busy.push(index),
                    Err(error) => {
                        self.queue.push_back(index);
                        self.fail(error.into());
                    }
                }
            }
        }
    }

    /// Looks at the runs that other processes work on: some may be done, others left by a process that died.
    fn look_at_busy(&mut self, observer: &mut dyn Observer) {
        for index in std::mem::take(&mut self.busy) {
            if self.is_free(index, observer) {
                self.queue.push_back(index);
            }
        }
    }

    /// True for a run that is still to be made and that nobody works on; others are put where they belong.
    fn is_free(&mut self, index: usize, observer: &mut dyn Observer) -> bool {
        let folder = self.pool.results.run(&self.items[index].id);
        match folder.standing() {
            Ok(Standing::Busy) => self.busy.push(index),
            Ok(Standing::Left(record)) => {
                let ended = record.as_ref().filter(|record| match &record.state {
                    RunState::Done { .. } => true,
                    RunState::Failed { .. } => !self.items[index].reason.is_failure_of(record),
                    RunState::Planned | RunState::Running | RunState::Interrupted { .. } => false,
                });
                match ended {
                    Some(record) => self.found(index, &record.state, observer),
                    None => return true,
                }
            }
            Err(error) => {
                self.busy.push(index);
                self.fail(error.into());
            }
        }
        false
    }
}
