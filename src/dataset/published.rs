//! Numbers that were published about a split, by which its lists can be known again.

use serde::Deserialize;

/// A number that somebody published about the images of one part of a split.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Published {
    /// What was measured.
    pub measure: Measure,
    /// Over which part of the split.
    pub part: SplitPart,
    /// The number, in the measure's unit.
    pub value: f64,
    /// Decimal places as published.
    pub digits: usize,
    /// Height and width in pixels at which it was measured.
    pub size: usize,
    /// Where it stands.
    pub source: String,
}

/// What is measured of a part of a split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Mean of all bytes of all images, three colours together, in 0..=255.
    MeanPixel,
    /// Number of lesion pixels of all masks.
    LesionPixels,
}

/// A part of a split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SplitPart {
    /// Images that train.
    Train,
    /// Images that select the epoch.
    Select,
    /// Images that are reported on.
    Report,
}
