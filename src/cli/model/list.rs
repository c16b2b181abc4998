//! `ege-bench model list`: the networks that there are.

use serde_json::json;

use crate::cli::args::JsonArguments;
use crate::cli::context::Context;
use crate::cli::exit_code::ExitCode;
use crate::cli::table::Table;
use crate::model;

pub(in crate::cli) fn run(context: &Context, arguments: &JsonArguments) -> ExitCode {
    let cards = model::cards();
    if arguments.json {
        let models: Vec<_> = cards
            .iter()
            .map(|card| json!({"model": card.name, "paper": card.paper, "code": card.code, "licence": card.licence}))
            .collect();
        context.printer.json(&json!({ "models": models }));
        return ExitCode::Success;
    }
    let mut table = Table::new(["MODEL", "PAPER", "CODE", "LICENCE"]);
    for card in cards {
        table.row([card.name, card.paper, card.code, card.licence].map(str::to_owned));
    }
    context.printer.result(table);
    ExitCode::Success
}
