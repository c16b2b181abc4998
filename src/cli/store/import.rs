//! `ege-bench store import`: the runs of an archive, after every byte was checked.

use serde_json::json;

use super::args::ImportArguments;
use super::whole;
use crate::cli::context::Context;
use crate::cli::exit_code::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::table::Table;
use crate::store::StoreError;
use crate::store::archive::{Kept, unpack};

pub(in crate::cli) fn run(context: &Context, arguments: &ImportArguments) -> Result<ExitCode, Failure> {
    let file = &arguments.file;
    if !file.is_file() {
        let found = if file.exists() { "is no file" } else { "does not exist" };
        let hint = "an archive is made by `ege-bench store export RUN --to FILE.tar.gz`";
        return Err(Failure::usage(format!("{} {found}", file.display()), Some(hint.to_owned())));
    }
    let unpacked = unpack(file, &context.results, arguments.max_size)?;
    // All of them before the first is kept: an archive with one bad run isn't trusted with the others.
    for run in &unpacked.manifest.runs {
        match whole::check(&unpacked.run(run), &run.id) {
            Ok(None) => {}
            Ok(Some(note)) => context.printer.warning(&format!("{}: {note}", run.id)),
            Err(message) => {
                return Err(StoreError::Archive {
                    path: file.clone(),
                    message: format!("run {}: {message}", run.id),
                    hint: "nothing was imported; get the archive again from where it was made".to_owned(),
                }
                .into());
            }
        }
    }
    let mut kept = Vec::with_capacity(unpacked.manifest.runs.len());
    for run in &unpacked.manifest.runs {
        kept.push((run.id.as_str(), unpacked.keep(run)?));
    }
    if arguments.json {
        let runs: Vec<_> = kept.iter().map(|(id, kept)| run_json(id, kept)).collect();
        context.printer.json(&json!({ "archive": file, "runs": runs }));
    } else {
        let mut table = Table::new(["RUN", "RESULT"]);
        for (id, kept) in &kept {
            table.row([(*id).to_owned(), told(kept)]);
        }
        context.printer.result(table);
    }
    let differing: Vec<&str> =
        kept.iter().filter(|(_, kept)| matches!(kept, Kept::Differs { .. })).map(|(id, _)| *id).collect();
    if differing.is_empty() {
        return Ok(ExitCode::Success);
    }
    let message = format!("not imported, since other bytes are there already: {}", differing.join(", "));
    let hint = "the runs that are there stay as they are; look at both by `--results DIR` with another folder, then \
                `ege-bench compare`";
    Err(Failure::store(message, Some(hint.to_owned())))
}

fn told(kept: &Kept) -> String {
    match kept {
        Kept::Added => "imported".to_owned(),
        Kept::Same { without } if without.is_empty() => "there already, with the same bytes".to_owned(),
        Kept::Same { without } => {
            format!("there already, with the same bytes; left out: {}", without.join(", "))
        }
        Kept::Differs { files } => {
            format!("NOT IMPORTED: another one is there, other in {}", files.join(", "))
        }
    }
}

fn run_json(id: &str, kept: &Kept) -> serde_json::Value {
    match kept {
        Kept::Added => json!({ "id": id, "result": "imported" }),
        Kept::Same { without } => json!({ "id": id, "result": "same", "left_out": without }),
        Kept::Differs { files } => json!({ "id": id, "result": "differs", "files": files }),
    }
}
