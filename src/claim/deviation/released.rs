//! The twenty deviations between the paper's text, the authors' released code (github JCruan519/EGE-UNet at
//! f52ba30), and what their authors meant.

use super::entry::{Deviation, Origin, Status, unless};
use super::images::{ImagesOrigin, rotation};
use crate::experiment::settings::{
    BceForm, DataSource, LastBatch, LossMask, ModelSettings, Normalization, Rotation, ScheduleSettings,
    Selection, Settings, TensorInit,
};

/// Deviations 1 to 20.
pub(super) const RELEASED: &[Deviation] = &[
    released(
        1,
        "rotation angle",
        "The rotation angle is drawn once per process, before the seed is set: every rotated sample of a run \
         has the same angle, and the seed does not fix it.",
        Some("augment.rotation"),
        |settings, _| {
            let augment = &settings.train.augment;
            if augment.rotation_probability == 0.0 {
                return Status::Changed("no rotation".to_owned());
            }
            unless(augment.rotation == Rotation::Once, "each rotated sample draws its own angle")
        },
    ),
    released(
        2,
        "normalisation constants",
        "Mean and standard deviation cancel in the min-max stretch of each image that follows them: they do \
         nothing.",
        Some("train.normalization"),
        min_max,
    ),
    released(
        3,
        "validation constants",
        "Validation images are normalised with other constants than training images, harmless because of 2.",
        Some("train.normalization"),
        min_max,
    ),
    released(4, "crashing switches", "The switches gt_ds=False and bridge=False crash.", None, |_, _| {
        Status::NotApplicable("the model has no such switch")
    }),
    released(
        5,
        "side outputs required",
        "The training loop can't train a model without side outputs.",
        Some("loss.side-weights"),
        |settings, _| {
            let used = settings.train.loss.side_weights.iter().any(|weight| *weight != 0.0);
            unless(used, "trained without side outputs")
        },
    ),
    released(
        6,
        "no test set",
        "The epoch of lowest loss is selected and the numbers are reported on one split.",
        Some("data.split, train.selection"),
        |settings, _| {
            let mut changes = Vec::new();
            match settings.train.selection {
                Selection::LowestLoss => {}
                Selection::HighestIou => changes.push("the epoch of highest IoU is selected".to_owned()),
                Selection::Last => changes.push("the last epoch is taken, none is selected".to_owned()),
            }
            if let DataSource::Prepared { split, .. } | DataSource::Folder { split } = &settings.data.source
                && split != "paper"
            {
                changes.push(format!("split `{split}` instead of the paper's"));
            }
            unless(changes.is_empty(), changes.join("; "))
        },
    ),
    released(7, "rare metrics", "Pixel metrics are computed in every 30th epoch only.", None, |_, _| {
        Status::Changed("computed in every epoch; no training step depends on it".to_owned())
    }),
    released(
        8,
        "learning-rate wave",
        "The cosine schedule has a half-period of 50 epochs and goes on past it: over 300 epochs the learning \
         rate is a wave that ends near its maximum.",
        Some("schedule"),
        |settings, _| match settings.train.schedule {
            ScheduleSettings::Cosine { t_max, min_learning_rate } => unless(
                t_max == 50 && (min_learning_rate - 1e-5).abs() < f64::EPSILON * 1e-5,
                format!("half-period {t_max} epochs, lowest rate {min_learning_rate:e}"),
            ),
            ScheduleSettings::Constant => Status::Changed("constant learning rate".to_owned()),
        },
    ),
    released(
        9,
        "start of the learnable tensors",
        "The tensors of GHPA start at ones; the text says random.",
        Some("model.ege-unet.tensor-init"),
        |settings, _| match &settings.model {
            ModelSettings::EgeUnet(model) => {
                unless(model.tensor_init == TensorInit::Ones, "random, as the text says")
            }
            ModelSettings::Baseline(_) => Status::NotApplicable("the network has no such tensors"),
        },
    ),
    released(
        10,
        "cross-entropy on probabilities",
        "Binary cross-entropy is taken on sigmoid outputs, not on logits.",
        Some("loss.bce"),
        |settings, _| unless(settings.train.loss.bce == BceForm::Probabilities, "taken on logits"),
    ),
    released(
        11,
        "soft masks",
        "The loss compares with bilinearly resized, soft masks; the metric with hard ones.",
        Some("loss.mask"),
        |settings, _| unless(settings.train.loss.mask == LossMask::Soft, "hard masks in the loss"),
    ),
    released(
        12,
        "rotation before resize",
        "Images are rotated at stored resolution and then resized; the resize's antialiasing default differs \
         between torchvision versions.",
        None,
        rotation,
    ),
    released(
        13,
        "pairing by position",
        "Images and masks are paired by two sorted listings (unsorted before the last commit).",
        None,
        |_, _| Status::Changed("paired by id; the same pairs where both folders are complete".to_owned()),
    ),
    released(14, "data folder", "README and configuration disagree on the data folder.", None, |_, _| {
        Status::NotApplicable("the data set is named, not its folder")
    }),
    released(15, "step counter", "The TensorBoard step counter grows quadratically.", None, |_, _| {
        Status::NotApplicable("epochs are counted, and no TensorBoard log is written")
    }),
    released(
        16,
        "last partial batch",
        "The last, smaller batch of an epoch is a step like every other.",
        Some("train.last-batch"),
        |settings, _| unless(settings.train.last_batch == LastBatch::Keep, "dropped"),
    ),
    released(
        17,
        "mixed initialisation",
        "Biases of 1-D convolutions keep PyTorch's default while those of 2-D convolutions are zero; a class of \
         depthwise convolutions is never used.",
        None,
        |_, _| Status::AsReleased,
    ),
    released(
        18,
        "order of depthwise and pointwise",
        "The tensor paths of GHPA are depthwise-GELU-pointwise, its fourth group is pointwise-GELU-depthwise.",
        None,
        |_, _| Status::AsReleased,
    ),
    released(
        19,
        "norms and corners",
        "Own channels-first layer norm with eps 1e-6, group norm after every stage but the sixth, GELU after \
         pooling, and bilinear resizes that align corners.",
        None,
        |_, _| Status::AsReleased,
    ),
    released(
        20,
        "metric resolution",
        "Metrics are computed at 256x256, not at the images' own size.",
        Some("data.size"),
        |settings, _| {
            let size = settings.data.size;
            unless(size == 256, format!("computed at {size}x{size}"))
        },
    ),
];

const fn released(
    number: usize,
    name: &'static str,
    sentence: &'static str,
    setting: Option<&'static str>,
    status: fn(&Settings, Option<&ImagesOrigin>) -> Status,
) -> Deviation {
    Deviation { origin: Origin::Released, number, name, sentence, setting, status }
}

fn min_max(settings: &Settings, _: Option<&ImagesOrigin>) -> Status {
    unless(
        settings.train.normalization == Normalization::MinMax,
        "mean and standard deviation of the training images, for all images",
    )
}
