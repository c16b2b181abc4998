//! `ege-bench data import`: checks images and masks in any layout and prepares them.

use std::path::PathBuf;

use super::args::{ImportArguments, PreparationArguments, PrepareArguments};
use super::bar::PairBar;
use crate::cli::context::Context;
use crate::cli::exit_code::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::table::Table;
use crate::dataset::{self, Preparation, SourceCopy, lock};
use crate::executor::Interrupt;
use crate::fetch;

/// `ege-bench data prepare`: an import of what was fetched.
pub(in crate::cli) fn prepare(context: &Context, arguments: &PrepareArguments) -> Result<ExitCode, Failure> {
    prepared(context, &arguments.dataset, &[], &arguments.preparation)
}

pub(in crate::cli) fn run(context: &Context, arguments: &ImportArguments) -> Result<ExitCode, Failure> {
    prepared(context, &arguments.dataset, &arguments.paths, &arguments.preparation)
}

fn prepared(
    context: &Context,
    dataset: &str,
    named: &[PathBuf],
    &PreparationArguments { size, resize, replace }: &PreparationArguments,
) -> Result<ExitCode, Failure> {
    let printer = context.printer;
    // A killed preparation goes on where it stopped, so there is nothing to be waited for.
    Interrupt::on_signals(move || {
        printer.note("interrupted; the same command goes on");
        std::process::exit(i32::from(ExitCode::Interrupted.number()));
    })
    .map_err(|error| Failure::usage(format!("can't listen to Ctrl-C: {error}"), None))?;
    let bar = PairBar::new(printer);
    let paths = paths(context, dataset, named)?;
    let told: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    printer.note(format_args!("importing {dataset} from {}", told.join(", ")));
    let mut show = |done, all| bar.show(done, all);
    let preparation = Preparation { size, resize: resize.0 };
    let imported = dataset::import_from(dataset, &paths, preparation, &context.data, replace, &mut show);
    drop(bar);
    let report = imported?;

    for (label, text) in report.recognition.lines() {
        printer.result(format_args!("{:<11} {text}", format!("{label}:")));
    }
    let source = match &report.source {
        SourceCopy::Known { name, .. } => format!("{name}, file by file"),
        SourceCopy::Changed { name, .. } => format!("like {name}, but changed"),
        SourceCopy::Unknown { .. } => "an unknown copy".to_owned(),
    };
    printer.result(format_args!("recognised: {source}"));
    printer.result(format_args!(
        "prepared:   {} pairs at {size}x{size}, {} of them resized, in {}",
        report.pairs,
        report.resized,
        report.cache.display(),
        size = report.size,
    ));
    printer.result(format_args!("digest:     {}", report.digest));
    let mut table = Table::new(["SPLIT", "IMAGES"]);
    for coverage in &report.splits {
        table.row([coverage.split.clone(), format!("{} of {}", coverage.present, coverage.total)]);
    }
    printer.result(format_args!("\n{table}"));
    for warning in report.warnings() {
        printer.warning(&warning);
    }
    Ok(ExitCode::Success)
}

/// What the user named, or else what was fetched.
fn paths(context: &Context, dataset: &str, named: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    if !named.is_empty() {
        return Ok(named.to_vec());
    }
    // A name that nobody knows has no folder, and is told with those that are known.
    lock::builtin().dataset(dataset)?;
    let fetched = fetch::folder(&context.data, dataset);
    if fetched.is_dir() {
        return Ok(vec![fetched]);
    }
    let hint = format!(
        "name archives or folders that you have, or fetch the official ones: `ege-bench data fetch {dataset}`"
    );
    Err(Failure::data(format!("nothing was fetched into {}", fetched.display()), Some(hint)))
}
