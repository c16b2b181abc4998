//! A made-up experiment: no number in it was measured.

use ege_bench::claim::Counted;
use ege_bench::experiment::settings::{
    AdamWSettings, AugmentSettings, DataSettings, DataSource, EgeUnetSettings, LastBatch, LossSettings,
    ModelSettings, Normalization, OptimizerSettings, Precision, Protocol, Resize, ScheduleSettings,
    Selection, Settings, TrainSettings,
};
use ege_bench::report::{GalleryItem, LeakItem, NetworkCost, ReportInput, ReportRun};
use ege_bench::store::{
    CountsRow, EpochEvent, ImagesOrigin, ModelCost, Provenance, RunRecord, RunState, Weights,
};

/// The paper's own model on its own split, as released.
pub fn settings() -> Settings {
    Settings {
        data: DataSettings {
            source: DataSource::Prepared { dataset: "isic2017".to_owned(), split: "paper".to_owned() },
            size: 256,
            resize: Resize::default(),
        },
        model: ModelSettings::EgeUnet(EgeUnetSettings::default()),
        train: TrainSettings {
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
        },
    }
}

/// The same on built-in images.
pub fn synthetic() -> Settings {
    let mut settings = settings();
    settings.data.source = DataSource::SyntheticLesions { train_images: 48, validation_images: 16 };
    settings
}

/// The origin of a known copy with binary masks.
pub fn known_copy() -> ImagesOrigin {
    ImagesOrigin {
        copy: Some("a-copy-256".to_owned()),
        images: "whole frame squashed to 256x256".to_owned(),
        masks: "at least 128 is lesion".to_owned(),
        deviation: "JPEG instead of the original file".to_owned(),
        pairs: 2150,
        resized: Some(0),
        masks_binary: true,
    }
}

