//! Settings and images that the tests of this room share, and trainings from start to end.

use std::collections::VecDeque;
use std::sync::LazyLock;

use burn::tensor::Device;

use super::*;
use crate::dataset::{Images, Split};
use crate::experiment::settings::*;
use crate::metric::Counts;
use crate::model::Built;

/// The authors' protocol.
pub(super) fn settings() -> TrainSettings {
    TrainSettings {
        protocol: Protocol::AsReleased,
        epochs: 300,
        batch_size: 8,
        last_batch: LastBatch::Keep,
        optimizer: OptimizerSettings::Adamw(AdamWSettings::default()),
        schedule: ScheduleSettings::Cosine { t_max: 50, min_learning_rate: 1e-5 },
        loss: LossSettings::default(),
        normalization: Normalization::MinMax,
        augment: AugmentSettings::default(),
        selection: Selection::LowestLoss,
        precision: Precision::F32,
    }
}

/// Bright squares on a dark ground, as easy as it gets.
struct Squares {
    ids: Vec<String>,
    images: Vec<Vec<u8>>,
    masks: Vec<Vec<u8>>,
}

const SIZE: usize = 32;

impl Squares {
    fn new(count: usize) -> Self {
        let mut squares = Self { ids: Vec::new(), images: Vec::new(), masks: Vec::new() };
        for index in 0..count {
            let inside = |p: usize| {
                let (y, x) = (p / SIZE, p % SIZE);
                (4 + index % 5..20 + index % 7).contains(&y) && (6..22 + index % 9).contains(&x)
            };
            squares.ids.push(format!("SQUARE_{index:02}"));
            squares.masks.push((0..SIZE * SIZE).map(|p| if inside(p) { 255 } else { 0 }).collect());
            squares.images.push((0..SIZE * SIZE * 3).map(|p| if inside(p / 3) { 220 } else { 40 }).collect());
        }
        squares
    }

    fn split(&self) -> Split {
        let (train, select) = self.ids.split_at(self.ids.len() - 3);
        Split {
            name: "squares".to_owned(),
            train: train.to_vec(),
            select: select.to_vec(),
            report: select.to_vec(),
            digest: String::new(),
        }
    }
}

impl Images for Squares {
    fn ids(&self) -> &[String] {
        &self.ids
    }
    fn size(&self) -> usize {
        SIZE
    }
    fn image(&self, index: usize) -> &[u8] {
        &self.images[index]
    }
    fn mask(&self, index: usize) -> &[u8] {
        &self.masks[index]
    }
    fn digest(&self) -> &'static str {
        "squares"
    }
}

/// Keeps everything in memory and asks to stop after the given numbers of steps.
#[derive(Default)]
struct Memory {
    checkpoint: Option<Vec<u8>>,
    best: Vec<u8>,
    diverged: Option<Vec<u8>>,
    epochs: Vec<EpochSummary>,
    steps: usize,
    stops: VecDeque<usize>,
}

impl Memory {
    /// The checkpoint as it was last saved.
    fn saved(&self) -> checkpoint::Checkpoint {
        checkpoint::Checkpoint::decode(self.checkpoint.as_ref().unwrap()).unwrap()
    }
}

impl Host for Memory {
    fn load_checkpoint(&mut self) -> Result<Option<Vec<u8>>, HostError> {
        Ok(self.checkpoint.clone())
    }
    fn save_checkpoint(&mut self, checkpoint: &[u8]) -> Result<(), HostError> {
        self.checkpoint = Some(checkpoint.to_vec());
        Ok(())
    }
    fn save_best(&mut self, weights: &[u8]) -> Result<(), HostError> {
        self.best = weights.to_vec();
        Ok(())
    }
    fn load_best(&mut self) -> Result<Vec<u8>, HostError> {
        Ok(self.best.clone())
    }
    fn keep_diverged(&mut self, state: &[u8]) -> Result<(), HostError> {
        self.diverged = Some(state.to_vec());
        Ok(())
    }
    fn batch(&mut self, _: BatchProgress) {
        self.steps += 1;
    }
    fn epoch(&mut self, summary: EpochSummary) -> Result<(), HostError> {
        self.epochs.push(summary);
        Ok(())
    }
    fn stop_requested(&self) -> bool {
        self.stops.front() == Some(&self.steps)
    }
}

/// A training whose encoder starts from scratch.
fn job_of<'a>(settings: &'a Settings, seed: u64, squares: &'a Squares, split: &'a Split) -> Job<'a> {
    static SCRATCH: LazyLock<EncoderWeights> = LazyLock::new(EncoderWeights::default);
    Job { settings, seed, images: squares, split, encoder: &SCRATCH }
}

fn run(settings: &Settings, squares: &Squares, host: &mut Memory) -> Finished {
    let split = squares.split();
    finish(&job_of(settings, 42, squares, &split), host)
}

/// Trains to the end, however often the host asks to stop.
fn finish(job: &Job<'_>, host: &mut Memory) -> Finished {
    loop {
        match train(job, Compute::Cpu, host).unwrap() {
            Outcome::Done(finished) => return finished,
            Outcome::Interrupted { .. } => drop(host.stops.pop_front()),
        }
    }
}

