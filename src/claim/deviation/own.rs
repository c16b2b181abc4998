//! Where this program differs from the authors' released code whatever the settings say.

use super::entry::{Deviation, Origin, Status};
use super::images::{ImagesOrigin, copied, masks, resized};
use crate::experiment::settings::{DataSource, Rotation, Settings};

pub(super) const MADE: &str = "the images are made here, not copied";

/// Our own deviations.
pub(super) const OWN: &[Deviation] = &[
    own(
        1,
        "copy of the images",
        "Images are those of the folder that was imported, which may be a copy that somebody prepared; the authors \
         read the original files.",
        copied,
    ),
    own(
        2,
        "image resize",
        "The authors resize the full image at load time with torchvision's bilinear filter; here images come to \
         the network's input size before the run, by another implementation.",
        resized,
    ),
    own(
        3,
        "JPEG decoder",
        "Images are decoded by the Rust crate image instead of Pillow: on the copy isic2017-256 the mean pixel of \
         the training images is 159.978 instead of 159.921.",
        |settings, _| {
            if settings.data.source.is_synthetic() {
                return Status::NotApplicable(MADE);
            }
            Status::Changed("JPEG files are decoded by the image crate".to_owned())
        },
    ),
    own(
        4,
        "grey edges of masks",
        "The authors' bilinear resize leaves grey edges in the soft masks of the loss; those of a copy may have \
         none.",
        masks,
    ),
    own(
        5,
        "angle from the seed",
        "The one rotation angle of a run is drawn from the run's seed; the authors' angle is unknown.",
        |settings, _| match settings.train.augment.rotation {
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
        |_, _| Status::Changed("seed 42 here is not seed 42 there".to_owned()),
    ),
    own(
        7,
        "arithmetic",
        "The network runs in single precision in Rust; outputs agree with PyTorch to rounding, and training \
         amplifies rounding.",
        |_, _| Status::Changed("another order of floating-point sums".to_owned()),
    ),
    own(
        8,
        "recovered split",
        "The authors published no id list; the split called paper was recovered from pixel means and lesion \
         counts that they logged.",
        |settings, _| match &settings.data.source {
            DataSource::Prepared { dataset, split } if split == "paper" => Status::Changed(
                if dataset == "isic2017" {
                    "recovered, matches to 1.4e-5 of the lesion pixels"
                } else {
                    "recovered"
                }
                .to_owned(),
            ),
            DataSource::Prepared { .. } | DataSource::Folder { .. } => Status::NotApplicable("another split"),
            DataSource::SyntheticLesions { .. } => Status::NotApplicable(MADE),
        },
    ),
    own(
        9,
        "synthetic images",
        "Images come from a generator of dermoscopy-like pictures: no number says anything about real lesions.",
        |settings, _| {
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
    status: fn(&Settings, Option<&ImagesOrigin>) -> Status,
) -> Deviation {
    Deviation { origin: Origin::Own, number, name, sentence, setting: None, status }
}
