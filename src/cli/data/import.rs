//! `ege-bench data import`: checks a folder of images and masks and prepares it.

use super::args::ImportArguments;
use super::bar::PairBar;
use crate::cli::context::Context;
use crate::cli::exit_code::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::table::Table;
use crate::dataset::{self, Preparation, SourceCopy};

pub(in crate::cli) fn run(context: &Context, arguments: &ImportArguments) -> Result<ExitCode, Failure> {
    let printer = context.printer;
    let bar = PairBar::new(printer);
    printer.note(format_args!("importing {} from {}", arguments.dataset, arguments.folder.display()));
    let mut show = |done, all| bar.show(done, all);
    let ImportArguments { dataset, folder, size, resize, replace } = arguments;
    let preparation = Preparation { size: *size, resize: resize.0 };
    let imported = dataset::import(dataset, folder, preparation, &context.data, *replace, &mut show);
    drop(bar);
    let report = imported?;

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
