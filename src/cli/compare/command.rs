//! Two runs side by side: settings, provenance, metrics, images.

use serde_json::{Value, json};

use super::pairs::{Pair, Pairs};
use super::side::{Bits, Side};
use super::significance::Significance;
use crate::cli::context::Context;
use crate::cli::duration::human;
use crate::cli::exit_code::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::store::args::CompareArguments;
use crate::cli::table::Table;
use crate::executor::{Difference, differences};
use crate::metric::Definition;

/// Images with the largest differences that are shown.
const SHOWN_IMAGES: usize = 10;

/// Parts of a provenance that differ between any two runs and say nothing about them.
const TIMES: [&str; 2] = ["started", "ended"];

pub(in crate::cli) fn run(context: &Context, arguments: &CompareArguments) -> Result<ExitCode, Failure> {
    let a = Side::read(&context.results, &arguments.a)?;
    let b = Side::read(&context.results, &arguments.b)?;
    let pairs = Pairs::of(&a.images(), &b.images());
    refuse_others(&pairs, arguments.common)?;
    let significance = Significance::of(&pairs);
    let comparison = Comparison { bits: Bits::of(&a, &b), a, b, pairs, significance };
    if arguments.json {
        context.printer.json(&comparison.json());
    } else {
        comparison.print(context, arguments);
    }
    let differing = comparison.bits.differing();
    if arguments.check && !differing.is_empty() {
        context.printer.error(&format!("not equal bit by bit: {}", differing.join(", ")), None);
        return Ok(ExitCode::CheckFailed);
    }
    Ok(ExitCode::Success)
}

/// Numbers over different images are no comparison, unless it is said that only the common ones count.
fn refuse_others(pairs: &Pairs, common: bool) -> Result<(), Failure> {
    let (shared, [only_a, only_b]) = (pairs.common.len(), pairs.alone);
    if shared == 0 {
        return Err(Failure::usage("the runs report on no image in common", None));
    }
    if common || (only_a, only_b) == (0, 0) {
        return Ok(());
    }
    let message = format!(
        "the runs report on different images: {shared} are common, {only_a} are only in A and {only_b} only in B"
    );
    Err(Failure::usage(message, Some(format!("compare the {shared} common ones with `--common`"))))
}

struct Comparison {
    a: Side,
    b: Side,
    pairs: Pairs,
    significance: Significance,
    bits: Bits,
}

impl Comparison {
    fn settings(&self) -> Vec<Difference> {
        differences(&self.a.standing.record.meaning, &self.b.standing.record.meaning)
    }

    fn provenance(&self) -> Vec<Difference> {
        let value = |side: &Side| serde_json::to_value(&side.standing.record.provenance).unwrap_or_default();
        let all = differences(&value(&self.a), &value(&self.b));
        all.into_iter().filter(|part| !TIMES.contains(&part.path.as_str())).collect()
    }

    /// Each metric over the common images, in both runs: shares in 0..1, distances in pixels.
    fn metrics(&self) -> Vec<(Definition, [Option<f64>; 2])> {
        let scores = [self.pairs.scores(0), self.pairs.scores(1)];
        let values = |definition: Definition| {
            let [a, b] = &scores;
            (definition, [definition.value(a), definition.value(b)])
        };
        Definition::ALL.into_iter().map(values).collect()
    }

    fn print(&self, context: &Context, arguments: &CompareArguments) {
        let printer = context.printer;
        let mut table = Table::new(["", "A", "B"]);
        let mut row = |name: &str, of: &dyn Fn(&Side) -> String| {
            table.row([name.to_owned(), of(&self.a), of(&self.b)]);
        };
        row("run", &|side| side.id().to_owned());
        row("experiment", &|side| side.standing.record.experiment.clone());
        row("variant", &|side| side.standing.variant());
        row("seed", &|side| side.standing.record.seed.to_string());
        row("best epoch", &|side| format!("{} of {}", side.best_epoch, side.standing.epochs_done));
        row("time", &|side| human(side.seconds));
        row("parameters", &|side| side.standing.record.cost.parameters.to_string());
        printer.result(table);
        printer
            .result(format_args!("\n{}", listed("SETTING", &self.settings(), "the settings are the same")));
        printer.result(format_args!(
            "\n{}",
            listed("MADE WITH", &self.provenance(), "made by the same build on the same machine")
        ));
        let images = self.pairs.common.len();
        let which = if arguments.common { " that both report on" } else { "" };
        printer.result(format_args!("\n{images} images{which}, best weights\n{}", self.metrics_table()));
        let [better, equal, worse] = self.pairs.wins();
        printer.result(format_args!(
            "\nIoU: A is better on {better} images, equal on {equal}, worse on {worse}"
        ));
        printer.result(format_args!("\n{}", self.significance.table()));
        printer.note(
            "intervals draw the images anew; p exchanges the runs image by image. One run a side: this tells these two trainings \
             apart, not their settings; `ege-bench report` compares variants over seeds",
        );
        let largest = self.pairs.largest(SHOWN_IMAGES);
        if !largest.is_empty() {
            printer.result(format_args!("\n{}", images_table(&largest)));
        }
        let differing = self.bits.differing();
        let told = if differing.is_empty() {
            "weights and counts are equal bit by bit".to_owned()
        } else {
            format!("not equal bit by bit: {}", differing.join(", "))
        };
        printer.result(format_args!("\n{told}"));
        let digest = |side: &Side| side.standing.record.meaning["data-digest"].clone();
        if digest(&self.a) != digest(&self.b) {
            printer.warning(
                "the runs saw different pixels (data-digest): images of one id may differ in size or content",
            );
        }
    }

