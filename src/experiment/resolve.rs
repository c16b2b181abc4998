//! From a draft to settings: defaults filled in, every value checked.

use std::path::PathBuf;

use super::check::{self, Check};
use super::diagnostic::{Diagnostic, listed, similar};
use super::document::Node;
use super::file::{
    RawAdamW, RawAugment, RawBaseline, RawCosine, RawData, RawLoss, RawModel, RawOptimizer, RawPretrained,
    RawSchedule, RawTrain,
};
use super::folder;
use super::merge::SYNTHETIC;
use super::network;
use super::problems::Problems;
use super::protocol;
use super::read::read;
use super::settings::{
    AdamWSettings, AugmentSettings, Baseline, DataSettings, DataSource, FolderSource, LARGEST_SIZE,
    LastBatch, LossSettings, ModelSettings, OptimizerSettings, Protocol, SIZE_STEP, ScheduleSettings,
    Settings, SplitBase, SplitName, TrainSettings, nearest_size,
};
use super::variants::Draft;

/// The data sets and splits that an experiment may name, apart from the built-in generator.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalogue {
    /// Each data set's name with the names of its splits.
    pub datasets: Vec<(String, Vec<String>)>,
}

/// What a draft means.
pub struct Resolved {
    /// What its runs do.
    pub settings: Settings,
    /// One run for each.
    pub seeds: Vec<u64>,
    /// Files from which parts of the network start.
    pub encoder_weights: Vec<PathBuf>,
    /// The folder of the user's images, where the data source is one.
    pub folder: Option<FolderSource>,
}

/// What a draft means; nothing when a problem was noted.
pub fn resolve(draft: &Draft, catalogue: &Catalogue, problems: &Problems) -> Option<Resolved> {
    let before = problems.count();
    let check = Check { sections: &draft.sections, problems };
    // What can't be read is noted; going on with defaults finds what else is wrong.
    let raw_train: RawTrain = section(&draft.sections, "train", problems).unwrap_or_default();
    let preset = raw_train.protocol.unwrap_or(Protocol::AsReleased);
    let seeds = seeds(check, raw_train.seeds.clone());
    let data = data(check, catalogue);
    let model = model(check, preset);
    let train = train(check, &raw_train, preset);
    let ((data, folder), (model, encoder_weights), train) = (data?, model?, train?);
    batches(check, &data, &train);
    let settings = Settings { data, model, train };
    (problems.count() == before).then_some(Resolved { settings, seeds, encoder_weights, folder })
}

/// The section `key`, or its default where the file doesn't have it.
fn section<'a, T>(sections: &'a Node, key: &str, problems: &'a Problems) -> Option<T>
where
    T: serde::Deserialize<'a> + Default,
{
    match sections.find(key) {
        Some(node) => read(node, key, problems),
        None => Some(T::default()),
    }
}

fn data(check: Check<'_>, catalogue: &Catalogue) -> Option<(DataSettings, Option<FolderSource>)> {
    let raw: RawData = section(check.sections, "data", check.problems)?;
    let size = check.within("data.size", raw.size.unwrap_or(protocol::SIZE), SIZE_STEP..=LARGEST_SIZE);
    if !size.is_multiple_of(SIZE_STEP) {
        let message = format!("{size} is not a multiple of {SIZE_STEP}, the network's coarsest stride");
        let diagnostic =
            Diagnostic::new(message).allowed(format!("{SIZE_STEP}, {}, ... {LARGEST_SIZE}", 2 * SIZE_STEP));
        check.note("data.size", diagnostic.hint(format!("the nearest is {}", nearest_size(size))));
    }
    let resize = raw.resize.unwrap_or_default();
    if let Some(node) = check.sections.find("dataset") {
        let (source, folder) = folder::folder(check, node, &raw)?;
        return Some((DataSettings { source, size, resize }, Some(folder)));
    }
    let Some(dataset) = raw.dataset.as_deref() else {
        let names = known_datasets(catalogue);
        let diagnostic = Diagnostic::new("`data.dataset` is missing: which images?").allowed(listed(names));
        check.note("data.dataset", diagnostic.hint("add a line such as dataset = \"isic2017\" in [data]"));
        return None;
    };
    let source = if dataset == SYNTHETIC {
        synthetic(check, &raw)
    } else {
        prepared(check, catalogue, dataset, &raw)?
    };
    Some((DataSettings { source, size, resize }, None))
}

fn known_datasets(catalogue: &Catalogue) -> Vec<&str> {
    catalogue.datasets.iter().map(|(name, _)| name.as_str()).chain([SYNTHETIC]).collect()
}

