//! The runs that an experiment asks for.

use super::settings::Settings;

/// One run that an experiment asks for: a variant with a seed.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedRun {
    /// The experiment's name.
    pub experiment: String,
    /// The variant's name, unique in the experiment.
    pub variant: String,
    /// The seed from which every random draw of the run derives.
    pub seed: u64,
    /// What the run does.
    pub settings: Settings,
}