    fn metrics_table(&self) -> Table {
        let mut table = Table::new(["METRIC", "UNIT", "A", "B", "B - A"]);
        for (definition, [a, b]) in self.metrics() {
            let cell = |value: Option<f64>| {
                value.map_or_else(
                    || "undefined".to_owned(),
                    |value| format!("{:.4}", definition.in_unit(value)),
                )
            };
            let difference = a.zip(b).map(|(a, b)| format!("{:+.4}", definition.in_unit(b - a)));
            let difference = difference.unwrap_or_else(|| "-".to_owned());
            let unit = definition.unit().to_owned();
            table.row([definition.title().to_owned(), unit, cell(a), cell(b), difference]);
        }
        table
    }

    fn json(&self) -> Value {
        let side = |side: &Side| {
            json!({
                "id": side.id(),
                "experiment": side.standing.record.experiment,
                "variant": side.standing.record.variant,
                "seed": side.standing.record.seed,
                "synthetic": side.standing.record.synthetic,
                "device": side.standing.record.provenance.device,
                "best_epoch": side.best_epoch,
                "seconds": side.seconds,
                "parameters": side.standing.record.cost.parameters,
            })
        };
        let parts = |parts: Vec<Difference>| -> Vec<Value> {
            parts.iter().map(|part| json!({ "path": part.path, "a": part.before, "b": part.after })).collect()
        };
        let metrics: serde_json::Map<String, Value> = self
            .metrics()
            .into_iter()
            .map(|(definition, [a, b])| {
                let difference = a.zip(b).map(|(a, b)| b - a);
                (definition.name().to_owned(), json!({ "a": a, "b": b, "difference": difference }))
            })
            .collect();
        let [better, equal, worse] = self.pairs.wins();
        let images: Vec<Value> = self
            .pairs
            .common
            .iter()
            .map(|pair| {
                json!({ "image": pair.image, "a": pair.iou[0], "b": pair.iou[1], "difference": pair.gain() })
            })
            .collect();
        json!({
            "a": side(&self.a),
            "b": side(&self.b),
            "settings": parts(self.settings()),
            "provenance": parts(self.provenance()),
            "metrics": metrics,
            "tests": self.significance.json(),
            "images": {
                "common": self.pairs.common.len(),
                "only_a": self.pairs.alone[0],
                "only_b": self.pairs.alone[1],
                "a_better": better,
                "equal": equal,
                "a_worse": worse,
                "iou": images,
            },
            "bits": {
                "weights": self.bits.weights,
                "counts_best": self.bits.best_counts,
                "counts_last": self.bits.last_counts,
            },
        })
    }
}

fn listed(title: &str, parts: &[Difference], none: &str) -> String {
    if parts.is_empty() {
        return none.to_owned();
    }
    let mut table = Table::new([title, "A", "B"]);
    for Difference { path, before, after } in parts {
        table.row([path.clone(), plain(before), plain(after)]);
    }
    table.to_string()
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) if text.is_empty() => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn images_table(pairs: &[&Pair]) -> Table {
    let mut table = Table::new(["IMAGE", "A IOU %", "B IOU %", "B - A"]);
    for pair in pairs {
        let [a, b] = pair.iou.map(|iou| format!("{:.2}", 100.0 * iou));
        table.row([pair.image.clone(), a, b, format!("{:+.2}", 100.0 * pair.gain())]);
    }
    table
}
