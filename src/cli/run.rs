//! `ege-bench run`: makes the runs that are due, and writes the report.

use std::time::Duration;

use super::args::RunArguments;
use super::context::{Context, claims, start_threads};
use super::exit_code::ExitCode;
use super::failure::Failure;
use super::label::Labels;
use super::panic;
use super::plan::summary;
use super::progress::Progress;
use super::registry::register;
use super::report;
use super::table::Table;
use crate::executor::{
    FakeTrainer, Interrupt, Placement, PlanItem, Pool, Reason, Summary, WorkerCommand, refresh,
};
use crate::metric::{Counts, Definition};
use crate::report::{ReportInput, ReportRun};
use crate::statistics;
use crate::store::{RunState, Weights};

pub(super) fn run(context: &Context, arguments: &RunArguments) -> Result<ExitCode, Failure> {
    let printer = context.printer;
    let experiment = context.experiment(&arguments.experiment)?;
    let claims = claims(&experiment)?;
    let threads = start_threads(arguments.threads)?;
    let trainer = context.trainer(threads)?;
    let mut items = context.plan(&experiment, &*trainer)?;
    let asked = |count: Option<u16>| count.map(usize::from);
    let placement =
        Placement::new(context.devices()?, asked(arguments.jobs), asked(arguments.jobs_per_device));
    context.has_precisions(&items)?;
    printer.note(format_args!("{}: {}", experiment.name, summary(&items)));

    // Before the first run, so that nobody can say that it was chosen to fit.
    register(context, &claims)?;
    let interrupt = Interrupt::on_signals(move || {
        printer.note("stopping at a checkpoint; Ctrl-C again ends at once");
    })
    .map_err(|error| Failure::usage(format!("can't listen to Ctrl-C: {error}"), None))?;
    if let Some(limit) = arguments.time_limit {
        interrupt.after(limit.saturating_sub(reserve(limit)), move || {
            printer.note("the time is nearly over: stopping at a checkpoint");
        });
    }
    let mut workers = context.worker_arguments();
    workers.extend(["work".into(), format!("--kernels={}", arguments.kernels).into()]);
    if arguments.tensorboard {
        workers.push("--tensorboard".into());
    }
    let pool = Pool {
        results: &context.results,
        interrupt: &interrupt,
        workers: WorkerCommand::this_program(workers)
            .map_err(|error| Failure::usage(format!("can't find this program: {error}"), None))?,
        placement,
        threads,
        limit: arguments.limit.map(|limit| limit as usize),
        fail_fast: arguments.fail_fast,
        retry_failed: arguments.retry_failed,
        wait: !arguments.no_wait,
    };
    let limit = pool.limit.unwrap_or(usize::MAX);
    let due: Vec<&PlanItem> = items.iter().filter(|item| pool.works_on(item)).take(limit).collect();
    let mut progress = Progress::new(printer, &due, pool.placement.jobs(), &*trainer);
    let done = pool.execute(&items, &mut progress)?;
    // Its last bars go before results are printed.
    drop(progress);

    if !done.interrupted {
        refresh(&mut items, &context.results)?;
        let (input, written) =
            report::write(context, &arguments.experiment, &experiment, claims, &items, &*trainer)?;
        printer.result(results_table(&input));
        if let Some(told) = report::verdicts(&written.conclusion) {
            printer.result(format_args!("\nclaims: {told}"));
        }
        printer.result(format_args!("\nreport: {}", written.page.display()));
    }
    Ok(conclude(context, &done, &items))
}

/// The part of a time limit that is kept for the step under way and the checkpoint.
fn reserve(limit: Duration) -> Duration {
    (limit / 10).min(Duration::from_mins(1))
}

