//! `ege-bench model show`: what a network costs.

use serde_json::json;

use crate::cli::args::ShowArguments;
use crate::cli::context::Context;
use crate::cli::exit_code::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::table::Table;
use crate::cost::Count;
use crate::dataset::DatasetError;
use crate::experiment::settings::is_size;
use crate::model;
use crate::model::Card;
use crate::number::grouped;

pub(in crate::cli) fn run(context: &Context, arguments: &ShowArguments) -> Result<ExitCode, Failure> {
    let (name, size) = (&arguments.model, arguments.size);
    let card = card(name, size)?;
    let count = Count::new(&card.settings, size);
    let (cost, layers) = (count.cost(), count.layers());
    if arguments.json {
        let encoders: Vec<_> = model::encoders(&card.settings)
            .iter()
            .map(|encoder| json!({"name": encoder.name, "file": encoder.file}))
            .collect();
        context.printer.json(&json!({
            "model": card.name,
            "size": size,
            "parameters": cost.parameters,
            "tensors": cost.tensors,
            "conv_macs": cost.conv_macs,
            "flops": cost.flops,
            "layers": layers,
            "settings": card.settings,
            "paper": card.paper,
            "code": card.code,
            "licence": card.licence,
            "encoders": encoders,
        }));
        return Ok(ExitCode::Success);
    }
    let printer = context.printer;
    let mut table = Table::new(["LAYER", "OPERATIONS", "OUTPUT", "PARAMETERS", "CONV MACS"]);
    for layer in layers {
        table.row([
            layer.path,
            layer.operations.join(", "),
            layer.output.iter().map(ToString::to_string).collect::<Vec<_>>().join("x"),
            grouped(layer.parameters),
            grouped(layer.conv_macs),
        ]);
    }
    printer.result(table);
    printer.result(format_args!("{}: {}", card.name, card.paper));
    printer.result(format_args!("code:        {} ({})", card.code, card.licence));
    printer.result(format_args!("parameters:  {} in {} tensors", grouped(cost.parameters), cost.tensors));
    printer.result(format_args!(
        "conv MACs:   {} at {size}x{size}, batch 1 (what the paper calls FLOPs)",
        grouped(cost.conv_macs)
    ));
    printer.result(format_args!("FLOPs:       {}, a multiply-accumulate as two", grouped(cost.flops)));
    for encoder in model::encoders(&card.settings) {
        let (name, file) = (encoder.name, encoder.file);
        printer.result(format_args!("encoder:     from scratch, or {name} by `encoder-weights` ({file})"));
    }
    Ok(ExitCode::Success)
}

/// The network of that name, if it takes images of that size.
pub(in crate::cli) fn card(name: &str, size: usize) -> Result<Card, Failure> {
    if !is_size(size) {
        return Err(DatasetError::Size { size }.into());
    }
    model::cards().into_iter().find(|card| card.name == name).ok_or_else(|| {
        let known = model::names().join(", ");
        Failure::usage(format!("unknown model `{name}`; known are {known}"), None)
    })
}
