//! Small sweeps of the fake trainer in this process, on a disk that may fail: what they train and how they end.
#![expect(clippy::unwrap_used, reason = "what fails here fails the test that called it")]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

use ege_bench::dataset::Images;
use ege_bench::executor::{
    ExecutorError, FakeTrainer, Interrupt, Observer, PlanItem, Reason, Session, Trainer, plan, provenance,
    refresh,
};
use ege_bench::experiment::settings::{ModelSettings, Settings};
use ege_bench::experiment::{self, Catalogue};
use ege_bench::store::{
    CountsRow, EpochEvent, GalleryEntry, ModelCost, Provenance, Results, RunFolder, RunState, StoreError,
};
use ege_bench::train::{Arithmetic, BatchProgress, EpochSummary, Host, HostError, Job, Outcome, TrainError};
use tempfile::TempDir;

use super::faulty_disk::FaultyDisk;

/// What an experiment file asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asked {
    pub epochs: usize,
    /// Runs, one for each seed from 1.
    pub seeds: u64,
    /// Another network.
    pub other: bool,
}

impl Asked {
    /// Plans the runs of such a file, as the command line does.
    fn plan(self, trainer: &dyn Trainer, results: &Results) -> Vec<PlanItem> {
        let seeds: Vec<String> = (1..=self.seeds).map(|seed| seed.to_string()).collect();
        let text = format!(
            "name = \"small\"\n\
             [data]\ndataset = \"synthetic-lesions\"\ntrain-images = 4\nvalidation-images = 3\nsize = 32\n\
             [train]\nepochs = {}\nbatch-size = 2\nseeds = [{}]\n\
             [model.{}]\n",
            self.epochs,
            seeds.join(", "),
            if self.other { "malunet" } else { "ege-unet" },
        );
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("small.toml");
        fs_err::write(&file, text).unwrap();
        let experiment = experiment::load(&file, &[], &Catalogue::default()).unwrap();
        plan(experiment.runs(), trainer, results, folder.path()).unwrap()
    }
}

thread_local! {
    /// Plans against no results: generating the images is what takes time.
    static PLANS: RefCell<BTreeMap<Asked, Vec<PlanItem>>> = const { RefCell::new(BTreeMap::new()) };
    /// How undisturbed runs end, by id.
    static ENDS: RefCell<BTreeMap<String, End>> = const { RefCell::new(BTreeMap::new()) };
    static PROVENANCE: Provenance = provenance(&FakeTrainer::default());
}

/// The runs that are asked for, as if nothing had been done.
pub fn items(asked: Asked) -> Vec<PlanItem> {
    let known = PLANS.with_borrow(|plans| plans.get(&asked).cloned());
    known.unwrap_or_else(|| {
        let items = asked.plan(&FakeTrainer::default(), &Results::new("no/such/results"));
        PLANS.with_borrow_mut(|plans| plans.insert(asked, items.clone()));
        items
    })
}

/// How a run ended: all that must be the same whatever happened on the way.
#[derive(Clone, Debug, PartialEq)]
pub struct End {
    pub best_epoch: usize,
    pub counts: Vec<CountsRow>,
    pub best: Vec<u8>,
    pub checkpoint: Vec<u8>,
    /// Without what the clock and the memory say.
    pub events: Vec<EpochEvent>,
}

impl End {
    /// The end of a run that is done.
    pub fn of(folder: &RunFolder) -> Result<Self, StoreError> {
        let record = folder.record()?.unwrap();
        let RunState::Done { best_epoch, .. } = record.state else { panic!("not done: {record:?}") };
        Ok(Self {
            best_epoch,
            counts: folder.counts()?,
            best: folder.best_weights()?,
            checkpoint: folder.checkpoint()?.unwrap().payload,
            events: timeless(folder)?,
        })
    }

    /// The end of the run that nothing disturbs.
    pub fn undisturbed(item: &PlanItem) -> Self {
        if let Some(end) = ENDS.with_borrow(|ends| ends.get(&item.id).cloned()) {
            return end;
        }
        let sweep = Sweep::new(0);
        sweep.work(std::slice::from_ref(item), None, None).unwrap().unwrap();
        let end = Self::of(&sweep.results.run(&item.id)).unwrap();
        assert!(!end.counts.is_empty() && end.events.len() == item.run.settings.train.epochs);
        ENDS.with_borrow_mut(|ends| ends.insert(item.id.clone(), end.clone()));
        end
    }
}

