//! Which images a run sees.

use serde::{Deserialize, Serialize};

/// What a height and width in pixels must be a multiple of: the networks halve their input five times.
pub const SIZE_STEP: usize = 32;

/// The largest height and width in pixels that is prepared, trained with or measured.
pub const LARGEST_SIZE: usize = 1024;

/// True for a height and width that the networks take.
pub fn is_size(size: usize) -> bool {
    (SIZE_STEP..=LARGEST_SIZE).contains(&size) && size.is_multiple_of(SIZE_STEP)
}

/// The height or width that networks take and that is nearest to this one; the larger of two that are as near.
pub fn nearest_size(size: usize) -> usize {
    let steps = size.saturating_add(SIZE_STEP / 2) / SIZE_STEP;
    (steps * SIZE_STEP).clamp(SIZE_STEP, LARGEST_SIZE)
}

/// The images of a run and the size at which the network sees them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct DataSettings {
    /// Where the images come from.
    pub source: DataSource,
    /// Height and width of the network's input in pixels; a multiple of 32.
    pub size: usize,
    /// How stored images are brought to that size; runs from before there was a choice are of the default.
    #[serde(default, skip_serializing_if = "Resize::is_default")]
    pub resize: Resize,
}

/// How images and masks of another size are brought to the network's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resize {
    /// A triangle as wide as the shrink factor, as torchvision's `resize` has it by default: the paper's.
    #[default]
    BilinearAntialias,
    /// Between the four nearest pixels, as torchvision with `antialias=False`.
    Bilinear,
    /// The mean of the covered area, as `OpenCV`'s `INTER_AREA`.
    Area,
    /// As Pillow resizes bytes with `BILINEAR`.
    PilBilinear,
}

impl Resize {
    /// All kernels.
    pub const ALL: [Self; 4] = [Self::BilinearAntialias, Self::Bilinear, Self::Area, Self::PilBilinear];

    /// The name in experiment files, commands and the names of caches.
    pub fn name(self) -> &'static str {
        match self {
            Self::BilinearAntialias => "bilinear-antialias",
            Self::Bilinear => "bilinear",
            Self::Area => "area",
            Self::PilBilinear => "pil-bilinear",
        }
    }

    /// True for the kernel that goes without saying.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Where images come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DataSource {
    /// A real data set that `ege-bench data import` prepared.
    #[serde(rename_all = "kebab-case")]
    Prepared {
        /// A name of `datasets.lock`, such as `isic2017`.
        dataset: String,
        /// A split of that data set, such as `paper`, `official` or `held-out`.
        split: String,
    },
    /// A folder of the user's own images, whose content is in the run's data digest.
    #[serde(rename_all = "kebab-case")]
    Folder {
        /// How it is divided: `lists` or `fractions`.
        split: String,
    },
    /// The built-in generator of dermoscopy-like images: synthetic, for trying things out.
    #[serde(rename_all = "kebab-case")]
    SyntheticLesions {
        /// Number of training images.
        train_images: usize,
        /// Number of validation images; they select the epoch and are reported on.
        validation_images: usize,
    },
}

impl DataSource {
    /// The data set's name as experiment files spell it.
    pub fn dataset(&self) -> &str {
        match self {
            Self::Prepared { dataset, .. } => dataset,
            Self::Folder { .. } => "folder",
            Self::SyntheticLesions { .. } => "synthetic-lesions",
        }
    }

    /// The split's name; the generator has only its own, `built-in`.
    pub fn split(&self) -> &str {
        match self {
            Self::Prepared { split, .. } | Self::Folder { split } => split,
            Self::SyntheticLesions { .. } => "built-in",
        }
    }

    /// True where every number must be labelled synthetic.
    pub fn is_synthetic(&self) -> bool {
        matches!(self, Self::SyntheticLesions { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::{LARGEST_SIZE, is_size, nearest_size};

    #[test]
    fn the_nearest_size_is_one() {
        for (size, expect) in
            [(0, 32), (1, 32), (47, 32), (48, 64), (250, 256), (256, 256), (usize::MAX, 1024)]
        {
            assert_eq!(nearest_size(size), expect);
        }
        for size in 0..2 * LARGEST_SIZE {
            let nearest = nearest_size(size);
            assert!(is_size(nearest));
            let closer = (0..=LARGEST_SIZE)
                .filter(|&other| is_size(other) && other.abs_diff(size) < nearest.abs_diff(size));
            assert_eq!(closer.count(), 0, "{size}");
        }
    }
}