/// A number in `[0, 1)` that looks random.
pub fn noise(seed: u64, at: u64) -> f64 {
    let mut bits = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ at.wrapping_mul(0xD1B5_4A32_D192_ED03);
    bits ^= bits >> 29;
    bits = bits.wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits ^= bits >> 32;
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

/// A run that is done, with made-up epochs and counts.
pub fn run(settings: &Settings, variant: &str, seed: u64, images: usize, level: f64) -> ReportRun {
    let epochs = settings.train.epochs;
    let best_epoch = epochs - epochs / 10;
    let synthetic = settings.data.source.is_synthetic();
    ReportRun {
        noise_floor: None,
        record: RunRecord {
            format: 1,
            id: format!("{}-{seed}-{:08x}", settings.model.name(), variant.len()),
            experiment: "example".to_owned(),
            variant: variant.to_owned(),
            seed,
            meaning: serde_json::json!({ "data-digest": "d".repeat(64), "split-digest": "5".repeat(64) }),
            synthetic,
            origin: (!synthetic).then(known_copy),
            encoder_weights: Vec::new(),
            folder: None,
            state: RunState::Done { best_epoch, seconds: 100.0 * epochs as f64 },
            cost: ModelCost { parameters: 53_374, conv_macs: 72_096_256 },
            provenance: Provenance {
                version: "0.1.0".to_owned(),
                commit: "3d41242".to_owned(),
                dirty: false,
                cargo_lock: "c".repeat(64),
                device: "cpu".to_owned(),
                hardware: "a made-up processor".to_owned(),
                threads: 2,
                system: "Debian 12".to_owned(),
                started: "2026-11-24T05:00:00Z".to_owned(),
                ended: "2026-11-24T13:20:00Z".to_owned(),
                sessions: 1,
                ..Provenance::default()
            },
        },
        settings: settings.clone(),
        selects_on_report: true,
        images: if synthetic { [48, 16, 16] } else { [1500, images, images] },
        events: (1..=epochs).map(|epoch| event(epoch, epochs, seed, level)).collect(),
        counts: [(Weights::Best, level), (Weights::Last, level - 0.01)]
            .into_iter()
            .flat_map(|(weights, level)| (0..images).map(move |image| counts(weights, image, seed, level)))
            .collect(),
    }
}

fn event(epoch: usize, epochs: usize, seed: u64, level: f64) -> EpochEvent {
    let wave = (std::f64::consts::PI * (epoch - 1) as f64 / 50.0).cos();
    let progress = 1.0 - (-5.0 * epoch as f64 / epochs as f64).exp();
    let jitter = noise(seed, epoch as u64) - 0.5;
    EpochEvent {
        epoch,
        learning_rate: 1e-5 + (1e-3 - 1e-5) * (1.0 + wave) / 2.0,
        train_loss: 3.4 - 2.6 * progress + 0.03 * jitter,
        selection_loss: 3.3 - 2.3 * progress + 0.2 * jitter,
        selection_iou: (level * progress.sqrt() - 0.03 * jitter.abs()).max(0.0),
        seconds: 100.0 + jitter,
        input_seconds: None,
        images_per_second: 18.0 + jitter,
        memory_mb: 371,
    }
}

fn counts(weights: Weights, image: usize, seed: u64, level: f64) -> CountsRow {
    let at = image as u64;
    let lesion = 600 + (noise(7, at).powi(3) * 30_000.0) as u64;
    let recall = (level + 0.14 - 0.5 * noise(seed, at).powi(4)).clamp(0.0, 1.0);
    let tp = (lesion as f64 * recall) as u64;
    let fp = ((lesion as f64) * 0.13 * noise(seed + 1, at)) as u64;
    CountsRow {
        weights,
        image: format!("MADE_UP_{image:04}"),
        tp,
        fp,
        fn_: lesion - tp,
        tn: 65_536 - lesion - fp,
        hd95: Some(1.0 + 40.0 * (1.0 - recall)),
        assd: Some(0.5 + 12.0 * (1.0 - recall)),
    }
}

/// A disc on skin with a prediction that is off by a few pixels.
pub fn gallery_item(run: &ReportRun, choice: &str, shift: usize) -> GalleryItem {
    let size = 64;
    let disc = |cx: usize, x: usize, y: usize| x.abs_diff(cx).pow(2) + y.abs_diff(32).pow(2) < 400;
    let pixels = (0..size * size).map(|at| (at % size, at / size));
    GalleryItem {
        run: run.record.id.clone(),
        image: format!("MADE_UP_{shift:04}"),
        choice: choice.to_owned(),
        size,
        pixels: pixels
            .clone()
            .flat_map(|(x, y)| if disc(32, x, y) { [110, 70, 55] } else { [224, 184, 164] })
            .collect(),
        truth: pixels.clone().map(|(x, y)| disc(32, x, y)).collect(),
        prediction: pixels.map(|(x, y)| disc(32 + shift, x, y)).collect(),
    }
}

/// An experiment around the runs.
pub fn input(name: &str, runs: Vec<ReportRun>) -> ReportInput {
    let gallery = runs
        .iter()
        .take(1)
        .flat_map(|run| {
            [("best", 1), ("median", 4), ("worst", 15)].map(|(choice, by)| gallery_item(run, choice, by))
        })
        .collect();
    let claims = vec![
        ege_bench::claim::load(
            &std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("claims/ege-unet.toml"),
        )
        .expect("the committed claims load"),
    ];
    ReportInput {
        audits: claims
            .iter()
            .map(|claims| ege_bench::claim::audit(claims, &|_, _| Vec::new(), &|_| None))
            .collect(),
        registry: Vec::new(),
        name: name.to_owned(),
        description: "An example whose every number is made up, for tests.".to_owned(),
        command: "ege-bench run experiments/example.toml".to_owned(),
        generated: "2026-11-24T14:00:00Z".to_owned(),
        runs,
        claims,
        costs: [
            EgeUnetSettings::default(),
            EgeUnetSettings { gab_mask: false, ..EgeUnetSettings::default() },
        ]
        .into_iter()
        .zip([(53_374, 72_096_256), (52_582, 70_654_464)])
        .map(|(settings, (parameters, conv_macs))| NetworkCost {
            model: ModelSettings::EgeUnet(settings),
            size: 256,
            cost: ModelCost { parameters, conv_macs },
            conventions: vec![Counted { convention: "paper", parameters, operations: conv_macs }],
        })
        .collect(),
        gallery,
        gallery_note: String::new(),
        compared: Vec::new(),
        leaks: Vec::new(),
    }
}

/// Two variants with three seeds each: one run failed, one was interrupted, one is still to come.
pub fn isic2017() -> ReportInput {
    let base = settings();
    let mut undilated = settings();
    undilated.model =
        ModelSettings::EgeUnet(EgeUnetSettings { dilations: vec![1; 4], ..EgeUnetSettings::default() });
    let mut runs: Vec<ReportRun> = [(42, 0.815), (43, 0.809), (44, 0.812)]
        .into_iter()
        .map(|(seed, level)| run(&base, "ege-unet", seed, 650, level))
        .collect();
    runs.push(run(&undilated, "no-dilation", 42, 650, 0.797));
    let mut failed = run(&undilated, "no-dilation", 43, 650, 0.797);
    failed.record.state = RunState::Failed {
        kind: "diverged".to_owned(),
        message: "loss is NaN in epoch 12, batch 7 (images A, B)".to_owned(),
    };
    failed.events.truncate(11);
    failed.counts.clear();
    let mut interrupted = run(&undilated, "no-dilation", 44, 650, 0.797);
    interrupted.record.state = RunState::Interrupted { epochs_done: 120 };
    interrupted.events.truncate(120);
    interrupted.counts.clear();
    let mut planned = run(&undilated, "no-dilation", 45, 650, 0.797);
    planned.record.state = RunState::Planned;
    planned.record.cost = ModelCost::default();
    planned.record.provenance = Provenance::default();
    planned.events.clear();
    planned.counts.clear();
    runs.extend([failed, interrupted, planned]);
    let compared = vec!["650 images of isic2017, split paper, at 256x256".to_owned()];
    ReportInput { compared, leaks: vec![leak()], ..input("isic2017-example", runs) }
}

/// Two images that look the same.
fn leak() -> LeakItem {
    LeakItem {
        data: "isic2017, split paper".to_owned(),
        images: ["ISIC_1".to_owned(), "ISIC_2".to_owned()],
        parts: ["train".to_owned(), "select, report".to_owned()],
        leaks: true,
        distance: 0.25,
        identical: false,
        lay: "mirrored".to_owned(),
        size: 32,
        pixels: [vec![90; 32 * 32 * 3], vec![91; 32 * 32 * 3]],
    }
}

/// A short run on built-in images.
pub fn quickstart() -> ReportInput {
    let mut settings = synthetic();
    settings.train.epochs = 6;
    input("quickstart", vec![run(&settings, "ege-unet", 42, 16, 0.8)])
}
