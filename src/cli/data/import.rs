//! `ege-bench data import`: checks images and masks in any layout and prepares them.

use std::path::PathBuf;

use super::args::{ImportArguments, PrepareArguments};
use super::bar::PairBar;
use crate::cli::context::Context;
use crate::cli::exit_code::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::table::Table;
use crate::dataset::{self, Preparation, SourceCopy, lock};
use crate::fetch;

/// `ege-bench data prepare`: an import of what was fetched.
pub(in crate::cli) fn prepare(context: &Context, arguments: &PrepareArguments) -> Result<ExitCode, Failure> {
    let &PrepareArguments { ref dataset, size, resize, replace } = arguments;
    run(context, &ImportArguments { dataset: dataset.clone(), paths: Vec::new(), size, resize, replace })
}

pub(in crate::cli) fn run(context: &Context, arguments: &ImportArguments) -> Result<ExitCode, Failure> {
    let printer = context.printer;
    let bar = PairBar::new(printer);
    let paths = paths(context, arguments)?;
    let told: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    printer.note(format_args!("importing {} from {}", arguments.dataset, told.join(", ")));
    let mut show = |done, all| bar.show(done, all);
    let ImportArguments { dataset, size, resize, replace, .. } = arguments;
    let preparation = Preparation { size: *size, resize: resize.0 };
    let imported = dataset::import_from(dataset, &paths, preparation, &context.data, *replace, &mut show);
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
fn paths(context: &Context, arguments: &ImportArguments) -> Result<Vec<PathBuf>, Failure> {
    if !arguments.paths.is_empty() {
        return Ok(arguments.paths.clone());
    }
    // A name that nobody knows has no folder, and is told with those that are known.
    lock::builtin().dataset(&arguments.dataset)?;
    let fetched = fetch::folder(&context.data, &arguments.dataset);
    if fetched.is_dir() {
        return Ok(vec![fetched]);
    }
    let hint = format!(
        "name archives or folders that you have, or fetch the official ones: `ege-bench data fetch {}`",
        arguments.dataset
    );
    Err(Failure::data(format!("nothing was fetched into {}", fetched.display()), Some(hint)))
}
