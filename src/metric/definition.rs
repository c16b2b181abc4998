//! Metric definitions: a name, a formula and a rule for empty masks.
//!
//! Papers write "mIoU" for at least four different numbers; a value here always names the one that it is.

use std::fmt;
use std::str::FromStr;

use super::{Boundary, Counts, Score};

/// A metric with one meaning, computed from the confusion matrices of images and the distances of their borders.
///
/// Shares lie in `[0, 1]` and are printed in percent; distances are in pixels of the size that was evaluated, such as
/// 256x256, not of the original images ([`Boundary`]). The lesion is the positive class.
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
    /// Mean over images of each image's 95 % Hausdorff distance, in pixels.
    Hd95,
    /// Mean over images of each image's average symmetric surface distance, in pixels.
    Assd,
}

impl Definition {
    /// All definitions, in the order in which tables show them.
    pub const ALL: [Self; 10] = [
        Self::PooledIou,
        Self::PooledDice,
        Self::PooledAccuracy,
        Self::PooledSensitivity,
        Self::PooledSpecificity,
        Self::ImageIou,
        Self::ImageDice,
        Self::TwoClassIou,
        Self::Hd95,
        Self::Assd,
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
            Self::Hd95 => "hd95",
            Self::Assd => "assd",
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
            Self::Hd95 => "HD95, image mean",
            Self::Assd => "ASSD, image mean",
        }
    }

    /// The unit in which it is printed: `%` of a share, or `px`.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Hd95 | Self::Assd => "px",
            _ => "%",
        }
    }

    /// A value, or a difference of two, in the metric's unit: shares times 100.
    pub fn in_unit(self, value: f64) -> f64 {
        if self.unit() == "%" { 100.0 * value } else { value }
    }

    /// True where more is better; false for distances.
    pub fn higher_is_better(self) -> bool {
        !matches!(self, Self::Hd95 | Self::Assd)
    }

    /// The formula; Σ runs over images, P and T are the borders of prediction and truth, d is the distance of each
    /// pixel of the first to the second.
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
            Self::Hd95 => "(1/N) Σ max(P95 d(P, T), P95 d(T, P))",
            Self::Assd => "(1/N) Σ [Σd(P, T) + Σd(T, P)] / (|P| + |T|)",
        }
    }

    /// What happens where a denominator is 0, or a border is missing.
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
            Self::Hd95 | Self::Assd => {
                "an image without a lesion pixel in truth and prediction counts 0, one with lesion pixels in only one \
                 of them the image's diagonal; undefined without images, and where the distances of one weren't kept"
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
            Self::Hd95 => {
                "How far the outlines are apart but for the worst 5 % of each, image by image, then averaged: less is \
                 better. In pixels of the evaluated size, not of the original image."
            }
            Self::Assd => {
                "How far the outlines are apart on average, image by image, then averaged: less is better. In pixels \
                 of the evaluated size, not of the original image."
            }
        }
    }

    /// The metric over images, in `[0, 1]` or in pixels; `None` where [`Self::empty_rule`] says undefined.
    pub fn value<S: Copy + Into<Score>>(self, images: &[S]) -> Option<f64> {
        self.over(images.iter().map(|&image| (image.into(), 1)))
    }

    /// The metric where each image counts as often as its weight says: [`Self::value`] of a list in which it is repeated
    /// so many times, without making that list. Both slices have the same length.
    pub fn weighted<S: Copy + Into<Score>>(self, images: &[S], weights: &[u32]) -> Option<f64> {
        self.over(images.iter().zip(weights).map(|(&image, &weight)| (image.into(), weight)))
    }

    fn over(self, images: impl Iterator<Item = (Score, u32)>) -> Option<f64> {
        let each = match self {
            Self::ImageIou => |image: &Score| Some(image.counts.iou().unwrap_or(1.0)),
            Self::ImageDice => |image: &Score| Some(image.counts.dice().unwrap_or(1.0)),
            Self::Hd95 => |image: &Score| image.boundary.map(|Boundary { hd95, .. }| hd95),
            Self::Assd => |image: &Score| image.boundary.map(|Boundary { assd, .. }| assd),
            _ => return self.pooled(total(images)),
        };
        image_mean(images, each)
    }

    /// The metric of one confusion matrix over all pixels, where it is made of that.
    fn pooled(self, total: Counts) -> Option<f64> {
        let Counts { tp, fp, fn_, tn } = total;
        match self {
            Self::PooledIou => total.iou(),
            Self::PooledDice => total.dice(),
            Self::PooledAccuracy => ratio(tp + tn, total.pixels()),
            Self::PooledSensitivity => ratio(tp, tp + fn_),
            Self::PooledSpecificity => ratio(tn, tn + fp),
            Self::TwoClassIou => match (total.iou(), ratio(tn, tn + fp + fn_)) {
                (Some(lesion), Some(background)) => Some(f64::midpoint(lesion, background)),
                (lesion, background) => lesion.or(background),
            },
            Self::ImageIou | Self::ImageDice | Self::Hd95 | Self::Assd => None,
        }
    }
}

