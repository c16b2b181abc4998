//! `ege-bench store list`: every run of the results folder.

use serde_json::{Value, json};

use super::find;
use super::standing::Standing;
use crate::cli::args::JsonArguments;
use crate::cli::context::Context;
use crate::cli::exit_code::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::size;
use crate::cli::table::Table;
use crate::executor::Reason;
use crate::metric::Definition;
use crate::store::{RunFolder, StoreError, Weights};

pub(in crate::cli) fn run(context: &Context, arguments: &JsonArguments) -> Result<ExitCode, Failure> {
    let rows: Vec<Row> = context.results.runs()?.iter().map(Row::of).collect();
    if arguments.json {
        let runs: Vec<Value> = rows.iter().map(Row::json).collect();
        context.printer.json(&json!({ "results": context.results.path(), "runs": runs }));
        return Ok(ExitCode::Success);
    }
    if rows.is_empty() {
        context.printer.result(format_args!("{} holds no run", context.results.path().display()));
        return Ok(ExitCode::Success);
    }
    let titles = ["RUN", "EXPERIMENT", "VARIANT", "SEED", "STATE", "EPOCH", "POOLED IOU %", "SIZE", "ENDED"];
    let mut table = Table::new(titles);
    for row in &rows {
        table.row(row.cells());
    }
    context.printer.result(table);
    let bytes: u64 = rows.iter().map(|row| row.bytes).sum();
    let plural = if rows.len() == 1 { "run" } else { "runs" };
    context.printer.result(format_args!("\n{} {plural}, {}", rows.len(), size::human(bytes)));
    for row in &rows {
        if let Err(problem) = &row.standing {
            context.printer.warning(&format!("{}: {problem}", row.id));
        }
    }
    Ok(ExitCode::Success)
}

struct Row {
    id: String,
    bytes: u64,
    standing: Result<Standing, StoreError>,
}

impl Row {
    fn of(folder: &RunFolder) -> Self {
        let files = folder.files();
        let bytes = files.as_ref().map_or(0, |files| files.iter().map(|file| file.bytes).sum());
        // A folder that can't be listed can't be read, either.
        let standing = files.and_then(|_| Standing::read(folder));
        Self { id: find::id(folder), bytes, standing }
    }

    fn cells(&self) -> [String; 9] {
        let dash = || "-".to_owned();
        let size = size::human(self.bytes);
        let Ok(standing) = &self.standing else {
            let state = "unreadable".to_owned();
            return [self.id.clone(), dash(), dash(), dash(), state, dash(), dash(), size, dash()];
        };
        let record = &standing.record;
        let iou = standing.metric(Definition::PooledIou, Weights::Best);
        let ended = Some(&record.provenance.ended).filter(|ended| !ended.is_empty());
        [
            self.id.clone(),
            record.experiment.clone(),
            standing.variant(),
            record.seed.to_string(),
            standing.state(),
            standing.progress(),
            iou.map_or_else(dash, |iou| format!("{:.2}", 100.0 * iou)),
            size,
            ended.cloned().unwrap_or_else(dash),
        ]
    }

    fn json(&self) -> Value {
        match &self.standing {
            Err(problem) => json!({
                "id": self.id,
                "state": "unreadable",
                "problem": problem.to_string(),
                "hint": problem.hint(),
                "bytes": self.bytes,
            }),
            Ok(standing) => {
                let record = &standing.record;
                let ended = Some(&record.provenance.ended).filter(|ended| !ended.is_empty());
                let mut value = json!({
                    "id": self.id,
                    "experiment": record.experiment,
                    "variant": record.variant,
                    "seed": record.seed,
                    "state": standing.reason.state_word(),
                    "synthetic": record.synthetic,
                    "device": record.provenance.device,
                    "epochs_done": standing.epochs_done,
                    "epochs": standing.epochs,
                    "pooled_iou": standing.metric(Definition::PooledIou, Weights::Best),
                    "bytes": self.bytes,
                    "ended": ended,
                });
                if let Reason::Failed { kind, message, .. } = &standing.reason {
                    value["failure"] = json!({ "kind": kind, "message": message });
                }
                value
            }
        }
    }
}