/// A run's epochs without what the clock and the memory say.
pub fn timeless(folder: &RunFolder) -> Result<Vec<EpochEvent>, StoreError> {
    let strip = |event| EpochEvent {
        seconds: 0.0,
        input_seconds: None,
        images_per_second: 0.0,
        memory_mb: 0,
        ..event
    };
    Ok(folder.events()?.into_iter().map(strip).collect())
}

/// The images that a run shows, which are a part of its end where the disk was never full.
pub fn gallery(folder: &RunFolder) -> Vec<(GalleryEntry, Vec<bool>)> {
    let entries = folder.gallery().unwrap();
    entries.into_iter().map(|entry| (entry.clone(), folder.mask(&entry.image).unwrap())).collect()
}

/// A results folder on a disk that may fail.
pub struct Sweep {
    _root: TempDir,
    pub results: Results,
    pub disk: Rc<FaultyDisk>,
    /// The last epoch of each run whose checkpoint was saved, and so need not be trained again.
    pub saved: Rc<RefCell<BTreeMap<String, usize>>>,
    /// What was warned of.
    pub warnings: RefCell<Vec<String>>,
    /// How runs were left, by sessions that lived to tell.
    pub left: RefCell<Vec<(String, RunState)>>,
}

impl Sweep {
    /// No results yet; what the disk loses follows from the seed.
    pub fn new(seed: u64) -> Self {
        let root = in_memory();
        Self {
            results: Results::new(root.path().join("results")),
            _root: root,
            disk: FaultyDisk::new(seed),
            saved: Rc::default(),
            warnings: RefCell::default(),
            left: RefCell::default(),
        }
    }

    /// Works on what is due, run after run; nothing comes back where the work was killed at a change of the disk.
    /// A stop is asked for after `stop_after` steps.
    ///
    /// # Errors
    /// What the command line would end with.
    pub fn work(
        &self,
        items: &[PlanItem],
        killed_at: Option<usize>,
        stop_after: Option<usize>,
    ) -> Option<Result<(), ExecutorError>> {
        self.wait_for_locks(items);
        let interrupt = Interrupt::default();
        let mut steps = Steps { interrupt: &interrupt, stop_after, sweep: self };
        self.disk.work(killed_at, || {
            let mut items = items.to_vec();
            refresh(&mut items, &self.results)?;
            let again =
                |item: &&PlanItem| item.reason.is_due() || matches!(item.reason, Reason::Failed { .. });
            // As with `--retry-failed`.
            for item in items.iter().filter(again) {
                if interrupt.is_requested() {
                    break;
                }
                let trainer =
                    Listened { fake: FakeTrainer::default(), id: &item.id, saved: Rc::clone(&self.saved) };
                let session = Session {
                    results: &self.results,
                    trainer: &trainer,
                    interrupt: &interrupt,
                    provenance: PROVENANCE.with(Clone::clone),
                    tensorboard: false,
                };
                session.work_on(item, &mut steps)?;
            }
            Ok(())
        })
    }

    /// Waits, two seconds at most, until no run is locked: a process that another test has just born holds every lock of
    /// this one until it has become another program.
    fn wait_for_locks(&self, items: &[PlanItem]) {
        let mut items = items.to_vec();
        for _ in 0..400 {
            let known = refresh(&mut items, &self.results);
            if known.is_err() || items.iter().all(|item| !matches!(item.reason, Reason::Busy)) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }

    /// Works in another process than [`work`](Self::work) does, on a disk without faults.
    pub fn alone<T>(&self, work: impl FnOnce(&Session<'_>, &mut dyn Observer) -> T) -> T {
        let interrupt = Interrupt::default();
        let session = Session {
            results: &self.results,
            trainer: &FakeTrainer::default(),
            interrupt: &interrupt,
            provenance: PROVENANCE.with(Clone::clone),
            tensorboard: false,
        };
        work(&session, &mut Steps { interrupt: &interrupt, stop_after: None, sweep: self })
    }

    /// The file in a run's folder.
    pub fn file(&self, id: &str, name: impl AsRef<Path>) -> std::path::PathBuf {
        self.results.run(id).path().join(name)
    }
}

/// A folder that no disk slows down, where there is such a place; the tests' disk is a model anyway.
pub fn in_memory() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// Asks to stop after some steps.
struct Steps<'a> {
    interrupt: &'a Interrupt,
    stop_after: Option<usize>,
    sweep: &'a Sweep,
}

impl Observer for Steps<'_> {
    fn run_starts(&mut self, _: &PlanItem) {}