fn synthetic(check: Check<'_>, raw: &RawData) -> DataSource {
    if raw.split.is_some() {
        let message = format!("`{SYNTHETIC}` has no splits to choose from");
        let hint = "remove `split`; `train-images` and `validation-images` say how many are generated";
        check.note("data.split", Diagnostic::new(message).hint(hint));
    }
    if raw.resize.is_some() {
        let message = format!("`{SYNTHETIC}` are generated at the size that is asked for");
        check.note("data.resize", Diagnostic::new(message).hint("remove `resize`"));
    }
    let (train, validation) = protocol::SYNTHETIC_IMAGES;
    let count = |path, value| check.within(path, value, 1..=10_000);
    DataSource::SyntheticLesions {
        train_images: count("data.train-images", raw.train_images.unwrap_or(train)),
        validation_images: count("data.validation-images", raw.validation_images.unwrap_or(validation)),
    }
}

fn prepared(check: Check<'_>, catalogue: &Catalogue, dataset: &str, raw: &RawData) -> Option<DataSource> {
    let generated = [
        ("data.train-images", raw.train_images.is_some()),
        ("data.validation-images", raw.validation_images.is_some()),
    ];
    for (path, given) in generated {
        if given {
            let message = format!("`{path}` is for `{SYNTHETIC}` only");
            let hint = format!("remove it: the split decides which images of `{dataset}` are used");
            check.note(path, Diagnostic::new(message).hint(hint));
        }
    }
    let Some((_, splits)) = catalogue.datasets.iter().find(|(name, _)| name == dataset) else {
        let names = known_datasets(catalogue);
        let diagnostic = unknown(&format!("unknown data set `{dataset}`"), dataset, &names);
        check.note("data.dataset", diagnostic);
        return None;
    };
    let splits: Vec<&str> = splits.iter().map(String::as_str).collect();
    let Some(split) = raw.split.clone() else {
        let message = format!("`data.split` is missing: which images of `{dataset}` train and validate?");
        let hint = format!("add a line such as split = \"{}\" in [data]", splits.first().unwrap_or(&"paper"));
        check.note("data.split", Diagnostic::new(message).allowed(listed(splits)).hint(hint));
        return None;
    };
    match split.parse::<SplitName>() {
        Ok(SplitName { base: SplitBase::Listed(listed), .. }) if !splits.contains(&listed.as_str()) => {
            let message = format!("unknown split `{split}` of `{dataset}`");
            let diagnostic = unknown(&message, &split, &splits);
            let hint = "any of them with -without-leaks, a fold such as fold-2-of-5, and own lists that \
                        `ege-bench data split` kept are splits as well";
            check.note("data.split", diagnostic.hint_if(true, hint));
            return None;
        }
        Ok(_) => {}
        Err(no_fold) => {
            check.note("data.split", Diagnostic::new(no_fold.to_string()));
            return None;
        }
    }
    Some(DataSource::Prepared { dataset: dataset.to_owned(), split })
}

fn unknown(message: &str, typed: &str, names: &[&str]) -> Diagnostic {
    let diagnostic = Diagnostic::new(message).allowed(listed(names));
    match similar(typed, names.iter().copied()) {
        Some(near) => diagnostic.hint(format!("did you mean `{near}`?")),
        None => diagnostic,
    }
}

fn seeds(check: Check<'_>, seeds: Option<Vec<u64>>) -> Vec<u64> {
    let seeds = seeds.unwrap_or_else(|| vec![protocol::SEED]);
    if seeds.is_empty() {
        let diagnostic = Diagnostic::new("`train.seeds` is empty: nothing would run");
        check.note("train.seeds", diagnostic.hint("name at least one seed, such as seeds = [42]"));
    }
    if let Some(position) = check::repeated(&seeds) {
        let message = format!("the seed {} stands twice", seeds[position]);
        let diagnostic =
            Diagnostic::new(message).hint("the same run twice gives the same numbers: remove it");
        check.note(&format!("train.seeds.{position}"), diagnostic);
    }
    seeds
}

