//! How a run trains: the authors' protocol, and every place where one may leave it.

use serde::{Deserialize, Serialize};

/// The training protocol, complete.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct TrainSettings {
    /// The preset that filled in what the file left open.
    pub protocol: Protocol,
    /// Passes over the training images.
    pub epochs: usize,
    /// Images a step.
    pub batch_size: usize,
    /// What happens to the last, smaller batch of an epoch (deviation 16).
    pub last_batch: LastBatch,
    /// The update rule.
    pub optimizer: OptimizerSettings,
    /// The learning rate of each epoch.
    pub schedule: ScheduleSettings,
    /// The loss.
    pub loss: LossSettings,
    /// Normalisation of the input (deviations 2 and 3).
    pub normalization: Normalization,
    /// Random flips and rotations of training images.
    pub augment: AugmentSettings,
    /// Which epoch's weights are reported as the best.
    pub selection: Selection,
    /// In what forwards and backwards compute; what goes without saying is no part of a meaning, so that runs from before
    /// there was a choice stay what they are.
    #[serde(default, skip_serializing_if = "Precision::is_default")]
    pub precision: Precision,
}

/// A preset of all deviations between the paper's text, the released code and good practice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// What the authors' released code does, faults included.
    AsReleased,
    /// What the paper's text says: every rotated sample draws its own angle.
    AsWritten,
}

/// What happens to the last, smaller batch of an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LastBatch {
    /// It is a step like every other (the authors' code).
    Keep,
    /// It is left out; the epoch's shuffle decides which images that are.
    Drop,
}

/// The update rule.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OptimizerSettings {
    /// Adam with decoupled weight decay.
    Adamw(AdamWSettings),
}

/// Settings of AdamW; the default is the authors'.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct AdamWSettings {
    /// Learning rate of the first epoch.
    pub learning_rate: f64,
    /// Decay of the first moment, in `[0, 1)`.
    pub beta1: f64,
    /// Decay of the second moment, in `[0, 1)`.
    pub beta2: f64,
    /// Added to the root of the second moment.
    pub epsilon: f64,
    /// Decoupled weight decay, applied to every parameter.
    pub weight_decay: f64,
}

impl Default for AdamWSettings {
    fn default() -> Self {
        Self { learning_rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 1e-2 }
    }
}

/// The learning rate of each epoch; it changes between epochs only.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScheduleSettings {
    /// A cosine of half-period `t-max` epochs that goes on past it: the authors' wave (deviation 8).
    #[serde(rename_all = "kebab-case")]
    Cosine {
        /// Epochs from the highest to the lowest learning rate.
        t_max: usize,
        /// The lowest learning rate.
        min_learning_rate: f64,
    },
    /// The optimizer's learning rate throughout.
    Constant,
}

/// Binary cross-entropy plus Dice on the output and on every side output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct LossSettings {
    /// Weight of the binary cross-entropy.
    pub bce_weight: f64,
    /// Weight of the Dice loss.
    pub dice_weight: f64,
    /// Added to numerator and denominator of the Dice score.
    pub smooth: f64,
    /// Weights of the side outputs from the finest to the coarsest; 0 leaves one out.
    pub side_weights: [f64; 5],
    /// Where the cross-entropy is taken (deviation 10).
    pub bce: BceForm,
    /// Which mask the loss compares with (deviation 11).
    pub mask: LossMask,
}

impl Default for LossSettings {
    fn default() -> Self {
        Self {
            bce_weight: 1.0,
            dice_weight: 1.0,
            smooth: 1.0,
            side_weights: [0.5, 0.4, 0.3, 0.2, 0.1],
            bce: BceForm::Probabilities,
            mask: LossMask::Soft,
        }
    }
}

/// Where the binary cross-entropy is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BceForm {
    /// On sigmoid outputs with logarithms cut at -100, as PyTorch's `BCELoss` does (the authors' code).
    Probabilities,
    /// On logits, which can't saturate.
    Logits,
}

/// Which mask the loss compares with; metrics always use the hard one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LossMask {
    /// Grey values of the resized mask divided by 255 (the authors' code).
    Soft,
    /// 1 where the grey value is at least 128, else 0.
    Hard,
}

/// Normalisation of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Normalization {
    /// Each image stretched to 0..255 by its own extremes: the constants that the authors' code subtracts
    /// and divides by before cancel.
    MinMax,
    /// Mean subtracted and divided by the standard deviation, both of the training images' pixels.
    Standardize,
}

/// Random flips and rotations of training images, drawn for each (seed, epoch, sample).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct AugmentSettings {
    /// Probability of a left-right flip.
    pub horizontal_flip: f64,
    /// Probability of an upside-down flip.
    pub vertical_flip: f64,
    /// Probability of a rotation (nearest neighbour, 0 outside the image).
    pub rotation_probability: f64,
    /// How the angle in `[0, 360)` degrees is drawn (deviation 1).
    pub rotation: Rotation,
}

impl Default for AugmentSettings {
    fn default() -> Self {
        Self { horizontal_flip: 0.5, vertical_flip: 0.5, rotation_probability: 0.5, rotation: Rotation::Once }
    }
}

/// How the rotation's angle is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rotation {
    /// Once a run, from its seed: every rotated sample turns by the same angle. The authors' code draws it
    /// before it sets the seed, so that theirs isn't known.
    Once,
    /// For each rotated sample.
    PerSample,
}

/// In what a training step computes; evaluations compute in single precision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    /// Single precision (the authors' code).
    #[default]
    F32,
    /// Mixed: products of matrices and convolutions with factors of 16 bits (bfloat16), everything else in single precision.
    Bf16,
}

impl Precision {
    /// True for the precision that goes without saying.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Which epoch's weights are reported as the best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Selection {
    /// Lowest mean loss on the selection images, side outputs included (the authors' code).
    LowestLoss,
    /// Highest pooled IoU on the selection images.
    HighestIou,
    /// The last epoch.
    Last,
}
