//! `noise-floor.json`: how far apart executions of one run with one seed land, where that was measured.

use serde::{Deserialize, Serialize};

/// The file's name in a run's folder.
pub(super) const NOISE_FLOOR: &str = "noise-floor.json";

/// A measured noise floor: a run executed again several times with its own seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct NoiseFloor {
    /// Version of the run folder's format.
    pub format: u32,
    /// Executions beside the stored one, at least 2.
    pub repeats: usize,
    /// True where the device class promises the same bits each time.
    pub promises_bits: bool,
    /// Largest differences among the repeats: one build on one machine, the same-seed noise floor.
    pub among_repeats: NoiseSpread,
    /// Largest differences between the stored run and a repeat.
    pub from_stored: NoiseSpread,
    /// With what the repeats were made.
    pub measured_with: MeasuredWith,
    /// When it was measured, RFC 3339 in UTC.
    pub measured: String,
}

/// Largest differences between executions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct NoiseSpread {
    /// Of pooled IoU under the best weights, in percentage points.
    pub pooled_iou: f64,
    /// Of pooled Dice under the best weights, in percentage points.
    pub pooled_dice: f64,
    /// Of the last epoch's training loss.
    pub train_loss: f64,
    /// Of the last epoch's selection loss.
    pub selection_loss: f64,
    /// Of any one of the best weights.
    pub weight: f64,
}

/// The build and the machine of a measurement.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct MeasuredWith {
    /// Version of ege-bench.
    pub version: String,
    /// Git commit of the build, empty where unknown.
    pub commit: String,
    /// True if the working tree differed from the commit.
    pub dirty: bool,
    /// Device class, such as `cpu`.
    pub device: String,
    /// Processor or accelerator name.
    pub hardware: String,
    /// Which implementation of the operations ran.
    pub kernels: String,
    /// The arithmetic of the processor's instructions that it used.
    pub instruction_set: String,
}

impl NoiseSpread {
    /// The larger of each two values.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self {
            pooled_iou: self.pooled_iou.max(other.pooled_iou),
            pooled_dice: self.pooled_dice.max(other.pooled_dice),
            train_loss: self.train_loss.max(other.train_loss),
            selection_loss: self.selection_loss.max(other.selection_loss),
            weight: self.weight.max(other.weight),
        }
    }

    /// True where nothing differs.
    pub fn is_zero(self) -> bool {
        self == Self::default()
    }
}
