//! `ege-bench store show`: everything that is known about a run.

use serde_json::{Map, Value, json};

use super::args::ShowArguments;
use super::find;
use super::standing::Standing;
use crate::cli::context::Context;
use crate::cli::duration::human;
use crate::cli::exit_code::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::size;
use crate::cli::table::Table;
use crate::metric::Definition;
use crate::store::{EpochEvent, RunFile, RunState, Weights};

/// Epochs that are shown: all of a short training, the last of a long one.
const SHOWN_EPOCHS: usize = 10;

pub(in crate::cli) fn run(context: &Context, arguments: &ShowArguments) -> Result<ExitCode, Failure> {
    let folder = find::find(&context.results, &arguments.run)?;
    let standing = Standing::read(&folder)?;
    let (events, files) = (folder.events()?, folder.files()?);
    if arguments.json {
        let mut value = json!({ "folder": folder.path(), "state": standing.reason.state_word() });
        value["detail"] = json!(standing.reason.to_string());
        value["epochs_done"] = json!(standing.epochs_done);
        value["record"] = json!(standing.record);
        value["events"] = json!(events);
        value["files"] = files.iter().map(|file| json!({ "path": file.path, "bytes": file.bytes })).collect();
        value["metrics"] = json!({
            "best": metrics(&standing, Weights::Best),
            "last": metrics(&standing, Weights::Last),
        });
        context.printer.json(&value);
        return Ok(ExitCode::Success);
    }
    let printer = context.printer;
    printer.result(head(&standing, folder.path()));
    printer.result(format_args!("\nSettings\n{}", leaves(&standing.record.meaning)));
    let provenance = serde_json::to_value(&standing.record.provenance).unwrap_or_default();
    printer.result(format_args!("\nMade with\n{}", leaves(&provenance)));
    if !standing.counts.is_empty() {
        printer.result(format_args!("\n{}", metrics_table(&standing)));
    }
    if !events.is_empty() {
        printer.result(format_args!("\n{}", epochs_table(&events)));
        if events.len() > SHOWN_EPOCHS {
            printer
                .result(format_args!("the last {SHOWN_EPOCHS} of {} epochs; --json has all", events.len()));
        }
    }
    printer.result(format_args!("\n{}", files_table(&files)));
    Ok(ExitCode::Success)
}

fn head(standing: &Standing, folder: &std::path::Path) -> Table {
    let record = &standing.record;
    let mut table = Table::new(["RUN", &record.id]);
    let mut row = |name: &str, value: String| table.row([name.to_owned(), value]);
    row("folder", folder.display().to_string());
    row("experiment", record.experiment.clone());
    row("variant", standing.variant());
    row("seed", record.seed.to_string());
    row("state", standing.reason.to_string());
    row("epochs", standing.progress());
    if let RunState::Done { best_epoch, seconds } = record.state {
        row("best epoch", best_epoch.to_string());
        row("time", human(seconds));
    }
    row("parameters", record.cost.parameters.to_string());
    row("conv MACs", record.cost.conv_macs.to_string());
    if let Some(origin) = &record.origin {
        let copy = origin.copy.as_deref().unwrap_or("an unknown copy");
        row("images", format!("{copy}, {} pairs", origin.pairs));
    }
    if let Some(path) = record.folder.as_ref().and_then(|folder| folder["path"].as_str()) {
        row("images from", path.to_owned());
    }
    for file in &record.encoder_weights {
        row("encoder", format!("{} from {}, SHA-256 {}", file.encoder, file.file, file.sha256));
    }
    table
}

/// A line for each innermost value.
fn leaves(value: &Value) -> String {
    let lines = spread("", value).into_iter().map(|(path, value)| format!("  {path} = {value}"));
    lines.collect::<Vec<_>>().join("\n")
}

fn spread(path: &str, value: &Value) -> Vec<(String, String)> {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match value {
        Value::Object(map) if !map.is_empty() => {
            map.iter().flat_map(|(key, value)| spread(&below(key), value)).collect()
        }
        value => vec![(path.to_owned(), value.to_string())],
    }
}

fn metrics(standing: &Standing, weights: Weights) -> Map<String, Value> {
    let value = |definition: Definition| standing.metric(definition, weights);
    Definition::ALL.into_iter().map(|one| (one.name().to_owned(), json!(value(one)))).collect()
}

fn metrics_table(standing: &Standing) -> Table {
    let mut table = Table::new(["METRIC", "UNIT", "BEST", "LAST", "FORMULA"]);
    for definition in Definition::ALL {
        let cell = |weights| {
            let value = standing.metric(definition, weights);
            value.map_or_else(|| "undefined".to_owned(), |value| format!("{:.4}", definition.in_unit(value)))
        };
        table.row([
            definition.title().to_owned(),
            definition.unit().to_owned(),
            cell(Weights::Best),
            cell(Weights::Last),
            definition.formula().to_owned(),
        ]);
    }
    table
}

fn epochs_table(events: &[EpochEvent]) -> Table {
    let mut table =
        Table::new(["EPOCH", "LEARNING RATE", "LOSS", "SELECTION LOSS", "SELECTION IOU %", "TIME"]);
    for event in &events[events.len().saturating_sub(SHOWN_EPOCHS)..] {
        table.row([
            event.epoch.to_string(),
            format!("{:.3e}", event.learning_rate),
            format!("{:.6}", event.train_loss),
            format!("{:.6}", event.selection_loss),
            format!("{:.2}", 100.0 * event.selection_iou),
            human(event.seconds),
        ]);
    }
    table
}

fn files_table(files: &[RunFile]) -> Table {
    let mut table = Table::new(["FILE", "BYTES"]);
    for file in files {
        table.row([file.path.clone(), file.bytes.to_string()]);
    }
    let bytes = files.iter().map(|file| file.bytes).sum();
    table.row(["all".to_owned(), format!("{bytes} ({})", size::human(bytes))]);
    table
}
