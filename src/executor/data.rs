//! What a run reads: its images and its split, as the dataset room has them, and the weights that it starts from.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::dataset::{self, DatasetError, Images, Origin, Preparation, Split};
use crate::experiment::plan::PlannedRun;
use crate::experiment::settings::{DataSettings, DataSource, FolderSource, ModelSettings};
use crate::store::ImagesOrigin;
use crate::train::{EncoderWeights, EncoderWeightsError, encoder_digest};

/// The images that a run sees, and what each is for.
pub struct RunData {
    /// The images, at the size that the settings name.
    pub images: Box<dyn Images>,
    /// Which images train, select and report.
    pub split: Split,
    /// SHA-256 of the split's images: it enters the run's id, and images that no part of the split uses don't.
    pub digest: String,
}

impl RunData {
    fn new(images: Box<dyn Images>, split: Split) -> Self {
        let digest = images.digest_of(&split.ids().into_iter().collect::<Vec<_>>());
        Self { images, split, digest }
    }

    /// Where the images come from, as a run's record keeps it; none for generated ones.
    pub fn origin(&self) -> Option<ImagesOrigin> {
        let Origin { copy, images, masks, deviation, pairs, resized, masks_binary } = self.images.origin()?;
        Some(ImagesOrigin { copy, images, masks, deviation, pairs, resized, masks_binary })
    }
}

/// Opens each data set once, however many runs share it.
pub(super) struct Opener<'a> {
    folder: &'a Path,
    opened: Vec<(DataSettings, Option<FolderSource>, Arc<RunData>)>,
}

impl<'a> Opener<'a> {
    /// An opener of prepared data below `folder`.
    pub(super) fn new(folder: &'a Path) -> Self {
        Self { folder, opened: Vec::new() }
    }

    /// The images and the split that the settings, and the folder of the user's, name.
    ///
    /// # Errors
    /// When the data isn't prepared, is damaged, or lacks images of the split.
    pub(super) fn open(
        &mut self,
        settings: &DataSettings,
        users: Option<&FolderSource>,
    ) -> Result<Arc<RunData>, DatasetError> {
        let same = |(known, folder, _): &&(DataSettings, Option<FolderSource>, _)| {
            known == settings && folder.as_ref() == users
        };
        if let Some((.., data)) = self.opened.iter().find(same) {
            return Ok(Arc::clone(data));
        }
        let data = Arc::new(open(settings, users, self.folder)?);
        self.opened.push((settings.clone(), users.cloned(), Arc::clone(&data)));
        Ok(data)
    }
}

/// Reads each network's files of weights once, however many runs start from them.
#[derive(Default)]
pub(super) struct Encoders {
    read: Vec<(ModelSettings, Vec<PathBuf>, Arc<EncoderWeights>)>,
    digests: Vec<(Vec<PathBuf>, Option<String>)>,
}

impl Encoders {
    /// SHA-256 of the files; none where there are none.
    ///
    /// # Errors
    /// When one can't be read.
    pub(super) fn digest(&mut self, files: &[PathBuf]) -> Result<Option<String>, EncoderWeightsError> {
        if let Some((_, digest)) = self.digests.iter().find(|(paths, _)| paths == files) {
            return Ok(digest.clone());
        }
        let digest = encoder_digest(files)?;
        self.digests.push((files.to_vec(), digest.clone()));
        Ok(digest)
    }

    /// What the run's encoder starts from.
    ///
    /// # Errors
    /// When a file can't be read, or isn't of an encoder of the network.
    pub(super) fn open(&mut self, run: &PlannedRun) -> Result<Arc<EncoderWeights>, EncoderWeightsError> {
        let (model, files) = (&run.settings.model, &run.encoder_weights);
        if let Some((.., weights)) =
            self.read.iter().find(|(known, paths, _)| known == model && paths == files)
        {
            return Ok(Arc::clone(weights));
        }
        let planned = self.digest(files)?;
        let weights = Arc::new(EncoderWeights::read(model, files, planned.as_deref())?);
        self.read.push((model.clone(), files.clone(), Arc::clone(&weights)));
        Ok(weights)
    }
}

fn open(
    settings: &DataSettings,
    users: Option<&FolderSource>,
    folder: &Path,
) -> Result<RunData, DatasetError> {
    let preparation = Preparation { size: settings.size, resize: settings.resize };
    match &settings.source {
        DataSource::Prepared { dataset, split } => {
            let split = dataset::split_in(dataset, split, folder)?;
            let images = dataset::open(dataset, preparation, folder)?;
            split.require(dataset, &images)?;
            Ok(RunData::new(Box::new(images), split))
        }
        DataSource::Folder { .. } => {
            let users = users.ok_or(DatasetError::UnknownFolder)?;
            let (images, split) = dataset::folder::open(users, preparation, folder)?;
            Ok(RunData::new(Box::new(images), split))
        }
        DataSource::SyntheticLesions { train_images, validation_images } => {
            let images = dataset::synthetic::generate(*train_images, *validation_images, settings.size);
            let split = dataset::synthetic::split(*train_images, *validation_images);
            Ok(RunData::new(Box::new(images), split))
        }
    }
}