impl Counts {
    /// Intersection over union of the lesion; none where it has no pixel in truth and prediction.
    fn iou(self) -> Option<f64> {
        ratio(self.tp, self.tp + self.fp + self.fn_)
    }

    /// Dice of the lesion; none where it has no pixel in truth and prediction.
    fn dice(self) -> Option<f64> {
        ratio(2 * self.tp, 2 * self.tp + self.fp + self.fn_)
    }
}

fn total(images: impl Iterator<Item = (Score, u32)>) -> Counts {
    images.fold(Counts::default(), |total, (image, weight)| {
        let (counts, weight) = (image.counts, u64::from(weight));
        Counts {
            tp: total.tp + weight * counts.tp,
            fp: total.fp + weight * counts.fp,
            fn_: total.fn_ + weight * counts.fn_,
            tn: total.tn + weight * counts.tn,
        }
    })
}

/// The mean of a value of each image; none without images, or where one that counts has no value.
fn image_mean(images: impl Iterator<Item = (Score, u32)>, each: fn(&Score) -> Option<f64>) -> Option<f64> {
    let (mut sum, mut n) = (0.0, 0_u64);
    for (image, weight) in images.filter(|(_, weight)| *weight > 0) {
        sum += f64::from(weight) * each(&image)?;
        n += u64::from(weight);
    }
    (n > 0).then(|| sum / n as f64)
}

fn ratio(numerator: u64, denominator: u64) -> Option<f64> {
    (denominator > 0).then(|| numerator as f64 / denominator as f64)
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

    /// The eight that are made of counts; distances aren't defined by these alone.
    fn check(images: &[Counts], expect: [Option<f64>; 8]) {
        for definition in [Definition::Hd95, Definition::Assd] {
            assert_eq!(definition.value(images), None);
        }
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
    fn distances_are_averaged_over_images_that_all_have_them() {
        let score = |hd95, assd| Score {
            boundary: Some(Boundary { hd95, assd }),
            ..Score::from(counts(6, 2, 2, 90))
        };
        let images = [score(3.0, 1.0), score(0.0, 0.0), score(6.0, 0.5)];
        assert_eq!(Definition::Hd95.value(&images), Some(3.0));
        assert_eq!(Definition::Assd.value(&images), Some(0.5));
        assert_eq!(Definition::PooledIou.value(&images), Some(0.6));
        let older = [images[0], Score { boundary: None, ..images[1] }];
        assert_eq!(Definition::Hd95.value(&older), None);
        assert_eq!(Definition::Hd95.weighted(&older, &[2, 0]), Some(3.0));
        assert_eq!(Definition::Hd95.value::<Score>(&[]), None);
    }

    proptest::proptest! {
        #[test]
        fn weights_repeat_images(
            images in proptest::collection::vec((0..5_u64, 0..5_u64, 0..5_u64, 0..9_u64, 0.0..9.0_f64, 0..4_u32), 0..9)
        ) {
            let scores: Vec<Score> = images.iter().map(|&(tp, fp, fn_, tn, hd95, _)| Score {
                counts: counts(tp, fp, fn_, tn),
                boundary: Some(Boundary { hd95, assd: hd95 / 2.0 }),
            }).collect();
            let weights: Vec<u32> = images.iter().map(|image| image.5).collect();
            let repeated: Vec<Score> = scores
                .iter()
                .zip(&weights)
                .flat_map(|(score, &weight)| std::iter::repeat_n(*score, weight as usize))
                .collect();
            for definition in Definition::ALL {
                let (weighted, value) = (definition.weighted(&scores, &weights), definition.value(&repeated));
                let close = match (weighted, value) {
                    (Some(weighted), Some(value)) => (weighted - value).abs() <= 1e-12 * value.max(1.0),
                    (None, None) => true,
                    _ => false,
                };
                proptest::prop_assert!(close, "{}: {:?}, repeated {:?}", definition, weighted, value);
            }
        }
    }

    #[test]
    fn shares_are_printed_in_percent_and_distances_in_pixels() {
        for definition in Definition::ALL {
            let (unit, printed) = if definition.higher_is_better() { ("%", 50.0) } else { ("px", 0.5) };
            assert_eq!((definition.unit(), definition.in_unit(0.5)), (unit, printed), "{definition}");
        }
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