fn short() -> Settings {
    let source = DataSource::Prepared { dataset: "squares".to_owned(), split: "squares".to_owned() };
    Settings {
        data: DataSettings { source, size: SIZE, resize: Resize::default() },
        model: ModelSettings::EgeUnet(EgeUnetSettings::default()),
        train: TrainSettings { epochs: 4, batch_size: 4, ..settings() },
    }
}

#[test]
fn an_interrupted_training_ends_with_the_same_bits() {
    an_interruption_changes_nothing(&short());
    // Batch normalisations remember moments, and frozen tensors have none of an optimizer.
    let mut settings = short();
    settings.model = ModelSettings::Baseline(Baseline::UnextS);
    an_interruption_changes_nothing(&settings);
    let frozen = EgeUnetSettings { tensors: Tensors::Frozen, ..EgeUnetSettings::default() };
    settings.model = ModelSettings::EgeUnet(frozen);
    an_interruption_changes_nothing(&settings);
}

fn an_interruption_changes_nothing(settings: &Settings) {
    let squares = Squares::new(13);
    let mut whole = Memory::default();
    let expected = run(settings, &squares, &mut whole);
    // In the middle of an epoch, at its start, twice at once, and after the last step.
    let mut pieces = Memory { stops: [2, 3, 3, 7, 11].into(), ..Memory::default() };
    let finished = run(settings, &squares, &mut pieces);
    assert!(pieces.stops.is_empty());
    assert_eq!((finished.best, finished.last), (expected.best, expected.last));
    assert_eq!(finished.best_epoch, expected.best_epoch);
    assert_eq!(pieces.best, whole.best);
    for (a, b) in pieces.epochs.iter().zip(&whole.epochs) {
        assert_eq!((a.train_loss, a.selection_loss), (b.train_loss, b.selection_loss));
    }
    let weights = |host: &Memory| {
        let checkpoint = host.saved();
        (checkpoint.weights, checkpoint.optimizer)
    };
    assert_eq!(weights(&pieces), weights(&whole));
}

#[test]
fn the_loss_falls_and_the_seed_matters() {
    let squares = Squares::new(19);
    let settings = Settings { train: TrainSettings { epochs: 12, ..short().train }, ..short() };
    let mut host = Memory::default();
    let finished = run(&settings, &squares, &mut host);
    let losses: Vec<f64> = host.epochs.iter().map(|epoch| epoch.train_loss).collect();
    assert!(losses[11] < 0.8 * losses[0], "{losses:?}");
    assert_eq!(finished.best.len(), 3);
    assert_eq!(finished.best[0].image, "SQUARE_16");
    assert_eq!(finished.best[0].counts.pixels(), (SIZE * SIZE) as u64);

    let split = squares.split();
    let mut other = Memory { stops: [1].into(), ..Memory::default() };
    let job = job_of(&settings, 43, &squares, &split);
    assert_eq!(train(&job, Compute::Cpu, &mut other).unwrap(), Outcome::Interrupted { epochs_done: 0 });
    let mut same = Memory { stops: [1].into(), ..Memory::default() };
    let job = Job { seed: 42, ..job };
    train(&job, Compute::Cpu, &mut same).unwrap();
    assert_ne!(other.saved().weights, same.saved().weights);
}

#[test]
fn a_loss_that_is_no_number_names_epoch_batch_and_images() {
    let squares = Squares::new(11);
    let mut settings = short();
    let OptimizerSettings::Adamw(optimizer) = &mut settings.train.optimizer;
    optimizer.learning_rate = 1e38;
    let split = squares.split();
    let job = job_of(&settings, 1, &squares, &split);
    let mut host = Memory::default();
    let error = train(&job, Compute::Cpu, &mut host).unwrap_err();
    let TrainError::Diverged { epoch, batch, images, .. } = &error else { panic!("{error}") };
    // The first step ruins the network, the second one notices.
    assert_eq!((*epoch, *batch, images.len()), (1, 2, 4));
    assert_eq!(error.kind(), "diverged");
    // What is kept is the state between the two: from there the very next step diverges.
    let mut again = Memory { checkpoint: host.diverged, ..Memory::default() };
    assert_eq!(again.saved().progress.batches_done, 1);
    assert_eq!(train(&job, Compute::Cpu, &mut again).unwrap_err().to_string(), error.to_string());
    assert_eq!(again.steps, 0);
}

