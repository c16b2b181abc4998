//! `ege-bench data status`: what is imported, and whether it is whole.

use serde_json::json;

use crate::cli::args::JsonArguments;
use crate::cli::context::Context;
use crate::cli::exit_code::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::table::Table;
use crate::dataset::{self, Cache, DatasetError, DatasetErrorKind, Images, LARGEST_SIZE, lock};

pub(in crate::cli) fn run(context: &Context, arguments: &JsonArguments) -> Result<ExitCode, Failure> {
    let found = prepared(context);
    if arguments.json {
        let datasets: Vec<_> = found
            .iter()
            .map(|(name, size, cache)| match cache {
                Ok(cache) => {
                    json!({"dataset": name, "size": size, "images": cache.ids().len(), "whole": true,
                                    "path": cache.path(), "digest": cache.digest(),
                                    "source": cache.source_copy(), "source-sha256": cache.source_sha256()})
                }
                Err(error) => json!({"dataset": name, "size": size, "whole": false,
                                     "error": error.to_string(), "hint": error.hint()}),
            })
            .collect();
        context.printer.json(&json!({ "prepared": datasets }));
    } else {
        let mut table = Table::new(["DATA SET", "SIZE", "IMAGES", "STATE", "SOURCE"]);
        for (name, size, cache) in &found {
            let (images, state, source) = match cache {
                Ok(cache) => {
                    let source = cache.source_copy().unwrap_or("unknown copy").to_owned();
                    (cache.ids().len().to_string(), "whole".to_owned(), source)
                }
                Err(error) => ("-".to_owned(), error.to_string(), "-".to_owned()),
            };
            table.row([(*name).to_owned(), size.to_string(), images, state, source]);
        }
        if found.is_empty() {
            context.printer.result(format_args!("nothing is prepared in {}", context.data.display()));
            context
                .printer
                .note("hint: `ege-bench data import isic2017 FOLDER` prepares images that you have");
        } else {
            context.printer.result(table);
        }
    }
    // A damaged cache fails the command: scripts ask it whether data can be used.
    found
        .into_iter()
        .find_map(|(_, _, cache)| cache.err())
        .map_or(Ok(ExitCode::Success), |error| Err(error.into()))
}

/// Every size of every data set at which something is prepared.
fn prepared(context: &Context) -> Vec<(&'static str, usize, Result<Cache, DatasetError>)> {
    let mut found = Vec::new();
    for name in lock::builtin().datasets() {
        for size in (32..=LARGEST_SIZE).step_by(32) {
            match dataset::open(name, size, &context.data) {
                Err(error) if error.kind() == DatasetErrorKind::Missing => {}
                cache => found.push((name, size, cache)),
            }
        }
    }
    found
}
