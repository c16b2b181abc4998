//! `ege-bench data status`: what is imported, whether it is intact, and which splits it covers.

use serde_json::json;

use crate::cli::args::JsonArguments;
use crate::cli::context::Context;
use crate::cli::exit_code::ExitCode;
use crate::cli::failure::{Failure, with_data_folder};
use crate::cli::table::Table;
use crate::dataset::{self, Cache, DatasetError, DatasetErrorKind, Images, lock};
use crate::experiment::settings::{LARGEST_SIZE, SIZE_STEP};

pub(in crate::cli) fn run(context: &Context, arguments: &JsonArguments) -> Result<ExitCode, Failure> {
    let found = prepared(context);
    if arguments.json {
        let datasets: Vec<_> = found
            .iter()
            .map(|(name, size, cache)| match cache {
                Ok(cache) => {
                    let splits: Vec<_> = coverage(name, cache)
                        .iter()
                        .map(|(split, present, total)| json!({"name": split, "present": present, "images": total}))
                        .collect();
                    json!({"dataset": name, "size": size, "images": cache.ids().len(), "intact": true,
                                    "splits": splits, "path": cache.path().display().to_string(), "digest": cache.digest(),
                                    "source": cache.source_copy(), "source_sha256": cache.source_sha256()})
                }
                Err(error) => json!({"dataset": name, "size": size, "intact": false,
                                     "error": error.to_string(), "hint": error.hint().map(|hint| with_data_folder(&hint, &context.data))}),
            })
            .collect();
        context.printer.json(&json!({ "prepared": datasets }));
    } else {
        let mut table = Table::new(["DATA SET", "SIZE", "IMAGES", "STATE", "SPLITS", "SOURCE"]);
        for (name, size, cache) in &found {
            let (images, state, splits, source) = match cache {
                Ok(cache) => {
                    let source = cache.source_copy().unwrap_or("unknown copy").to_owned();
                    let splits: Vec<String> = coverage(name, cache)
                        .iter()
                        .map(|(split, present, total)| format!("{split} {present}/{total}"))
                        .collect();
                    (cache.ids().len().to_string(), "intact", splits.join(", "), source)
                }
                Err(_) => ("-".to_owned(), "damaged", "-".to_owned(), "-".to_owned()),
            };
            table.row([(*name).to_owned(), size.to_string(), images, state.to_owned(), splits, source]);
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

/// For each split of the data set its name, how many of its images are prepared, and how many it has.
fn coverage(dataset: &str, cache: &Cache) -> Vec<(&'static str, usize, usize)> {
    let prepared = cache.index();
    let splits = lock::builtin().splits(dataset).into_iter().filter_map(|name| {
        let split = dataset::split(dataset, name).ok()?;
        let ids = split.ids();
        Some((name, ids.iter().filter(|id| prepared.contains_key(**id)).count(), ids.len()))
    });
    splits.collect()
}

/// Every size of every data set at which something is prepared.
fn prepared(context: &Context) -> Vec<(&'static str, usize, Result<Cache, DatasetError>)> {
    let mut found = Vec::new();
    for name in lock::builtin().datasets() {
        for size in (SIZE_STEP..=LARGEST_SIZE).step_by(SIZE_STEP) {
            match dataset::open(name, size, &context.data) {
                Err(error) if error.kind() == DatasetErrorKind::Missing => {}
                cache => found.push((name, size, cache)),
            }
        }
    }
    found
}
