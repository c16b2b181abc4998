//! `ege-bench model cost`: what networks cost beside one another.

use serde_json::json;

use super::show::card;
use crate::cli::args::CostArguments;
use crate::cli::context::Context;
use crate::cli::exit_code::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::table::Table;
use crate::cost::{Convention, Count};
use crate::model;
use crate::number::grouped;

pub(in crate::cli) fn run(context: &Context, arguments: &CostArguments) -> Result<ExitCode, Failure> {
    let size = arguments.size;
    let names: Vec<&str> = if arguments.models.is_empty() {
        model::names()
    } else {
        arguments.models.iter().map(String::as_str).collect()
    };
    let cards = names.into_iter().map(|name| card(name, size)).collect::<Result<Vec<_>, _>>()?;
    let counts: Vec<_> = cards.iter().map(|card| (card, Count::new(&card.settings, size))).collect();
    if arguments.json {
        let models: Vec<_> = counts
            .iter()
            .map(|(card, count)| {
                let mut entry = json!(count.cost());
                entry["model"] = json!(card.name);
                entry["size"] = json!(size);
                let conventions = Convention::ALL.map(|one| (one.name().to_owned(), json!(count.by(one))));
                entry["conventions"] = json!(serde_json::Map::from_iter(conventions));
                entry
            })
            .collect();
        context.printer.json(&json!(models));
        return Ok(ExitCode::Success);
    }
    let printer = context.printer;
    if let Some(convention) = arguments.convention {
        let mut table = Table::new(["MODEL", "PARAMETERS", "OPERATIONS"]);
        for (card, count) in counts {
            let counted = count.by(convention);
            table.row([card.name.to_owned(), grouped(counted.parameters), grouped(counted.operations)]);
        }
        printer.result(format_args!("by the convention `{}`, at {size}x{size}, batch 1", convention.name()));
        printer.result(table);
        return Ok(ExitCode::Success);
    }
    let mut table =
        Table::new(["MODEL", "PARAMETERS", "CONV MACS", "FLOPS", "ACTIVATIONS", "WEIGHTS F32", "F16"]);
    for (card, count) in counts {
        let cost = count.cost();
        table.row([
            card.name.to_owned(),
            grouped(cost.parameters),
            grouped(cost.conv_macs),
            grouped(cost.flops),
            kilobytes(cost.activation_bytes),
            kilobytes(cost.weight_bytes_f32),
            kilobytes(cost.weight_bytes_f16),
        ]);
    }
    printer.result(table);
    Ok(ExitCode::Success)
}

/// Bytes as whole thousands of bytes.
fn kilobytes(bytes: u64) -> String {
    format!("{} kB", grouped(bytes.div_ceil(1000)))
}