/// The network, and the files from which parts of it start.
fn model(check: Check<'_>, preset: Protocol) -> Option<(ModelSettings, Vec<PathBuf>)> {
    let Some(node) = check.sections.find("model") else {
        let diagnostic = Diagnostic::new("`model` is missing: which network is trained?");
        check.note("model", diagnostic.hint("add a table such as [model.ege-unet]"));
        return None;
    };
    let baseline = |baseline| Some((ModelSettings::Baseline(baseline), Vec::new()));
    let pretrained = |baseline: Baseline, raw: &RawPretrained| {
        Some((ModelSettings::Baseline(baseline), encoder_weights(check, baseline, raw)))
    };
    match read(node, "model", check.problems)? {
        RawModel::EgeUnet(raw) => {
            Some((ModelSettings::EgeUnet(network::ege_unet(check, &raw, preset)), Vec::new()))
        }
        RawModel::Unet(RawBaseline {}) => baseline(Baseline::Unet),
        RawModel::UnetPlusPlus(RawBaseline {}) => baseline(Baseline::UnetPlusPlus),
        RawModel::AttUnet(RawBaseline {}) => baseline(Baseline::AttUnet),
        RawModel::Malunet(RawBaseline {}) => baseline(Baseline::Malunet),
        RawModel::UnextS(RawBaseline {}) => baseline(Baseline::UnextS),
        RawModel::UcmNet(RawBaseline {}) => baseline(Baseline::UcmNet),
        RawModel::MobilenetV3(raw) => pretrained(Baseline::MobilenetV3, &raw),
        RawModel::Sanet(raw) => pretrained(Baseline::Sanet, &raw),
        RawModel::TransfuseS(raw) => pretrained(Baseline::TransfuseS, &raw),
        RawModel::LbUnet(RawBaseline {}) => baseline(Baseline::LbUnet),
        RawModel::UltralightVmUnet(RawBaseline {}) => baseline(Baseline::UltralightVmUnet),
        RawModel::UtnetV2(RawBaseline {}) => baseline(Baseline::UtnetV2),
        RawModel::MobilevitV2(raw) => pretrained(Baseline::MobilevitV2, &raw),
    }
}

/// The files that are named, relative to the file that names them.
fn encoder_weights(check: Check<'_>, baseline: Baseline, raw: &RawPretrained) -> Vec<PathBuf> {
    let key = format!("model.{}.encoder-weights", baseline.name());
    let names = raw.encoder_weights.as_deref().unwrap_or_default();
    if let Some(position) = check::repeated(names) {
        let message = format!("the file {} stands twice", names[position]);
        check.note(&format!("{key}.{position}"), Diagnostic::new(message).hint("remove one of them"));
    }
    let path = |(index, name): (usize, &String)| check.origin(&format!("{key}.{index}")).relative(name);
    let mut paths: Vec<PathBuf> = names.iter().enumerate().map(path).collect();
    // Their order means nothing.
    paths.sort();
    paths
}

fn train(check: Check<'_>, raw: &RawTrain, preset: Protocol) -> Option<TrainSettings> {
    let default = protocol::train(preset);
    let optimizer = optimizer(check, default.optimizer);
    let loss = loss(check, &default.loss);
    let augment = augment(check, default.augment);
    let highest = optimizer.map_or(f64::INFINITY, |OptimizerSettings::Adamw(adamw)| adamw.learning_rate);
    let schedule = schedule(check, default.schedule, highest);
    Some(TrainSettings {
        protocol: preset,
        epochs: check.within("train.epochs", raw.epochs.unwrap_or(default.epochs), 1..=100_000),
        batch_size: check.within("train.batch-size", raw.batch_size.unwrap_or(default.batch_size), 1..=1024),
        last_batch: raw.last_batch.unwrap_or(default.last_batch),
        optimizer: optimizer?,
        schedule: schedule?,
        loss: loss?,
        normalization: raw.normalization.unwrap_or(default.normalization),
        augment: augment?,
        selection: raw.selection.unwrap_or(default.selection),
        precision: raw.precision.unwrap_or(default.precision),
    })
}

fn optimizer(check: Check<'_>, default: OptimizerSettings) -> Option<OptimizerSettings> {
    let Some(node) = check.sections.find("optimizer") else { return Some(default) };
    let RawOptimizer::Adamw(raw) = read(node, "optimizer", check.problems)?;
    let RawAdamW { learning_rate, beta1, beta2, epsilon, weight_decay } = raw;
    let OptimizerSettings::Adamw(default) = default;
    let number = |key: &str, value: Option<f64>, default, allowed: &str, holds: fn(f64) -> bool| {
        check.number(&format!("optimizer.adamw.{key}"), value.unwrap_or(default), allowed, holds)
    };
    let beta = |value: f64| (0.0..1.0).contains(&value);
    Some(OptimizerSettings::Adamw(AdamWSettings {
        learning_rate: number("learning-rate", learning_rate, default.learning_rate, POSITIVE, |v| v > 0.0),
        beta1: number("beta1", beta1, default.beta1, "0 to below 1", beta),
        beta2: number("beta2", beta2, default.beta2, "0 to below 1", beta),
        epsilon: number("epsilon", epsilon, default.epsilon, POSITIVE, |v| v > 0.0),
        weight_decay: number("weight-decay", weight_decay, default.weight_decay, FROM_ZERO, |v| v >= 0.0),
    }))
}

