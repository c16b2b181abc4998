//! `ege-bench data fetch`: official archives from their publisher, once their licence is accepted.

use std::time::Duration;

use super::args::FetchArguments;
use super::meter::Meter;
use crate::cli::context::Context;
use crate::cli::exit_code::ExitCode;
use crate::cli::failure::{Failure, with_data_folder};
use crate::cli::size;
use crate::cli::table::Table;
use crate::dataset::lock::{self, Dataset, Lock, Part};
use crate::executor::Interrupt;
use crate::fetch::{self, Choice, FetchError, Fetched, Order, Told};

pub(in crate::cli) fn run(context: &Context, arguments: &FetchArguments) -> Result<ExitCode, Failure> {
    let printer = context.printer;
    let own = arguments.lock.as_deref().map(Lock::read).transpose()?;
    let lock = own.as_ref().unwrap_or_else(|| lock::builtin());
    let name = arguments.dataset.as_str();
    let dataset = lock.dataset(name)?;
    let acceptance = match &arguments.accept_licence {
        Some(licence) => fetch::accept(&context.data, name, dataset, licence)?,
        None => match fetch::accepted(&context.data, name, dataset) {
            Err(error @ FetchError::Licence { .. }) => {
                show_licence(context, name, dataset);
                return Err(error.into());
            }
            accepted => accepted?,
        },
    };
    printer.note(format_args!(
        "{name}: licence {}, accepted on {}",
        acceptance.licence,
        day(&acceptance.accepted)
    ));
    let choices: Vec<Choice> = arguments.part.iter().map(|part| choice(part)).collect();
    let order = Order {
        name,
        dataset,
        choices: &choices,
        mirrors: &arguments.mirror,
        data: &context.data,
        retries: arguments.retries,
        pause: Duration::from_millis(arguments.pause),
        patience: arguments.patience,
    };
    let interrupt = Interrupt::on_signals(move || {
        printer.note("stopping; what was fetched is kept");
    })
    .map_err(|error| Failure::usage(format!("can't listen to Ctrl-C: {error}"), None))?;
    let mut meter = None;
    let mut tell = |told: Told| match told {
        Told::Archive(archive, number, all) => {
            meter = None;
            printer.note(format_args!("{number}/{all} {archive}"));
            meter = Some(Meter::new(printer, archive));
        }
        Told::Progress(done, all) => {
            if let Some(meter) = &mut meter {
                meter.set(done, all);
            }
        }
        Told::Note(text) => {
            printer.note(format_args!("  {text}"));
            if let Some(meter) = &mut meter {
                meter.begin_again();
            }
        }
        Told::Failed(error) => printer.warning(&error.to_string()),
    };
    let fetched = fetch::fetch(&order, &|| interrupt.is_requested(), &mut tell);
    drop(meter);
    match fetched {
        Ok(fetched) => {
            show(context, name, &fetched);
            Ok(ExitCode::Success)
        }
        Err(FetchError::Interrupted) => {
            printer.note("interrupted; the same command goes on");
            Ok(ExitCode::Interrupted)
        }
        Err(error) => Err(error.into()),
    }
}

/// A part by its name, or else an archive.
fn choice(text: &str) -> Choice {
    let part = Part::ALL.into_iter().find(|part| part.name() == text);
    part.map_or_else(|| Choice::Archive(text.to_owned()), Choice::Part)
}

fn day(time: &str) -> &str {
    time.get(..10).unwrap_or(time)
}

fn show_licence(context: &Context, name: &str, dataset: &Dataset) {
    let printer = context.printer;
    printer.result(format_args!("{name}: {}", dataset.title));
    printer.result(format_args!("licence:  {} ({})", dataset.license, dataset.license_text));
    printer.result(format_args!("by:       {}", dataset.license_evidence));
    printer.result(format_args!("page:     {}", dataset.page));
    for citation in &dataset.citations {
        printer.result(format_args!("cite:     {citation}"));
    }
    let bytes: u64 = dataset.archives.iter().map(|archive| archive.bytes.number()).sum();
    printer.result(format_args!("archives: {}, {} together", dataset.archives.len(), size::human(bytes)));
}

fn show(context: &Context, name: &str, fetched: &[Fetched]) {
    let mut table = Table::new(["ARCHIVE", "SIZE", "STATE", "CHECKED", "SHA256"]);
    for Fetched { record, new } in fetched {
        let state = if *new { "fetched" } else { "was there" };
        let checked = match record.checked.len() {
            0 => "no checksum is known".to_owned(),
            _ => record.checked.join(", "),
        };
        let sha256 = record.sha256.get(..12).unwrap_or_default().to_owned();
        table.row([record.archive.clone(), size::human(record.bytes), state.to_owned(), checked, sha256]);
    }
    context.printer.result(table);
    let next = with_data_folder(&format!("ege-bench data import {name} "), &context.data);
    context.printer.note(format_args!("`{}` makes them ready for training", next.trim_end()));
}
