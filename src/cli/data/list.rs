//! `ege-bench data list`: the data sets and splits that there are.

use serde_json::json;

use crate::cli::args::JsonArguments;
use crate::cli::context::Context;
use crate::cli::exit_code::ExitCode;
use crate::cli::table::Table;
use crate::dataset::lock;

pub(in crate::cli) fn run(context: &Context, arguments: &JsonArguments) -> ExitCode {
    let known = &lock::builtin().dataset;
    if arguments.json {
        let datasets: Vec<_> = known
            .iter()
            .map(|(name, dataset)| {
                let splits: Vec<_> = dataset
                    .split
                    .iter()
                    .map(|(split, entry)| {
                        json!({"name": split, "train": entry.images[0], "select": entry.images[1],
                               "report": entry.images[2], "origin": entry.origin, "sha256": entry.sha256})
                    })
                    .collect();
                json!({"name": name, "title": dataset.title, "licence": dataset.license,
                       "page": dataset.page, "splits": splits})
            })
            .collect();
        context.printer.json(&json!({ "datasets": datasets }));
        return ExitCode::Success;
    }
    let mut table = Table::new(["DATA SET", "SPLIT", "TRAIN", "SELECT", "REPORT", "LICENCE", "TITLE"]);
    for (name, dataset) in known {
        for (split, entry) in &dataset.split {
            let [train, select, report] = entry.images.map(|count| count.to_string());
            let (licence, title) = (dataset.license.clone(), dataset.title.clone());
            table.row([name.clone(), split.clone(), train, select, report, licence, title]);
        }
    }
    context.printer.result(table);
    context.printer.result("\nsynthetic-lesions is built in: generated images of any number and size");
    ExitCode::Success
}
