//! `ege-bench report`: writes the report of what is there.

use std::path::PathBuf;

use super::args::ExperimentArguments;
use super::context::{Context, claims, default_threads, experiment};
use super::exit_code::ExitCode;
use super::failure::Failure;
use super::gather::gather;
use crate::claim::Claims;
use crate::executor::{PlanItem, Trainer};
use crate::experiment::Experiment;
use crate::report::{self, ReportInput};
use crate::store::atomic;

pub(super) fn run(context: &Context, arguments: &ExperimentArguments) -> Result<ExitCode, Failure> {
    let experiment = experiment(arguments)?;
    let claims = claims(&experiment)?;
    let trainer = context.trainer(default_threads());
    let items = context.plan(&experiment, &*trainer)?;
    let (_, page) = write(context, arguments, &experiment, claims, &items, &*trainer)?;
    context.printer.result(format_args!("report: {}", page.display()));
    Ok(ExitCode::Success)
}

/// Writes the report and returns what it was made of and where its page is.
pub(super) fn write(
    context: &Context,
    arguments: &ExperimentArguments,
    experiment: &Experiment,
    claims: Vec<Claims>,
    items: &[PlanItem],
    trainer: &dyn Trainer,
) -> Result<(ReportInput, PathBuf), Failure> {
    let input = gather(experiment, claims, items, trainer, &context.results, context.command(arguments))?;
    context.results.clear_abandoned()?;
    let written =
        report::write(&input, context.results.path(), &mut |path, bytes| atomic::write(path, bytes))?;
    Ok((input, written.page))
}
