//! `ege-bench report`: writes the report of what is there.

use super::args::{ExperimentArguments, ReportArguments};
use super::context::{Context, claims, default_threads};
use super::exit_code::ExitCode;
use super::failure::Failure;
use super::gather::gather;
use super::registry::register;
use crate::claim::{Claims, Verdict};
use crate::executor::{PlanItem, Trainer};
use crate::experiment::Experiment;
use crate::report::{self, Conclusion, ReportInput, Written};
use crate::store::atomic;

pub(super) fn run(context: &Context, arguments: &ReportArguments) -> Result<ExitCode, Failure> {
    let experiment = context.experiment(&arguments.experiment)?;
    let claims = claims(&experiment)?;
    let trainer = context.trainer(default_threads())?;
    let items = context.plan(&experiment, &*trainer)?;
    let (_, written) = write(context, &arguments.experiment, &experiment, claims, &items, &*trainer)?;
    let printer = context.printer;
    if let Some(told) = verdicts(&written.conclusion) {
        printer.result(format_args!("claims: {told}"));
    }
    printer.result(format_args!("report: {}", written.page.display()));
    if arguments.check {
        return Ok(check(context, &written.conclusion));
    }
    Ok(ExitCode::Success)
}

/// Tells each failing claim.
fn check(context: &Context, conclusion: &Conclusion) -> ExitCode {
    let failing = &conclusion.failing;
    for claim in failing {
        context.printer.result(format_args!("not reproduced: {claim}"));
    }
    if failing.is_empty() {
        if conclusion.attempted == 0 {
            context.printer.warning(
                "no claim about this experiment\u{2019}s networks was attempted: nothing was checked",
            );
        }
        return ExitCode::Success;
    }
    let message =
        format!("{} of {} attempted claims are not reproduced", failing.len(), conclusion.attempted);
    context.printer.error(&message, None);
    ExitCode::CheckFailed
}

/// `12 reproduced, 3 not reproduced, 94 not attempted`; none without claims.
pub(super) fn verdicts(conclusion: &Conclusion) -> Option<String> {
    let told: Vec<String> = conclusion
        .counts
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(verdict, count): &(Verdict, usize)| format!("{count} {}", verdict.name()))
        .collect();
    (!told.is_empty()).then(|| told.join(", "))
}

/// Writes the report and returns what it was made of, and what was written.
pub(super) fn write(
    context: &Context,
    arguments: &ExperimentArguments,
    experiment: &Experiment,
    claims: Vec<Claims>,
    items: &[PlanItem],
    trainer: &dyn Trainer,
) -> Result<(ReportInput, Written), Failure> {
    register(context, &claims)?;
    let input = gather(experiment, claims, items, trainer, &context.results, context.command(arguments))?;
    context.results.clear_abandoned()?;
    let written =
        report::write(&input, context.results.path(), &mut |path, bytes| atomic::write(path, bytes))?;
    Ok((input, written))
}
