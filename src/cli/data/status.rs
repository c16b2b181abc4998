//! `ege-bench data status`: what is imported, whether it is intact, and which splits it covers.

use serde_json::json;

use crate::cli::args::JsonArguments;
use crate::cli::context::Context;
use crate::cli::exit_code::ExitCode;
use crate::cli::failure::{Failure, with_data_folder};
use crate::cli::table::Table;
use crate::dataset::{self, Cache, DatasetError, Images, Leftover, Preparation, lock};

pub(in crate::cli) fn run(context: &Context, arguments: &JsonArguments) -> Result<ExitCode, Failure> {
    let prepared = dataset::prepared(&context.data).map_err(DatasetError::from)?;
    let found: Vec<_> =
        prepared.iter().map(|found| (found.dataset(), found.preparation(), found.open())).collect();
    let unfinished = dataset::unfinished(&context.data).map_err(DatasetError::from)?;
    if arguments.json {
        let datasets: Vec<_> = found
            .iter()
            .map(|(name, Preparation { size, resize }, cache)| match cache {
                Ok(cache) => {
                    let splits: Vec<_> = coverage(name, cache)
                        .iter()
                        .map(|(split, present, total)| json!({"name": split, "present": present, "images": total}))
                        .collect();
                    json!({"dataset": name, "size": size, "resize": resize.name(), "images": cache.ids().len(), "intact": true,
                                    "splits": splits, "path": cache.path().display().to_string(), "digest": cache.digest(),
                                    "source": cache.source_copy(), "source_sha256": cache.source_sha256()})
                }
                Err(error) => json!({"dataset": name, "size": size, "resize": resize.name(), "intact": false,
                                     "error": error.to_string(), "hint": error.hint().map(|hint| with_data_folder(&hint, &context.data))}),
            })
            .collect();
        let left: Vec<_> = unfinished.iter().map(of_unfinished).collect();
        context
            .printer
            .json(&json!({ "prepared": datasets, "unfinished": left, "archives": archives(context) }));
    } else {
        let mut table = Table::new(["DATA SET", "SIZE", "IMAGES", "STATE", "SPLITS", "SOURCE"]);
        for (name, preparation, cache) in &found {
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
            table.row([(*name).to_owned(), preparation.name(), images, state.to_owned(), splits, source]);
        }
        if found.is_empty() {
            context.printer.result(format_args!("nothing is prepared in {}", context.data.display()));
            context
                .printer
                .note("hint: `ege-bench data import isic2017 FOLDER` prepares images that you have");
        } else {
            context.printer.result(table);
        }
        for left in &unfinished {
            let state = if left.busy { "at work" } else { "unfinished; the same command goes on" };
            let (done, all) = left.progress.unwrap_or_default();
            let path = left.paths.first().map(|path| path.display().to_string()).unwrap_or_default();
            context.printer.result(format_args!("{path}: {done} of {all} pairs, {state}"));
        }
        for (name, present, all) in archives(context) {
            context.printer.result(format_args!("{name}: {present} of {all} official archives are fetched"));
        }
    }
    // A damaged cache fails the command: scripts ask it whether data can be used.
    found
        .into_iter()
        .find_map(|(_, _, cache)| cache.err())
        .map_or(Ok(ExitCode::Success), |error| Err(error.into()))
}

fn of_unfinished(left: &Leftover) -> serde_json::Value {
    let paths: Vec<_> = left.paths.iter().map(|path| path.display().to_string()).collect();
    let (done, all) = left.progress.map_or((None, None), |(done, all)| (Some(done), Some(all)));
    json!({ "paths": paths, "bytes": left.bytes, "pairs": done, "of": all, "busy": left.busy })
}

/// For each data set of which archives are there its name, how many are, and how many there are officially.
fn archives(context: &Context) -> Vec<(&'static str, usize, usize)> {
    let of = |name: &'static str| {
        let archives = &lock::builtin().dataset.get(name)?.archives;
        let folder = context.data.join("archives").join(name);
        let present = archives.iter().filter(|archive| folder.join(&archive.name).is_file()).count();
        (present > 0).then_some((name, present, archives.len()))
    };
    lock::builtin().datasets().into_iter().filter_map(of).collect()
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