#[test]
fn the_selected_epoch_is_the_best_by_its_own_rule() {
    let squares = Squares::new(13);
    for selection in [Selection::LowestLoss, Selection::HighestIou, Selection::Last] {
        let train = TrainSettings { epochs: 6, selection, ..short().train };
        let settings = Settings { train, ..short() };
        let mut host = Memory::default();
        let finished = run(&settings, &squares, &mut host);
        let score = |summary: &EpochSummary| match selection {
            Selection::LowestLoss => summary.selection_loss,
            Selection::HighestIou => -iou(summary.selection),
            Selection::Last => -(summary.epoch as f64),
        };
        let mut best = &host.epochs[0];
        for summary in &host.epochs {
            if score(summary) < score(best) {
                best = summary;
            }
            let rate = learning_rate(&settings.train, summary.epoch);
            assert_eq!(summary.learning_rate.to_bits(), rate.to_bits(), "epoch {}", summary.epoch);
        }
        assert_eq!(finished.best_epoch, best.epoch, "{selection:?}");
        // The weights reported as best are those of that epoch: they count as they did then.
        let counts: Counts = finished.best.iter().map(|image| image.counts).sum();
        assert_eq!(counts, best.selection, "{selection:?}");
        let last: Counts = finished.last.iter().map(|image| image.counts).sum();
        assert_eq!(last, host.epochs[5].selection, "{selection:?}");
    }
}

fn iou(counts: Counts) -> f64 {
    counts.tp as f64 / (counts.tp + counts.fp + counts.fn_) as f64
}

/// A network that calls everything lesion, and one that calls nothing so, have counts that are known.
#[test]
fn counts_are_prediction_against_truth() {
    let squares = Squares::new(4);
    let settings = short();
    let mut host = Memory { stops: [0].into(), ..Memory::default() };
    let split = squares.split();
    train(&job_of(&settings, 1, &squares, &split), Compute::Cpu, &mut host).unwrap();
    let mut state = host.saved().weights;
    for (bias, lesion) in [(40.0, true), (-40.0, false)] {
        state.0.get_mut("final.weight").unwrap().values.fill(0.0);
        state.0.get_mut("final.bias").unwrap().values.fill(bias);
        let weights = crate::model::weights::to_safetensors(&state, None);
        let masks = predict(&settings, &weights, &squares, &[0], &[0, 1, 2, 3], Compute::Cpu).unwrap();
        assert!(masks.iter().flatten().all(|&predicted| predicted == lesion));
        let truth: u64 = squares.masks[3].iter().map(|&grey| u64::from(grey == 255)).sum();
        let pixels = (SIZE * SIZE) as u64;
        let counts = Counts::of(masks[3].iter().copied(), squares.masks[3].iter().map(|&grey| grey == 255));
        let expected = if lesion {
            Counts { tp: truth, fp: pixels - truth, fn_: 0, tn: 0 }
        } else {
            Counts { tp: 0, fp: 0, fn_: truth, tn: pixels - truth }
        };
        assert_eq!(counts, expected);
    }
}

#[test]
fn a_selection_loss_that_is_no_number_is_a_failure_of_that_epoch() {
    let squares = Squares::new(7);
    let mut settings = short();
    let OptimizerSettings::Adamw(optimizer) = &mut settings.train.optimizer;
    // One step of this size is enough to ruin the network, and the epoch has no second one to notice it.
    optimizer.learning_rate = 1e38;
    let split = squares.split();
    let mut host = Memory::default();
    let job = job_of(&settings, 1, &squares, &split);
    let error = train(&job, Compute::Cpu, &mut host).unwrap_err();
    let TrainError::Diverged { epoch, images, .. } = &error else { panic!("{error}") };
    assert_eq!(*epoch, 1);
    assert_eq!(images, &split.select);
    assert!(host.epochs.is_empty() && host.best.is_empty() && host.checkpoint.is_none());
}

/// What the encoder starts from is there before the first step, is trained, and doesn't come back on resume.
#[test]
fn a_training_starts_from_the_encoder_weights() {
    let squares = Squares::new(9);
    let split = squares.split();
    let model = ModelSettings::Baseline(Baseline::MobilenetV3);
    let settings = Settings { model: model.clone(), ..short() };
    let mut state = Built::new(&model, 77, &Device::flex()).state();
    state.0.retain(|name, _| name.starts_with("backbone."));
    let trained = state.clone();
    let names = |name: &str| name.replacen("backbone.", "features.", 1);
    state.0 = state.0.into_iter().map(|(name, tensor)| (names(&name), tensor)).collect();
    let folder = tempfile::tempdir().unwrap();
    let paths = [folder.path().join("encoder.safetensors")];
    fs_err::write(&paths[0], crate::model::weights::to_safetensors(&state, None)).unwrap();
    let encoder = EncoderWeights::read(&model, &paths, encoder_digest(&paths).unwrap().as_deref()).unwrap();
    let job = Job { settings: &settings, seed: 5, images: &squares, split: &split, encoder: &encoder };

    let mut host = Memory { stops: [0].into(), ..Memory::default() };
    train(&job, Compute::Cpu, &mut host).unwrap();
    let scratch = Built::new(&model, 5, &Device::flex()).state();
    for (name, tensor) in &host.saved().weights.0 {
        let expected = trained.0.get(name).unwrap_or_else(|| &scratch.0[name]);
        assert_eq!(tensor, expected, "{name}");
    }

    let end = |mut host: Memory| (finish(&job, &mut host).best, host.saved().weights);
    let whole = end(Memory::default());
    let resumed = end(Memory { stops: [0, 1].into(), ..Memory::default() });
    assert_eq!(whole, resumed);
    assert_ne!(whole.1.0["backbone.0.0.weight"], trained.0["backbone.0.0.weight"]);
}
