//! `ege-bench data prune`: frees disk space of prepared data, after it was said which.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::json;

use super::args::PruneArguments;
use crate::cli::args::ExperimentArguments;
use crate::cli::context::Context;
use crate::cli::exit_code::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::size::human;
use crate::cli::table::Table;
use crate::dataset::{self, DatasetError, Preparation};
use crate::experiment::settings::DataSource;

/// Files that go together, and why.
struct Choice {
    paths: Vec<PathBuf>,
    bytes: u64,
    why: String,
}

pub(in crate::cli) fn run(context: &Context, arguments: &PruneArguments) -> Result<ExitCode, Failure> {
    let mut choices = unfinished(context)?;
    if !arguments.experiments.is_empty() {
        choices.extend(unneeded(context, arguments)?);
    }
    let yes = arguments.yes && !arguments.dry_run;
    let bytes: u64 = choices.iter().map(|choice| choice.bytes).sum();
    if yes {
        for path in choices.iter().flat_map(|choice| &choice.paths) {
            dataset::remove(path).map_err(DatasetError::from)?;
        }
    }
    if arguments.json {
        let row = |choice: &Choice| {
            let paths: Vec<_> = choice.paths.iter().map(|path| path.display().to_string()).collect();
            json!({ "paths": paths, "bytes": choice.bytes, "why": choice.why })
        };
        let rows: Vec<_> = choices.iter().map(row).collect();
        context.printer.json(&json!({ "removed": yes, "bytes": bytes, "choices": rows }));
        return Ok(ExitCode::Success);
    }
    if choices.is_empty() {
        context.printer.result("nothing to remove");
        return Ok(ExitCode::Success);
    }
    let mut table = Table::new(["FILE", "SIZE", "WHY"]);
    for choice in &choices {
        let file = choice.paths.first().map(|path| path.display().to_string()).unwrap_or_default();
        table.row([file, human(choice.bytes), choice.why.clone()]);
    }
    context.printer.result(table);
    let amount = human(bytes);
    if yes {
        context.printer.result(format_args!("\n{amount} freed"));
    } else {
        context.printer.result(format_args!("\n{amount} would be freed; --yes does it"));
    }
    Ok(ExitCode::Success)
}

/// What killed commands left; what somebody works on stays.
fn unfinished(context: &Context) -> Result<Vec<Choice>, DatasetError> {
    let found = dataset::unfinished(&context.data)?;
    let choice = |left: dataset::Leftover| {
        let why = match left.progress {
            Some((done, all)) => format!("unfinished: {done} of {all} pairs"),
            None => "unfinished".to_owned(),
        };
        Choice { paths: left.paths, bytes: left.bytes, why }
    };
    Ok(found.into_iter().filter(|left| !left.busy).map(choice).collect())
}

/// Caches that no run of the experiments asks for.
fn unneeded(context: &Context, arguments: &PruneArguments) -> Result<Vec<Choice>, Failure> {
    let mut needed = BTreeSet::new();
    for path in &arguments.experiments {
        let file = ExperimentArguments { experiment: path.clone(), set: Vec::new() };
        for run in context.experiment(&file)?.runs() {
            let data = &run.settings.data;
            let preparation = Preparation { size: data.size, resize: data.resize };
            match (&data.source, &run.folder) {
                (_, Some(folder)) => {
                    needed.insert(dataset::folder::cache_path(folder, preparation, &context.data));
                }
                (DataSource::Prepared { dataset, .. }, _) => {
                    needed.insert(dataset::cache_path(dataset, preparation, &context.data));
                }
                _ => {}
            }
        }
    }
    let found = dataset::prepared(&context.data).map_err(DatasetError::from)?;
    let unneeded = found.iter().filter(|found| !needed.contains(found.path()));
    let choice = |found: &dataset::Prepared| Choice {
        paths: vec![found.path().to_owned()],
        bytes: dataset::bytes(found.path()),
        why: "no experiment that was named needs it".to_owned(),
    };
    Ok(unneeded.map(choice).collect())
}
