//! `ege-bench verify`: whether stored runs repeat, and reports are what they give.

mod json;
mod made_with;
mod place;
mod report;
mod rerun;
mod told;
mod watch;

use super::args::{ExperimentArguments, VerifyArguments};
use super::context::Context;
use super::exit_code::ExitCode;
use super::failure::Failure;

/// Verifies a report, or a run by executing it again.
pub(super) fn run(context: &Context, arguments: &VerifyArguments) -> Result<ExitCode, Failure> {
    match (&arguments.rerun, &arguments.experiment) {
        (Some(run), _) => rerun::run(context, run, arguments),
        (None, Some(experiment)) => {
            let experiment =
                ExperimentArguments { experiment: experiment.clone(), set: arguments.set.clone() };
            report::run(context, &experiment, arguments.json)
        }
        (None, None) => Err(Failure::usage("an experiment or `--rerun RUN` is needed", None)),
    }
}