const POSITIVE: &str = "numbers above 0";
const FROM_ZERO: &str = "0 and above";

fn schedule(check: Check<'_>, default: ScheduleSettings, highest: f64) -> Option<ScheduleSettings> {
    let raw = match check.sections.find("schedule") {
        Some(node) => read(node, "schedule", check.problems)?,
        None => match default {
            ScheduleSettings::Cosine { .. } => RawSchedule::Cosine(RawCosine::default()),
            ScheduleSettings::Constant => return Some(default),
        },
    };
    let RawSchedule::Cosine(raw) = raw else { return Some(ScheduleSettings::Constant) };
    let t_max = raw.t_max.unwrap_or(protocol::COSINE_T_MAX);
    let lowest = raw.min_learning_rate.unwrap_or(protocol::COSINE_MIN_LEARNING_RATE);
    let path = "schedule.cosine.min-learning-rate";
    let lowest = check.number(path, lowest, FROM_ZERO, |v| v >= 0.0);
    if highest > 0.0 && lowest > highest {
        let message = format!("the lowest learning rate {lowest} is above the first one, {highest}");
        let blamed = if raw.min_learning_rate.is_some() { path } else { "optimizer.adamw.learning-rate" };
        let hint = "raise optimizer.adamw.learning-rate or lower schedule.cosine.min-learning-rate";
        check.note(blamed, Diagnostic::new(message).hint(hint));
    }
    Some(ScheduleSettings::Cosine {
        t_max: check.within("schedule.cosine.t-max", t_max, 1..=100_000),
        min_learning_rate: lowest,
    })
}

fn loss(check: Check<'_>, default: &LossSettings) -> Option<LossSettings> {
    let raw: RawLoss = section(check.sections, "loss", check.problems)?;
    let weight =
        |key: &str, value: f64| check.number(&format!("loss.{key}"), value, FROM_ZERO, |value| value >= 0.0);
    let settings = LossSettings {
        bce_weight: weight("bce-weight", raw.bce_weight.unwrap_or(default.bce_weight)),
        dice_weight: weight("dice-weight", raw.dice_weight.unwrap_or(default.dice_weight)),
        smooth: weight("smooth", raw.smooth.unwrap_or(default.smooth)),
        side_weights: {
            let mut weights = raw.side_weights.unwrap_or(default.side_weights);
            for (output, value) in weights.iter_mut().enumerate() {
                *value = weight(&format!("side-weights.{output}"), *value);
            }
            weights
        },
        bce: raw.bce.unwrap_or(default.bce),
        mask: raw.mask.unwrap_or(default.mask),
    };
    if settings.bce_weight == 0.0 && settings.dice_weight == 0.0 {
        let diagnostic = Diagnostic::new("`bce-weight` and `dice-weight` are both 0: nothing is learned");
        check.note("loss.dice-weight", diagnostic.hint("give one of them a weight above 0"));
    }
    Some(settings)
}

fn augment(check: Check<'_>, default: AugmentSettings) -> Option<AugmentSettings> {
    let raw: RawAugment = section(check.sections, "augment", check.problems)?;
    let probability = |key: &str, value: Option<f64>, default: f64| {
        let path = format!("augment.{key}");
        check.number(&path, value.unwrap_or(default), "0 to 1", |value| (0.0..=1.0).contains(&value))
    };
    Some(AugmentSettings {
        horizontal_flip: probability("horizontal-flip", raw.horizontal_flip, default.horizontal_flip),
        vertical_flip: probability("vertical-flip", raw.vertical_flip, default.vertical_flip),
        rotation_probability: probability(
            "rotation-probability",
            raw.rotation_probability,
            default.rotation_probability,
        ),
        rotation: raw.rotation.unwrap_or(default.rotation),
    })
}

/// Dropping the last batch must leave one; how many images a prepared split has isn't known here.
fn batches(check: Check<'_>, data: &DataSettings, train: &TrainSettings) {
    if let DataSource::SyntheticLesions { train_images, .. } = data.source
        && train.last_batch == LastBatch::Drop
        && train_images < train.batch_size
    {
        let message = format!(
            "no batch is left: {train_images} images don't fill one of {}, and last-batch = \"drop\"",
            train.batch_size
        );
        let hint = "lower train.batch-size, or write last-batch = \"keep\"";
        check.note("train.last-batch", Diagnostic::new(message).hint(hint));
    }
}
