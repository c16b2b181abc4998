//! The runs that an experiment asks for.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::load::Experiment;
use super::settings::{FolderSource, Settings};

/// One run that an experiment asks for: a variant with a seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct PlannedRun {
    /// The experiment's name.
    pub experiment: String,
    /// The variant's name, unique in the experiment.
    pub variant: String,
    /// The seed from which every random draw of the run derives.
    pub seed: u64,
    /// What the run does.
    pub settings: Settings,
    /// Files from which the network's encoder starts; their bytes, not their paths, are part of the run's meaning.
    pub encoder_weights: Vec<PathBuf>,
    /// The folder of the user's images, where the data source is one; what lies there, not its path, is part of the run's
    /// meaning.
    #[serde(default)]
    pub folder: Option<FolderSource>,
}

impl Experiment {
    /// The runs in the order in which they are done: variant after variant, seed after seed.
    ///
    /// No two of them are the same: [`load`](super::load()) refuses variants that share settings and a seed.
    pub fn runs(&self) -> Vec<PlannedRun> {
        let of_variant = |variant: &super::Variant| {
            let run = |seed: &u64| PlannedRun {
                experiment: self.name.clone(),
                variant: variant.name.clone(),
                seed: *seed,
                settings: variant.settings.clone(),
                encoder_weights: variant.encoder_weights.clone(),
                folder: variant.folder.clone(),
            };
            variant.seeds.iter().map(run).collect::<Vec<_>>()
        };
        self.variants.iter().flat_map(of_variant).collect()
    }
}
