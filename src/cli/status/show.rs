//! The command: a look at all runs, and a table or JSON of what was seen.

use super::survey::Survey;
use super::watch;
use crate::cli::args::StatusArguments;
use crate::cli::context::{Context, default_threads};
use crate::cli::exit_code::ExitCode;
use crate::cli::failure::Failure;

pub(in crate::cli) fn run(context: &Context, arguments: &StatusArguments) -> Result<ExitCode, Failure> {
    let experiment = context.experiment(&arguments.plan.experiment)?;
    let trainer = context.trainer(default_threads())?;
    let items = context.plan(&experiment, &*trainer)?;
    let mut survey = Survey::new(&experiment.name, items, &context.results, &*trainer);
    if let Some(every) = arguments.watch {
        return watch::run(context.printer, &mut survey, every, arguments.plan.json);
    }
    survey.look()?;
    if arguments.plan.json {
        context.printer.json(&survey.json());
    } else {
        context.printer.result(survey.table());
        context.printer.result(format_args!("\n{}", survey.line()));
    }
    Ok(ExitCode::Success)
}
