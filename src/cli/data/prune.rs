//! `ege-bench data prune`: frees disk space of prepared data, after it was said which.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::args::PruneArguments;
use super::needs::{self, Needs};
use crate::cli::context::Context;
use crate::cli::exit_code::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::size::human;
use crate::cli::table::Table;
use crate::dataset::{self, DatasetError, Images, Prepared};

/// Files that go together, and why.
struct Choice {
    paths: Vec<PathBuf>,
    bytes: u64,
    why: String,
}

/// A cache, and who needs it.
struct Kept {
    found: Prepared,
    bytes: u64,
    /// What it is of, in words.
    what: String,
    /// Experiments that ask for it.
    experiments: Vec<String>,
    /// Stored runs that were made with it.
    runs: usize,
}

pub(in crate::cli) fn run(context: &Context, arguments: &PruneArguments) -> Result<ExitCode, Failure> {
    let named: Vec<Needs> =
        arguments.experiments.iter().map(|path| Needs::of(context, path)).collect::<Result<_, _>>()?;
    let known = if named.is_empty() { Needs::known(context) } else { named };
    let kept = kept(context, &known)?;
    let mut choices = unfinished(context)?;
    if !arguments.experiments.is_empty() {
        choices.extend(kept.iter().filter(|kept| kept.experiments.is_empty()).map(Kept::unneeded));
    }
    let yes = arguments.yes && !arguments.dry_run;
    let bytes: u64 = choices.iter().map(|choice| choice.bytes).sum();
    if yes {
        for path in choices.iter().flat_map(|choice| &choice.paths) {
            dataset::remove(path).map_err(DatasetError::from)?;
        }
    }
    if arguments.json {
        let choices: Vec<_> = choices.iter().map(Choice::json).collect();
        let prepared: Vec<_> = kept.iter().map(Kept::json).collect();
        context
            .printer
            .json(&json!({ "removed": yes, "bytes": bytes, "choices": choices, "prepared": prepared }));
        return Ok(ExitCode::Success);
    }
    if arguments.experiments.is_empty() {
        show_prepared(context, &kept);
    }
    if choices.is_empty() {
        context.printer.result("nothing to remove");
    } else {
        show_choices(context, &choices, yes, bytes);
    }
    Ok(ExitCode::Success)
}

/// What is prepared, which stays unless experiments are named.
fn show_prepared(context: &Context, kept: &[Kept]) {
    if kept.is_empty() {
        return;
    }
    let mut table = Table::new(["PREPARED", "SIZE", "WHAT", "NEEDED BY"]);
    for kept in kept {
        let path = kept.found.path().display().to_string();
        table.row([path, human(kept.bytes), kept.what.clone(), kept.needed_by()]);
    }
    context.printer.result(format_args!("{table}\n"));
    context.printer.note(
        "hint: prepared data stays here; `ege-bench data prune EXPERIMENT...` says what none of these experiments needs",
    );
}

fn show_choices(context: &Context, choices: &[Choice], yes: bool, bytes: u64) {
    let mut table = Table::new(["FILE", "SIZE", "WHY"]);
    for choice in choices {
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

/// All caches, and who needs them.
fn kept(context: &Context, known: &[Needs]) -> Result<Vec<Kept>, DatasetError> {
    let of_runs = needs::of_runs(context);
    let kept = |found: Prepared| {
        let path = found.path().to_owned();
        let needs = known.iter().filter(|needs| needs.caches.contains(&path));
        Kept {
            bytes: dataset::bytes(&path),
            what: what(&found),
            experiments: needs.map(|needs| needs.experiment.display().to_string()).collect(),
            runs: of_runs.iter().filter(|of_run| **of_run == path).count(),
            found,
        }
    };
    Ok(dataset::prepared(&context.data)?.into_iter().map(kept).collect())
}

/// What a cache is of, as far as it says it.
fn what(found: &Prepared) -> String {
    let preparation = found.preparation().name();
    match found.glance() {
        Ok(cache) => {
            let of = match dataset::folder::place(&cache) {
                Some((path, true)) => path,
                Some((path, false)) => format!("{path}, which isn't there,"),
                None => found.dataset().to_owned(),
            };
            format!("{} pairs of {of} at {preparation}", cache.ids().len())
        }
        Err(_) => format!("damaged: {} at {preparation}", found.dataset()),
    }
}

impl Kept {
    fn needed_by(&self) -> String {
        let runs = match self.runs {
            0 => None,
            1 => Some("1 stored run".to_owned()),
            more => Some(format!("{more} stored runs")),
        };
        let who: Vec<String> = self.experiments.iter().cloned().chain(runs).collect();
        if who.is_empty() { "nobody that is known".to_owned() } else { who.join(", ") }
    }

    /// As what goes, where no experiment that was named needs it.
    fn unneeded(&self) -> Choice {
        let why = "no experiment that was named needs it";
        let made = match self.runs {
            0 => String::new(),
            1 => "; 1 stored run was made with it".to_owned(),
            more => format!("; {more} stored runs were made with it"),
        };
        Choice { paths: vec![self.found.path().to_owned()], bytes: self.bytes, why: format!("{why}{made}") }
    }

    fn json(&self) -> Value {
        json!({
            "path": self.found.path().display().to_string(), "bytes": self.bytes, "what": self.what,
            "experiments": self.experiments, "runs": self.runs,
        })
    }
}

impl Choice {
    fn json(&self) -> Value {
        let paths: Vec<_> = self.paths.iter().map(|path| path.display().to_string()).collect();
        json!({ "paths": paths, "bytes": self.bytes, "why": self.why })
    }
}
