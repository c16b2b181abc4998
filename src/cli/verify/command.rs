//! Which of the two: a report, or a run.

use super::args::VerifyArguments;
use super::{report, rerun};
use crate::cli::args::ExperimentArguments;
use crate::cli::context::Context;
use crate::cli::exit_code::ExitCode;
use crate::cli::failure::Failure;

/// Verifies a report, or a run by executing it again.
pub(in crate::cli) fn run(context: &Context, arguments: &VerifyArguments) -> Result<ExitCode, Failure> {
    match (&arguments.rerun, &arguments.experiment) {
        (Some(run), _) => rerun::run(context, run, arguments),
        (None, Some(experiment)) => {
            if let Some(option) = of_reruns(arguments) {
                let message = format!("`{option}` is about a run that is executed again");
                return Err(Failure::usage(message, Some("`--rerun RUN` names one".to_owned())));
            }
            let experiment =
                ExperimentArguments { experiment: experiment.clone(), set: arguments.set.clone() };
            report::run(context, &experiment, arguments.json)
        }
        (None, None) => {
            let hint = "`ege-bench verify --help` has examples";
            Err(Failure::usage("EXPERIMENT or `--rerun RUN` is needed", Some(hint.to_owned())))
        }
    }
}

/// The first option that means nothing without `--rerun`.
fn of_reruns(arguments: &VerifyArguments) -> Option<&'static str> {
    [
        (arguments.epochs.is_some(), "--epochs"),
        (arguments.times > 1, "--times"),
        (arguments.tolerance.is_some(), "--tolerance"),
        (!arguments.encoder_weights.is_empty(), "--encoder-weights"),
        (arguments.folder.is_some(), "--folder"),
        (arguments.keep.is_some(), "--keep"),
        (arguments.threads.is_some(), "--threads"),
        (arguments.kernels.is_some(), "--kernels"),
    ]
    .into_iter()
    .find_map(|(given, name)| given.then_some(name))
}
