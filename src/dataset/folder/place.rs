//! Where a user's folder lies, and how its files are read: all that its cache depends on, beside the files.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::open::DATASET;
use crate::dataset::cache::Wanted;
use crate::dataset::decode::MaskValues;
use crate::dataset::{Preparation, digest};
use crate::experiment::settings::FolderSource;

/// The command that prepares such a folder.
pub(in crate::dataset) const MEND: &str = "ege-bench plan EXPERIMENT";

/// A folder, and how it is read; its cache keeps it, to find the folder again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::dataset) struct Place {
    /// The folder.
    pub path: PathBuf,
    /// The folder of the images in it.
    pub images: String,
    /// The folder of the masks in it.
    pub masks: String,
    /// Grey levels of masks that are background, sorted.
    pub background: Vec<u8>,
    /// Grey levels of masks that are lesion, sorted.
    pub lesion: Vec<u8>,
}

impl Place {
    /// The folder of an experiment.
    pub fn of(source: &FolderSource) -> Self {
        let FolderSource { path, images, masks, background, lesion, split: _ } = source.clone();
        Self { path, images, masks, background, lesion }
    }

    /// The same by a whole path, for whoever reads it elsewhere; none where the path isn't Unicode, which JSON can't hold.
    pub fn whole(&self) -> Option<Self> {
        let path = canonical(&self.path);
        path.to_str().is_some().then(|| Self { path: path.clone(), ..self.clone() })
    }

    /// What the values of its masks mean.
    pub fn mask_values(&self) -> MaskValues {
        MaskValues { background: self.background.clone(), lesion: self.lesion.clone() }
    }

    /// The cache of the folder: told from others by where the folder lies and how it is read.
    pub fn wanted(&self, preparation: Preparation, data_dir: &Path) -> Wanted {
        let place = canonical(&self.path);
        let mut key = place.as_os_str().as_encoded_bytes().to_vec();
        let Self { images, masks, background, lesion, .. } = self;
        key.extend(format!("\n{images}\n{masks}\n{background:?}\n{lesion:?}").bytes());
        let name: String = place
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .take(40)
            .collect();
        let file = format!("{name}-{}-{}.cache", &digest::sha256(&key)[..12], preparation.name());
        Wanted {
            dataset: DATASET.to_owned(),
            preparation,
            path: data_dir.join(DATASET).join(file),
            mend: MEND.to_owned(),
        }
    }
}

fn canonical(path: &Path) -> PathBuf {
    fs_err::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}
