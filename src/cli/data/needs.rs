//! Who needs which prepared data: experiments that are named or lie where experiments do, and stored runs.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::cli::args::ExperimentArguments;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::dataset::{self, Preparation};
use crate::executor::remember;
use crate::experiment::plan::PlannedRun;
use crate::experiment::settings::DataSource;

/// Where a checkout has its experiments.
const EXPERIMENTS: &str = "experiments";

/// An experiment, and the caches that its runs ask for.
pub(super) struct Needs {
    pub experiment: PathBuf,
    pub caches: BTreeSet<PathBuf>,
}

impl Needs {
    /// Of an experiment.
    ///
    /// # Errors
    /// When it can't be read or has a mistake.
    pub fn of(context: &Context, experiment: &Path) -> Result<Self, Failure> {
        let file = ExperimentArguments { experiment: experiment.to_owned(), set: Vec::new() };
        let runs = context.experiment(&file)?.runs();
        let caches = runs.iter().filter_map(|run| cache(run, &context.data)).collect();
        Ok(Self { experiment: experiment.to_owned(), caches })
    }

    /// Of all experiments that lie in the folder of experiments, sorted; a file with a mistake is told and passed over.
    pub fn known(context: &Context) -> Vec<Self> {
        let entries = fs_err::read_dir(EXPERIMENTS).into_iter().flatten().flatten();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
        paths.sort_unstable();
        let of = |path: &PathBuf| {
            let needs = Self::of(context, path).ok();
            if needs.is_none() {
                context.printer.note(format_args!("{} isn't an experiment without mistakes", path.display()));
            }
            needs
        };
        paths.iter().filter_map(of).collect()
    }
}

/// The cache that each stored run was made with; runs that can't be read are left out.
pub(super) fn of_runs(context: &Context) -> Vec<PathBuf> {
    let records =
        context.results.runs().unwrap_or_default().into_iter().filter_map(|run| run.record().ok()?);
    let runs = records.filter_map(|record| remember(&record, Vec::new(), None).ok());
    runs.filter_map(|run| cache(&run, &context.data)).collect()
}

/// The cache of what a run asks for; none for generated images.
fn cache(run: &PlannedRun, data_folder: &Path) -> Option<PathBuf> {
    let data = &run.settings.data;
    let preparation = Preparation { size: data.size, resize: data.resize };
    match (&data.source, &run.folder) {
        (_, Some(folder)) => Some(dataset::folder::cache_path(folder, preparation, data_folder)),
        (DataSource::Prepared { dataset, .. }, _) => {
            Some(dataset::cache_path(dataset, preparation, data_folder))
        }
        _ => None,
    }
}
