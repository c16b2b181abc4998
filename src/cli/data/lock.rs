//! `ege-bench data lock`: what was seen of fetched archives, entered into a lock file.

use super::args::LockArguments;
use crate::cli::context::Context;
use crate::cli::exit_code::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::table::Table;
use crate::dataset::lock::{Lock, Seen};
use crate::dataset::lock_edit::{self, Entered, Sight};
use crate::fetch;

pub(in crate::cli) fn run(context: &Context, arguments: &LockArguments) -> Result<ExitCode, Failure> {
    let file = &arguments.file;
    let lock = Lock::read(file)?;
    let names: Vec<&str> = match &arguments.dataset {
        Some(name) => {
            lock.dataset(name)?;
            vec![name]
        }
        None => lock.datasets(),
    };
    let mut sights = Vec::new();
    for name in names {
        for record in fetch::records(&context.data, name, lock.dataset(name)?) {
            let date = record.day().to_owned();
            let seen = Seen { sha256: record.sha256, bytes: record.bytes, date };
            sights.push(Sight { dataset: name.to_owned(), archive: record.archive, md5: record.md5, seen });
        }
    }
    if sights.is_empty() {
        return Err(Failure::data(
            format!("no fetched archive lies in {}", context.data.join("archives").display()),
            Some(format!(
                "`ege-bench data fetch {}` fetches and sees them",
                arguments.dataset.as_deref().unwrap_or("DATASET")
            )),
        ));
    }
    let entered = lock_edit::add_seen(file, &sights)?;
    let mut table = Table::new(["ARCHIVE", "SEEN ON", "SHA256", "IN THE FILE"]);
    for (sight, entered) in sights.iter().zip(&entered) {
        let state = match entered {
            Entered::Added => "added",
            Entered::Stood => "stood there",
            Entered::Unknown => "not known",
        };
        let Sight { archive, seen, .. } = sight;
        table.row([archive.clone(), seen.date.clone(), seen.sha256.clone(), state.to_owned()]);
    }
    context.printer.result(table);
    let added = entered.iter().filter(|entered| **entered == Entered::Added).count();
    context.printer.result(format_args!("{added} added to {}", file.display()));
    Ok(ExitCode::Success)
}
