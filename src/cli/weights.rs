//! Which network with which weights a command is about.

use std::path::PathBuf;

use super::args::WeightsArguments;
use super::exit_code::ExitCode;
use super::failure::Failure;
use super::model::show::card;
use crate::experiment::settings::{ModelSettings, Normalization, Protocol, Settings, TrainSettings};
use crate::experiment::{fingerprint, protocol};
use crate::store::RunFolder;
use crate::train::{Compute, Predictor};

/// A network with weights, and how its images are prepared.
pub(super) struct Weighted {
    pub predictor: Predictor,
    pub model: ModelSettings,
    pub train: TrainSettings,
    /// The file that the weights are from.
    pub file: PathBuf,
    /// Height and width of the images that it was trained on; none where the file doesn't tell.
    pub size: Option<usize>,
}

/// Loads the weights of a file, or the best ones of a run's folder with the network that the run trained.
pub(super) fn load(
    arguments: &WeightsArguments,
    compute: Compute,
    threads: usize,
) -> Result<Weighted, Failure> {
    compute.prepare(threads);
    let released = protocol::train(Protocol::AsReleased);
    let (file, model, train, size) = if arguments.weights.is_dir() {
        let settings = of_run(arguments)?;
        let file = arguments.weights.join("best.safetensors");
        (file, settings.model, settings.train, Some(settings.data.size))
    } else {
        let model = card(arguments.model.as_deref().unwrap_or("ege-unet"), arguments.size.unwrap_or(256))?;
        (arguments.weights.clone(), model.settings, released, None)
    };
    let predictor = Predictor::load(&model, &file, compute)
        .map_err(|error| Failure::data(error.to_string(), Some(fit_hint(&model))))?;
    Ok(Weighted { predictor, model, train, file, size })
}

fn fit_hint(model: &ModelSettings) -> String {
    format!(
        "the network is {}; another is named by `--model`, `ege-bench model list` shows them",
        model.name()
    )
}

/// The settings of the run whose folder is given.
fn of_run(arguments: &WeightsArguments) -> Result<Settings, Failure> {
    let folder = RunFolder::new(arguments.weights.clone());
    let shown = arguments.weights.display();
    if arguments.model.is_some() {
        let hint = "a run's folder says which network it is of: remove `--model`";
        return Err(Failure::usage(format!("{shown} is a folder"), Some(hint.to_owned())));
    }
    let Some(record) = folder.record()? else {
        let hint = "name a weights file (.safetensors, .pth, .pt) or a run's folder, such as results/runs/ID";
        return Err(Failure::usage(format!("{shown} holds no run.json"), Some(hint.to_owned())));
    };
    fingerprint::settings(&record.meaning).map_err(|error| {
        let message = format!("{shown}/run.json: the settings can't be read: {error}");
        Failure { code: ExitCode::Store, ..Failure::usage(message, None) }
    })
}

impl Weighted {
    /// The size that images are brought to: the one asked for, else the run's, else the paper's.
    pub(super) fn size(&self, asked: Option<usize>) -> usize {
        asked.or(self.size).unwrap_or(protocol::SIZE)
    }

    /// Refuses networks that want the moments of training images that aren't there.
    pub(super) fn needs_no_training_images(&self) -> Result<(), Failure> {
        match self.train.normalization {
            Normalization::MinMax => Ok(()),
            Normalization::Standardize => Err(Failure::usage(
                "the run standardized images by the moments of its training images, which a folder doesn't have",
                Some("evaluate it on its data set: --dataset NAME --split NAME".to_owned()),
            )),
        }
    }
}
