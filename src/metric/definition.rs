//! Metric definitions: a name, a formula and a rule for empty masks.
//!
//! Papers write "mIoU" for at least four different numbers; a value here always names the one that it is.

use std::fmt;
use std::str::FromStr;

use super::Counts;

/// A metric with one meaning, computed from the confusion matrices of images.
///
/// Every value lies in `[0, 1]`. The lesion is the positive class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Definition {
    /// IoU of one confusion matrix over all pixels of all images: the "mIoU" of the EGE-UNet paper (code).
    PooledIou,
    /// Dice of the same matrix, always `2 IoU / (1 + IoU)`: the "DSC" of the EGE-UNet paper (code).
    PooledDice,
    /// Share of pixels that are right.
    PooledAccuracy,
    /// Share of lesion pixels that were found.
    PooledSensitivity,
    /// Share of background pixels that were left alone.
    PooledSpecificity,
    /// Mean over images of each image's IoU, as the ISIC challenges rank.
    ImageIou,
    /// Mean over images of each image's Dice.
    ImageDice,
    /// Mean of the pooled IoU of lesion and of background.
    TwoClassIou,
}

impl Definition {
    /// All definitions, in the order in which tables show them.
    pub const ALL: [Self; 8] = [
        Self::PooledIou,
        Self::PooledDice,
        Self::PooledAccuracy,
        Self::PooledSensitivity,
        Self::PooledSpecificity,
        Self::ImageIou,
        Self::ImageDice,
        Self::TwoClassIou,
    ];

    /// The name in claims files, such as `pooled-iou`.
    pub fn name(self) -> &'static str {
        match self {
            Self::PooledIou => "pooled-iou",
            Self::PooledDice => "pooled-dice",
            Self::PooledAccuracy => "pooled-accuracy",
            Self::PooledSensitivity => "pooled-sensitivity",
            Self::PooledSpecificity => "pooled-specificity",
            Self::ImageIou => "image-iou",
            Self::ImageDice => "image-dice",
            Self::TwoClassIou => "two-class-iou",
        }
    }

    /// A short heading, such as `IoU, pooled`.
    pub fn title(self) -> &'static str {
        match self {
            Self::PooledIou => "IoU, pooled",
            Self::PooledDice => "Dice, pooled",
            Self::PooledAccuracy => "Accuracy",
            Self::PooledSensitivity => "Sensitivity",
            Self::PooledSpecificity => "Specificity",
            Self::ImageIou => "IoU, image mean",
            Self::ImageDice => "Dice, image mean",
            Self::TwoClassIou => "IoU, two classes",
        }
    }

    /// The formula in counts; Σ runs over images.
    pub fn formula(self) -> &'static str {
        match self {
            Self::PooledIou => "ΣTP / Σ(TP + FP + FN)",
            Self::PooledDice => "2ΣTP / Σ(2TP + FP + FN)",
            Self::PooledAccuracy => "Σ(TP + TN) / Σ(TP + FP + FN + TN)",
            Self::PooledSensitivity => "ΣTP / Σ(TP + FN)",
            Self::PooledSpecificity => "ΣTN / Σ(TN + FP)",
            Self::ImageIou => "(1/N) Σ TP / (TP + FP + FN)",
            Self::ImageDice => "(1/N) Σ 2TP / (2TP + FP + FN)",
            Self::TwoClassIou => "½ [ΣTP / Σ(TP + FP + FN) + ΣTN / Σ(TN + FP + FN)]",
        }
    }

    /// What happens where a denominator is 0.
    pub fn empty_rule(self) -> &'static str {
        match self {
            Self::PooledIou | Self::PooledDice => {
                "undefined when no image has a lesion pixel, in truth or prediction"
            }
            Self::PooledAccuracy => "undefined without pixels",
            Self::PooledSensitivity => "undefined when no image has a lesion pixel in truth",
            Self::PooledSpecificity => "undefined when no image has a background pixel in truth",
            Self::ImageIou | Self::ImageDice => {
                "an image without a lesion pixel in truth and prediction counts 1; undefined without images"
            }
            Self::TwoClassIou => {
                "a class absent from truth and prediction is left out of the mean; undefined without pixels"
            }
        }
    }

    /// What the number says, in one line.
    pub fn explanation(self) -> &'static str {
        match self {
            Self::PooledIou => {
                "Overlap over union of all lesion pixels of the split together; large lesions weigh more. \
                 The EGE-UNet paper prints it as mIoU."
            }
            Self::PooledDice => {
                "The same overlap as a Dice score, a function of pooled IoU. The EGE-UNet paper prints it as DSC."
            }
            Self::PooledAccuracy => "Share of all pixels that are right; background dominates it.",
            Self::PooledSensitivity => "Share of lesion pixels that the prediction found.",
            Self::PooledSpecificity => "Share of background pixels that the prediction left alone.",
            Self::ImageIou => {
                "Overlap over union image by image, then averaged; every image weighs the same."
            }
            Self::ImageDice => "Dice image by image, then averaged; every image weighs the same.",
            Self::TwoClassIou => {
                "Mean of lesion and background IoU; on skin images it lies several points above pooled IoU."
            }
        }
    }

    /// The metric over images, in `[0, 1]`; `None` where [`Self::empty_rule`] says undefined.
    pub fn value(self, images: &[Counts]) -> Option<f64> {
        let total: Counts = images.iter().copied().sum();
        let Counts { tp, fp, fn_, tn } = total;
        match self {
            Self::PooledIou => ratio(tp, tp + fp + fn_),
            Self::PooledDice => ratio(2 * tp, 2 * tp + fp + fn_),
            Self::PooledAccuracy => ratio(tp + tn, total.pixels()),
            Self::PooledSensitivity => ratio(tp, tp + fn_),
            Self::PooledSpecificity => ratio(tn, tn + fp),
            Self::ImageIou => mean(
                images.iter().map(|image| ratio(image.tp, image.tp + image.fp + image.fn_).unwrap_or(1.0)),
            ),
            Self::ImageDice => mean(
                images
                    .iter()
                    .map(|image| ratio(2 * image.tp, 2 * image.tp + image.fp + image.fn_).unwrap_or(1.0)),
            ),
            Self::TwoClassIou => {
                mean([ratio(tp, tp + fp + fn_), ratio(tn, tn + fp + fn_)].into_iter().flatten())
            }
        }
    }
}

