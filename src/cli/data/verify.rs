//! `ege-bench data verify`: whether what is prepared is what it was.

use serde_json::json;

use super::args::VerifyArguments;
use super::bar::PairBar;
use crate::cli::context::Context;
use crate::cli::exit_code::ExitCode;
use crate::cli::failure::{Failure, with_data_folder};
use crate::cli::size::human;
use crate::cli::table::Table;
use crate::dataset::{self, Cache, DatasetError, Images, Prepared, folder, lock};

/// What all folders of the user's own are called here.
const FOLDERS: &str = "folder";

pub(in crate::cli) fn run(context: &Context, arguments: &VerifyArguments) -> Result<ExitCode, Failure> {
    if let Some(name) = arguments.dataset.as_ref().filter(|name| *name != FOLDERS) {
        lock::builtin().dataset(name)?;
    }
    let wanted = |found: &Prepared| arguments.dataset.as_ref().is_none_or(|name| found.dataset() == name);
    let found = dataset::prepared(&context.data).map_err(DatasetError::from)?;
    let checked: Vec<_> =
        found.into_iter().filter(wanted).map(|found| check(context, found, arguments.deep)).collect();
    if arguments.json {
        let rows: Vec<_> = checked.iter().map(|checked| row(context, checked)).collect();
        context.printer.json(&json!({ "deep": arguments.deep, "prepared": rows }));
    } else if checked.is_empty() {
        context.printer.result(format_args!("nothing is prepared in {}", context.data.display()));
    } else {
        let mut table = Table::new(["DATA SET", "SIZE", "IMAGES", "BYTES", "STATE", "SOURCE"]);
        for (found, result) in &checked {
            let dataset = found.dataset().to_owned();
            let preparation = found.preparation().name();
            let [images, bytes, state, source] = if let Ok((cache, source)) = result {
                let (images, bytes) = (cache.ids().len().to_string(), human(cache.bytes()));
                [images, bytes, state(arguments.deep).to_owned(), source.clone()]
            } else {
                ["-", "-", "damaged", "-"].map(str::to_owned)
            };
            table.row([dataset, preparation, images, bytes, state, source]);
        }
        context.printer.result(table);
        if !arguments.deep {
            context.printer.note("hint: --deep verifies every byte of images and masks as well");
        }
    }
    match (checked.iter().position(|(_, result)| result.is_err()), &arguments.dataset) {
        (Some(index), _) => {
            let damaged = checked.into_iter().nth(index).map(|(_, result)| result.err());
            Err(damaged.flatten().map_or_else(|| Failure::data("damaged", None), Failure::from))
        }
        (None, Some(name)) if checked.is_empty() && name == FOLDERS => {
            let hint =
                "an experiment with [dataset.folder] names one: `ege-bench plan EXPERIMENT` prepares it";
            Err(Failure::data("no folder of yours is prepared", Some(hint.to_owned())))
        }
        (None, Some(name)) if checked.is_empty() => {
            Err(dataset::glance(name, dataset::DEFAULT_SIZE, &context.data)
                .err()
                .map_or_else(|| Failure::data(format!("{name}: not prepared"), None), Failure::from))
        }
        _ => Ok(ExitCode::Success),
    }
}

type Checked = (Prepared, Result<(Cache, String), DatasetError>);

/// Checks one cache, and that the copy which it says it was made of has the tree hash that the lock has for it, or the folder
/// still is what it was.
fn check(context: &Context, found: Prepared, deep: bool) -> Checked {
    let opened = if deep { found.open() } else { found.glance() };
    let result = opened.and_then(|cache| {
        let bar = PairBar::new(context.printer);
        folder::check(&cache, deep, &mut |done, all| bar.show(done, all))?;
        let source = source(&cache, found.dataset())?;
        Ok((cache, source))
    });
    (found, result)
}

fn source(cache: &Cache, dataset: &str) -> Result<String, DatasetError> {
    match folder::place(cache) {
        Some((path, true)) => return Ok(format!("{path}, as it is now")),
        Some((path, false)) => return Ok(format!("{path}, which isn't there")),
        None => {}
    }
    let Some(copy) = cache.source_copy() else { return Ok("unknown copy".to_owned()) };
    let known = lock::builtin().dataset.get(dataset).and_then(|dataset| dataset.prepared.get(copy));
    match known {
        Some(known) if known.tree_sha256 != cache.source_sha256() => Err(DatasetError::Checksum {
            what: format!("{}: the files of {copy}", cache.path().display()),
            expected: known.tree_sha256.clone(),
            found: cache.source_sha256().to_owned(),
            mend: None,
        }),
        Some(_) => Ok(format!("{copy}, by its tree hash")),
        None => Ok(format!("{copy}, which this version doesn't know")),
    }
}

fn state(deep: bool) -> &'static str {
    if deep { "intact, every byte" } else { "intact, by its header" }
}

fn row(context: &Context, (found, result): &Checked) -> serde_json::Value {
    let preparation = found.preparation();
    let (size, resize) = (preparation.size, preparation.resize.name());
    let path = found.path().display().to_string();
    match result {
        Ok((cache, _)) => json!({
            "dataset": found.dataset(), "size": size, "resize": resize, "path": path, "intact": true,
            "images": cache.ids().len(), "bytes": cache.bytes(), "digest": cache.digest(),
            "source": cache.source_copy(), "source_sha256": cache.source_sha256(),
        }),
        Err(error) => json!({
            "dataset": found.dataset(), "size": size, "resize": resize, "path": path, "intact": false,
            "error": error.to_string(),
            "hint": error.hint().map(|hint| with_data_folder(&hint, &context.data)),
        }),
    }
}