    fn batch(&mut self, _: &PlanItem, _: BatchProgress) {
        self.stop_after = self.stop_after.map(|steps| steps.saturating_sub(1));
        if self.stop_after == Some(0) {
            self.interrupt.request();
        }
    }

    fn epoch(&mut self, _: &PlanItem, _: &EpochEvent) {}

    fn warning(&mut self, message: &str) {
        self.sweep.warnings.borrow_mut().push(message.to_owned());
    }

    fn run_ends(&mut self, item: &PlanItem, state: &RunState) {
        self.sweep.left.borrow_mut().push((item.id.clone(), state.clone()));
    }
}

/// The fake trainer, which may not train what was saved.
struct Listened<'a> {
    fake: FakeTrainer,
    id: &'a str,
    saved: Rc<RefCell<BTreeMap<String, usize>>>,
}

impl Trainer for Listened<'_> {
    fn device(&self) -> &str {
        self.fake.device()
    }

    fn arithmetic(&self) -> Arithmetic {
        self.fake.arithmetic()
    }

    fn threads(&self) -> usize {
        self.fake.threads()
    }

    fn place(&self) -> String {
        self.fake.place()
    }

    fn promises_bits(&self) -> bool {
        self.fake.promises_bits()
    }

    fn train(&self, job: &Job<'_>, host: &mut dyn Host) -> Result<Outcome, TrainError> {
        self.fake.train(job, &mut Listening { host, id: self.id, saved: &self.saved })
    }

    fn predict(
        &self,
        settings: &Settings,
        weights: &[u8],
        images: &dyn Images,
        train: &[usize],
        indices: &[usize],
    ) -> Result<Vec<Vec<bool>>, TrainError> {
        self.fake.predict(settings, weights, images, train, indices)
    }

    fn cost(&self, model: &ModelSettings, size: usize) -> ModelCost {
        self.fake.cost(model, size)
    }
}

struct Listening<'a> {
    host: &'a mut dyn Host,
    id: &'a str,
    saved: &'a RefCell<BTreeMap<String, usize>>,
}

impl Host for Listening<'_> {
    fn load_checkpoint(&mut self) -> Result<Option<Vec<u8>>, HostError> {
        self.host.load_checkpoint()
    }

    fn save_checkpoint(&mut self, checkpoint: &[u8]) -> Result<(), HostError> {
        self.host.save_checkpoint(checkpoint)?;
        let state: serde_json::Value = serde_json::from_slice(checkpoint)?;
        let epoch = state["epoch"].as_u64().unwrap() as usize;
        self.saved.borrow_mut().insert(self.id.to_owned(), epoch);
        Ok(())
    }

    fn save_best(&mut self, weights: &[u8]) -> Result<(), HostError> {
        self.host.save_best(weights)
    }

    fn load_best(&mut self) -> Result<Vec<u8>, HostError> {
        self.host.load_best()
    }

    fn keep_diverged(&mut self, state: &[u8]) -> Result<(), HostError> {
        self.host.keep_diverged(state)
    }

    fn batch(&mut self, progress: BatchProgress) {
        let saved = self.saved.borrow().get(self.id).copied().unwrap_or(0);
        assert!(progress.epoch > saved, "{}: epoch {} of {saved} is trained again", self.id, progress.epoch);
        self.host.batch(progress);
    }

    fn epoch(&mut self, summary: EpochSummary) -> Result<(), HostError> {
        self.host.epoch(summary)
    }

    fn stop_requested(&self) -> bool {
        self.host.stop_requested()
    }
}
