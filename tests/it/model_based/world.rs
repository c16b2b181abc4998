//! A results folder to which things happen, with what was promised about each of its runs.
#![expect(clippy::unwrap_used, reason = "what fails here fails the test that called it")]

use std::collections::{BTreeMap, BTreeSet};

use ege_bench::executor::{ExecutorError, PlanItem, Reason, Session, refresh};
use ege_bench::store::{RunFolder, RunState, StoreError};

use super::super::fake_sweep::{Asked, End, Sweep, items, timeless};
use super::{BEST, COUNTS, EVENTS, Harm, How, LAST, PREVIOUS, RECORD, Step};

/// The folder and all that was ever asked of it.
pub struct World {
    sweep: Sweep,
    asked: Asked,
    /// Every run that was asked for, by id.
    known: BTreeMap<String, PlanItem>,
    every: BTreeSet<Asked>,
    promises: BTreeMap<String, Promise>,
    full: bool,
}

/// What holds of a run.
#[derive(Default)]
struct Promise {
    /// It said that it is done.
    done: bool,
    /// Files that were damaged or removed since they were written.
    harmed: BTreeSet<&'static str>,
}

impl World {
    pub fn new(seed: u64, asked: Asked) -> Self {
        let mut world = Self {
            sweep: Sweep::new(seed),
            asked,
            known: BTreeMap::new(),
            every: BTreeSet::new(),
            promises: BTreeMap::new(),
            full: false,
        };
        world.ask(asked);
        world
    }

    pub fn step(&mut self, step: &Step) {
        match step {
            Step::Run(stop_after) => self.work(None, *stop_after),
            Step::Kill(at) => self.work(Some(*at), None),
            Step::Power(at) => {
                self.work(Some(*at), None);
                self.sweep.disk.lose_power();
            }
            Step::Harm(harm) => self.harm(harm),
            Step::Fill(room) => {
                self.sweep.disk.set_room(Some(*room));
                self.full = true;
            }
            Step::MakeRoom => self.make_room(),
            Step::Delete(run) => {
                if let Some(id) = self.pick(*run) {
                    self.delete(&id);
                }
            }
            Step::Ask(asked) => self.ask(*asked),
            Step::Crowd(run, only) => self.crowd(*run, *only),
        }
    }

    fn ask(&mut self, asked: Asked) {
        self.asked = asked;
        self.every.insert(asked);
        self.known.extend(items(asked).into_iter().map(|item| (item.id.clone(), item)));
    }

    fn make_room(&mut self) {
        self.sweep.disk.set_room(None);
        self.full = false;
    }

    /// The command runs; where it says what to move away, that is done.
    fn work(&mut self, killed_at: Option<usize>, stop_after: Option<usize>) {
        let outcome = self.sweep.work(&items(self.asked), killed_at, stop_after);
        for (id, state) in self.sweep.left.take() {
            self.left(&id, &state, stop_after.is_some());
        }
        match outcome.unwrap_or(Ok(())) {
            Ok(()) => {}
            Err(ExecutorError::Store(StoreError::Io(error))) => {
                assert_eq!(error.kind(), std::io::ErrorKind::StorageFull, "{error}");
                assert!(self.full, "{error}");
            }
            Err(ExecutorError::Store(error @ (StoreError::Damaged { .. } | StoreError::Newer { .. }))) => {
                let told = error.to_string();
                let id = self.promises.iter().find(|(id, promise)| {
                    told.contains(&format!("{id}/{RECORD}")) && promise.harmed.contains(RECORD)
                });
                let id = id.unwrap_or_else(|| panic!("nobody harmed it: {told}")).0.clone();
                self.delete(&id);
            }
            Err(error) => panic!("{error:?}"),
        }
    }