/// Says how it ended, and gives the code for it: an interruption first, since the same command mends it.
fn conclude(context: &Context, done: &Summary, items: &[PlanItem]) -> ExitCode {
    let printer = context.printer;
    if done.interrupted {
        printer.note("interrupted; the same command goes on");
        return ExitCode::Interrupted;
    }
    if done.left > 0 {
        printer.note(format_args!("{} more due; the same command goes on", done.left));
    }
    let failed = done.failed + done.failed_elsewhere;
    if failed > 0 {
        printer.error(&format!("{} failed", runs(failed)), failure_hint(context, items).as_deref());
        return ExitCode::RunFailed;
    }
    if done.failed_before > 0 {
        let hint = "`--retry-failed` tries again from the last checkpoint";
        printer.error(&format!("{} failed before", runs(done.failed_before)), Some(hint));
        return ExitCode::RunFailed;
    }
    if done.busy > 0 {
        let hint = "wait for it, or stop it; the same command goes on";
        printer.error(&format!("another process works on {}", runs(done.busy)), Some(hint));
        return ExitCode::Store;
    }
    if done.completed + done.completed_elsewhere == 0 && done.left == 0 {
        printer.note("nothing to do: every run was done before");
        return ExitCode::NothingToDo;
    }
    ExitCode::Success
}

/// Where the cause of a failure stands, and what can be done about it.
fn failure_hint(context: &Context, items: &[PlanItem]) -> Option<String> {
    let failed = items.iter().find_map(|item| match &item.reason {
        Reason::Failed { kind, .. } => Some((item, kind)),
        _ => None,
    });
    let (item, kind) = failed?;
    let log = context.results.run(&item.id).path().join("log.txt");
    let next = match kind.as_str() {
        "diverged" => {
            "try a smaller learning rate; the run is deterministic, so `--retry-failed` alone diverges again".to_owned()
        }
        "died" => {
            "where memory was short, fewer `--jobs` or a smaller `train.batch-size` need less; `--retry-failed` tries \
             again from the last checkpoint"
                .to_owned()
        }
        "memory" => {
            "fewer `--jobs-per-device`, a smaller `train.batch-size` or, where the card has it, `train.precision = \"bf16\"` \
             need less; `--retry-failed` tries again from the last checkpoint"
                .to_owned()
        }
        "host" => format!(
            "what it left can't be gone on with: move {} away, and it is made again",
            context.results.run(&item.id).path().display()
        ),
        "panic" => panic::advice(),
        _ => "`--retry-failed` tries again from the last checkpoint".to_owned(),
    };
    Some(format!("the cause stands in {}; {next}", log.display()))
}

fn runs(count: usize) -> String {
    if count == 1 { "1 run".to_owned() } else { format!("{count} runs") }
}

/// A row for each variant: mean and spread over the seeds that are done.
fn results_table(input: &ReportInput) -> Table {
    let mut table = Table::new(["VARIANT", "SEEDS", "POOLED IOU %", "POOLED DICE %"]);
    let mut variants: Vec<&str> = Vec::new();
    for run in &input.runs {
        if !variants.contains(&run.record.variant.as_str()) {
            variants.push(&run.record.variant);
        }
    }
    for variant in variants {
        let all: Vec<&ReportRun> = input.runs.iter().filter(|run| run.record.variant == variant).collect();
        let done: Vec<&ReportRun> =
            all.iter().copied().filter(|run| matches!(run.record.state, RunState::Done { .. })).collect();
        let cell = |definition: Definition| {
            let values: Vec<f64> = done.iter().filter_map(|run| definition.value(&best(run))).collect();
            statistics::Summary::of(&values).map_or_else(|| "-".to_owned(), spread)
        };
        let labels = Labels {
            fake: all.iter().any(|run| FakeTrainer::is_fake(&run.record.provenance.device)),
            synthetic: all.iter().any(|run| run.record.synthetic),
            start: all.iter().find_map(|run| run.start_label()),
        };
        table.row([
            labels.behind(variant),
            format!("{}/{}", done.len(), all.len()),
            cell(Definition::PooledIou),
            cell(Definition::PooledDice),
        ]);
    }
    table
}

fn best(run: &ReportRun) -> Vec<Counts> {
    let rows = run.counts.iter().filter(|row| row.weights == Weights::Best);
    rows.map(|row| Counts { tp: row.tp, fp: row.fp, fn_: row.fn_, tn: row.tn }).collect()
}

fn spread(summary: statistics::Summary) -> String {
    let percent = summary.percent();
    match percent.std {
        Some(std) => format!("{:.2} ± {std:.2}", percent.mean),
        None => format!("{:.2}", percent.mean),
    }
}