fn ratio(numerator: u64, denominator: u64) -> Option<f64> {
    (denominator > 0).then(|| numerator as f64 / denominator as f64)
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, n) = values.fold((0.0, 0_u64), |(sum, n), value| (sum + value, n + 1));
    (n > 0).then(|| sum / n as f64)
}

impl fmt::Display for Definition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A name that no definition has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no metric is named `{name}`; known are {}", Definition::ALL.map(Definition::name).join(", "))]
pub struct UnknownDefinition {
    /// The name as it was found.
    pub name: String,
}

impl FromStr for Definition {
    type Err = UnknownDefinition;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|definition| definition.name() == name)
            .ok_or_else(|| UnknownDefinition { name: name.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(tp: u64, fp: u64, fn_: u64, tn: u64) -> Counts {
        Counts { tp, fp, fn_, tn }
    }

    fn check(images: &[Counts], expect: [Option<f64>; 8]) {
        for (definition, expect) in Definition::ALL.into_iter().zip(expect) {
            let value = definition.value(images);
            let close = match (value, expect) {
                (Some(value), Some(expect)) => (value - expect).abs() < 1e-12,
                (None, None) => true,
                _ => false,
            };
            assert!(close, "{definition}: {value:?}, expected {expect:?}");
        }
    }

    #[test]
    fn values_by_hand() {
        // One image: IoU 6/10, Dice 12/16, accuracy 96/100, sensitivity 6/8, specificity 90/92, background 90/94.
        check(
            &[counts(6, 2, 2, 90)],
            [0.6, 0.75, 0.96, 0.75, 90.0 / 92.0, 0.6, 0.75, f64::midpoint(0.6, 90.0 / 94.0)].map(Some),
        );
        // Two images of unlike size: pooled 91/110, image mean (1/10 + 90/100) / 2.
        check(
            &[counts(1, 9, 0, 90), counts(90, 5, 5, 0)],
            [
                91.0 / 110.0,
                182.0 / 201.0,
                181.0 / 200.0,
                91.0 / 96.0,
                90.0 / 104.0,
                0.5,
                f64::midpoint(2.0 / 11.0, 180.0 / 190.0),
                f64::midpoint(91.0 / 110.0, 90.0 / 109.0),
            ]
            .map(Some),
        );
    }

    #[test]
    fn empty_masks_follow_the_rules() {
        check(&[], [None; 8]);
        // Nothing there and nothing claimed: right in every image, and no lesion to pool.
        check(
            &[counts(0, 0, 0, 100)],
            [None, None, Some(1.0), None, Some(1.0), Some(1.0), Some(1.0), Some(1.0)],
        );
        // Nothing there, something claimed.
        check(
            &[counts(0, 10, 0, 90)],
            [Some(0.0), Some(0.0), Some(0.9), None, Some(0.9), Some(0.0), Some(0.0), Some(0.45)],
        );
        // Lesion everywhere: no background in truth.
        check(
            &[counts(100, 0, 0, 0)],
            [Some(1.0), Some(1.0), Some(1.0), Some(1.0), None, Some(1.0), Some(1.0), Some(1.0)],
        );
    }

    #[test]
    fn names_round_trip() {
        for definition in Definition::ALL {
            assert_eq!(definition.name().parse(), Ok(definition));
        }
        let error = "miou".parse::<Definition>().unwrap_err();
        assert!(
            error.to_string().starts_with("no metric is named `miou`; known are pooled-iou, "),
            "{error}"
        );
    }
}