    /// A run that was worked on is in this state.
    fn left(&mut self, id: &str, state: &RunState, stopped: bool) {
        let promise = self.promises.entry(id.to_owned()).or_default();
        match state {
            RunState::Done { .. } => {
                promise.done = true;
                // Else hours would have gone into a run that can't be reported.
                assert!(self.sweep.results.run(id).events().is_ok(), "{id}: damaged events");
                // Nobody writes the former again; the latter is, with the next checkpoint.
                promise.harmed.retain(|file| [EVENTS, PREVIOUS].contains(file));
            }
            RunState::Interrupted { .. } => assert!(stopped, "{id} stopped by itself"),
            RunState::Failed { kind, message } => {
                assert_eq!(kind, "host", "{message}");
                let harmed = [BEST, EVENTS].iter().find(|file| message.contains(*file));
                let harmed = harmed.is_some_and(|file| promise.harmed.contains(file));
                assert!(self.full || harmed, "{id}: {message}");
                if harmed {
                    self.delete(id);
                }
            }
            state => panic!("{id} was left as {state:?}"),
        }
    }

    fn harm(&mut self, Harm { run, file, how }: &Harm) {
        let Some(id) = self.pick(*run) else { return };
        let path = self.sweep.file(&id, file);
        let Ok(mut bytes) = fs_err::read(&path) else { return };
        self.sweep.disk.settle();
        match *how {
            How::Flip(..) if bytes.is_empty() => return,
            How::Flip(at, bits) => {
                let at = at % bytes.len();
                bytes[at] ^= bits;
            }
            How::Cut(to) => {
                let to = to % (bytes.len() + 1);
                if to == bytes.len() {
                    return;
                }
                bytes.truncate(to);
            }
            How::Empty => bytes.clear(),
            How::Remove => fs_err::remove_file(&path).unwrap(),
        }
        if !matches!(how, How::Remove) {
            fs_err::write(&path, bytes).unwrap();
        }
        let promise = self.promises.entry(id.clone()).or_default();
        promise.harmed.insert(file);
        if *file == RECORD && matches!(how, How::Remove) {
            // The run is begun again, from its checkpoint.
            promise.done = false;
            promise.harmed.remove(RECORD);
        }
        if [LAST, PREVIOUS].contains(file) {
            let last = self.sweep.file(&id, LAST).exists() && !promise.harmed.contains(LAST);
            let previous = self.sweep.file(&id, PREVIOUS).exists() && !promise.harmed.contains(PREVIOUS);
            let mut saved = self.sweep.saved.borrow_mut();
            let saved = saved.entry(id).or_default();
            *saved = match (last, previous) {
                (true, _) => *saved,
                (false, true) => saved.saturating_sub(1),
                (false, false) => 0,
            };
        }
    }

    /// Another session has the run: it is left alone, and the others are made.
    fn crowd(&mut self, run: usize, only: bool) {
        let Some(id) = self.pick(run) else { return };
        let before = self.promises.get(&id).is_some_and(|promise| promise.done);
        let record_harmed = self.promises.get(&id).is_some_and(|promise| promise.harmed.contains(RECORD));
        if self.full || before || record_harmed || !self.known.contains_key(&id) {
            return;
        }
        self.sweep.disk.settle();
        let lock = self.sweep.results.run(&id).lock().unwrap();
        let mut crowded = vec![self.known[&id].clone()];
        refresh(&mut crowded, &self.sweep.results).unwrap();
        // It is done where the session was killed after its last word.
        assert!(matches!(crowded[0].reason, Reason::Busy | Reason::Done), "{:?}", crowded[0].reason);
        if only {
            // As if the plan had been made before the other session began.
            let told = self.sweep.alone(|session, observer| Session::work_on(session, &crowded[0], observer));
            assert!(matches!(told, Err(StoreError::Locked { .. })), "{told:?}");
        } else {
            self.work(None, None);
        }
        drop(lock);
    }

    fn pick(&self, run: usize) -> Option<String> {
        let runs = self.sweep.results.runs().unwrap();
        let path = runs.get(run % runs.len().max(1))?.path();
        Some(path.file_name()?.to_string_lossy().into_owned())
    }

