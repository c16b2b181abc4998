//! A folder of the user's own images, as `[dataset.folder]` names it. It is no part of a run's meaning: what lies there is.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Images and masks of a folder, what the values of masks mean, and which images are for what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct FolderSource {
    /// The folder.
    pub path: PathBuf,
    /// The folder of the images in it.
    pub images: String,
    /// The folder of the masks in it; a mask has the name of its image, and may end in `_segmentation` or `_mask`.
    pub masks: String,
    /// Grey levels of masks that are background, sorted.
    pub background: Vec<u8>,
    /// Grey levels of masks that are lesion, sorted.
    pub lesion: Vec<u8>,
    /// Which images train, select and report.
    pub split: FolderSplit,
}

/// How the images of a folder are divided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FolderSplit {
    /// By files with a name of an image a line.
    #[serde(rename_all = "kebab-case")]
    Lists {
        /// Images that train.
        train: PathBuf,
        /// Images whose loss selects the epoch.
        select: PathBuf,
        /// Images that are reported on.
        report: PathBuf,
    },
    /// By a draw; the other images train.
    #[serde(rename_all = "kebab-case")]
    Fractions {
        /// The part of the images that selects the epoch.
        select: f64,
        /// The part of the images that is reported on.
        report: f64,
        /// Seed of the draw.
        seed: u64,
    },
}

impl FolderSplit {
    /// The name of the kind in experiment files.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Lists { .. } => "lists",
            Self::Fractions { .. } => "fractions",
        }
    }
}
