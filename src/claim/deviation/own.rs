//! Where this program differs from the authors' released code whatever the settings say.

use super::entry::{Deviation, Origin, Status};
use crate::experiment::settings::{DataSource, Rotation, Settings};

const MADE: &str = "the images are made here, not copied";

/// Our own deviations.
pub(super) const OWN: &[Deviation] = &[
    own(
        1,
        "copy of the images",
        "The known copies of `datasets.lock` are not the original files that the authors read: isic2017-256 is \
         squashed to 256x256 by Pillow's bilinear filter and stored as JPEG of quality 75. `data import` says which \
         copy a folder is.",
        |settings| copied(settings, "where the imported folder is a known copy, not the original archive"),
    ),
    own(
        2,
        "image resize",
        "The authors resize the full image at load time with torchvision's bilinear filter; here it is resized \
         before the run, by this program's bilinear filter or by whoever made the copy.",
        |settings| copied(settings, "resized before the run, not in the input pipeline"),
    ),
    own(
        3,
        "JPEG decoder",
        "Images are decoded by the Rust crate image instead of Pillow: on isic2017-256 the mean pixel of the \
         training images is 159.978 instead of 159.921.",
        |settings| copied(settings, "decoded by the image crate"),
    ),
    own(
        4,
        "masks nearly binary",
        "The masks of the known copies were resized by area and thresholded at one half, so that at the copy's \
         size the soft masks of the loss hold only 0 and 255; the authors' bilinear resize leaves grey edges.",
        |settings| copied(settings, "binary where a known copy is used at its own size"),
    ),
    own(
        5,
        "angle from the seed",
        "The one rotation angle of a run is drawn from the run's seed; the authors' angle is unknown.",
        |settings| match settings.train.augment.rotation {
            Rotation::Once if settings.train.augment.rotation_probability > 0.0 => {
                Status::Changed("drawn from the run's seed".to_owned())
            }
            Rotation::Once => Status::NotApplicable("nothing is rotated"),
            Rotation::PerSample => Status::NotApplicable("each sample draws its own angle"),
        },
    ),
    own(
        6,
        "random numbers",
        "Initial weights, shuffles and augmentation come from ChaCha streams of (seed, purpose, epoch, sample): \
         the same distributions as in PyTorch, other draws.",
        |_| Status::Changed("seed 42 here is not seed 42 there".to_owned()),
    ),
    own(
        7,
        "arithmetic",
        "The network runs in single precision in Rust; outputs agree with PyTorch to rounding, and training \
         amplifies rounding.",
        |_| Status::Changed("another order of floating-point sums".to_owned()),
    ),
    own(
        8,
        "recovered split",
        "The authors published no id list; the split called paper was recovered from pixel means and lesion \
         counts that they logged.",
        |settings| match &settings.data.source {
            DataSource::Prepared { split, .. } if split == "paper" => {
                Status::Changed("recovered, matches to 1.4e-5 of the lesion pixels (ISIC2017)".to_owned())
            }
            DataSource::Prepared { .. } => Status::NotApplicable("another split"),
            DataSource::SyntheticLesions { .. } => Status::NotApplicable(MADE),
        },
    ),
    own(
        9,
        "synthetic images",
        "Images come from a generator of dermoscopy-like pictures: no number says anything about real lesions.",
        |settings| {
            if settings.data.source.is_synthetic() {
                Status::Changed("synthetic images".to_owned())
            } else {
                Status::NotApplicable("the images are real")
            }
        },
    ),
];

const fn own(
    number: usize,
    name: &'static str,
    sentence: &'static str,
    status: fn(&Settings) -> Status,
) -> Deviation {
    Deviation { origin: Origin::Own, number, name, sentence, setting: None, status }
}

fn copied(settings: &Settings, what: &str) -> Status {
    if settings.data.source.is_synthetic() {
        Status::NotApplicable(MADE)
    } else {
        Status::Changed(what.to_owned())
    }
}