    fn delete(&mut self, id: &str) {
        self.sweep.disk.settle();
        fs_err::remove_dir_all(self.sweep.results.run(id).path()).unwrap();
        self.promises.remove(id);
        self.sweep.saved.borrow_mut().remove(id);
    }

    /// Holds every run against what was promised about it.
    pub fn check(&self) {
        for folder in self.sweep.results.runs().unwrap() {
            let id = folder.path().file_name().unwrap().to_string_lossy().into_owned();
            let nothing = Promise::default();
            let promise = self.promises.get(&id).unwrap_or(&nothing);
            self.check_run(&id, &folder, promise);
        }
        for (id, promise) in &self.promises {
            assert!(!promise.done || self.sweep.results.run(id).path().exists(), "{id} is lost");
        }
    }

    fn check_run(&self, id: &str, folder: &RunFolder, promise: &Promise) {
        let whole = |file: &str| !promise.harmed.contains(file);
        let end = End::undisturbed(&self.known[id]);
        match folder.record() {
            // The harm to it may be such that it can still be read.
            Ok(Some(record)) if matches!(record.state, RunState::Done { .. }) => {
                if whole(COUNTS) {
                    assert_eq!(folder.counts().unwrap(), end.counts, "{id}: other counts");
                }
                match folder.best_weights() {
                    Ok(best) => assert_eq!(best, end.best, "{id}: other weights"),
                    Err(error) => assert!(!whole(BEST), "{id}: {error}"),
                }
                if whole(LAST) {
                    let checkpoint = folder.checkpoint().unwrap().unwrap();
                    assert_eq!(checkpoint.payload, end.checkpoint, "{id}: another checkpoint");
                }
            }
            Ok(_) => assert!(!promise.done, "{id} was done and isn't any more"),
            Err(StoreError::Damaged { .. } | StoreError::Newer { .. }) if !whole(RECORD) => {}
            Err(error) => panic!("{error:?}"),
        }
        let is_there = |file: &str| self.sweep.file(id, file).exists() || !whole(file);
        let saved = self.sweep.saved.borrow().get(id).copied().unwrap_or(0);
        match folder.checkpoint() {
            Ok(found) => {
                let kept = found.as_ref().map_or(0, |found| found.epochs_done);
                assert!(kept >= saved, "{id}: epoch {saved} was saved, {kept} is left");
                assert!(saved < 2 || !is_there(LAST) || is_there(PREVIOUS), "{id}: there is none before");
                if whole(EVENTS) {
                    let told = timeless(folder).unwrap();
                    assert!(told.len() >= kept, "{id}: {kept} epochs saved, {} told", told.len());
                    assert_eq!(told, end.events[..told.len()], "{id}: other events");
                }
            }
            Err(StoreError::Damaged { .. }) if saved == 0 && (!whole(LAST) || !whole(PREVIOUS)) => {}
            Err(error) => panic!("{error:?}"),
        }
    }

    /// With nothing in the way any more, all that was ever asked for is made, to the same bits as undisturbed.
    pub fn end(&mut self) {
        self.make_room();
        for asked in self.every.clone() {
            self.ask(asked);
            // A run that has to be moved away first ends one command and is made by the next.
            for _ in 0..=2 * items(asked).len() {
                self.work(None, None);
                self.check();
            }
            for item in items(asked) {
                let folder = self.sweep.results.run(&item.id);
                let harmed = self.promises.get(&item.id).map(|promise| &promise.harmed);
                let hurts = |file: &&str| [LAST, BEST, EVENTS, COUNTS, RECORD].contains(file);
                if !harmed.is_some_and(|harmed| harmed.iter().any(hurts)) {
                    assert_eq!(End::of(&folder).unwrap(), End::undisturbed(&item), "{}", item.id);
                }
                let state = folder.record().unwrap().map(|record| record.state);
                assert!(matches!(state, Some(RunState::Done { .. })), "{}: {state:?}", item.id);
            }
        }
    }
}
