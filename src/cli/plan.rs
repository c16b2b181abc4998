//! `ege-bench plan`: which runs there are, and why each is due or isn't.

use serde_json::json;

use super::args::PlanArguments;
use super::context::{Context, claims, default_threads};
use super::exit_code::ExitCode;
use super::failure::Failure;
use super::table::Table;
use crate::executor::{PlanItem, Reason};

pub(super) fn run(context: &Context, arguments: &PlanArguments) -> Result<ExitCode, Failure> {
    let experiment = context.experiment(&arguments.experiment)?;
    claims(&experiment)?;
    let items = context.plan(&experiment, &*context.trainer(default_threads())?)?;
    if arguments.json {
        context.printer.json(&json!({
            "experiment": experiment.name,
            "due": items.iter().filter(|item| item.reason.is_due()).count(),
            "runs": items.iter().map(run_json).collect::<Vec<_>>(),
        }));
        return Ok(ExitCode::Success);
    }
    let mut table = Table::new(["RUN", "VARIANT", "SEED", "REASON"]);
    for item in &items {
        table.row([
            item.id.clone(),
            item.run.variant.clone(),
            item.run.seed.to_string(),
            item.reason.to_string(),
        ]);
    }
    context.printer.result(table);
    context.printer.result(format_args!("\n{}", summary(&items)));
    Ok(ExitCode::Success)
}

fn run_json(item: &PlanItem) -> serde_json::Value {
    let mut value = json!({
        "id": item.id,
        "variant": item.run.variant,
        "seed": item.run.seed,
        "epochs": item.run.settings.train.epochs,
        "synthetic": item.run.settings.data.source.is_synthetic(),
        "due": item.reason.is_due(),
        "reason": item.reason.word(),
        "detail": item.reason.to_string(),
    });
    match &item.reason {
        Reason::Interrupted { epochs_done } => value["epochs_done"] = json!(epochs_done),
        Reason::New { changed: Some(changed) } => value["changed"] = json!(changed.parts),
        _ => {}
    }
    value
}

/// `5 runs: 3 due (2 new, 1 interrupted), 2 done`.
pub(super) fn summary(items: &[PlanItem]) -> String {
    let words: Vec<&str> = items.iter().map(|item| item.reason.word()).collect();
    summary_of_words(&words)
}

fn summary_of_words(words: &[&str]) -> String {
    let count = |wanted: &str| words.iter().filter(|word| **word == wanted).count();
    let listed = |wanted: &[&str]| {
        let told: Vec<String> = wanted
            .iter()
            .filter(|word| count(word) > 0)
            .map(|word| format!("{} {word}", count(word)))
            .collect();
        told.join(", ")
    };
    let due_words = ["new", "interrupted"];
    let due: usize = due_words.iter().map(|word| count(word)).sum();
    let plural = if words.len() == 1 { "run" } else { "runs" };
    let which = if due > 0 { format!(" ({})", listed(&due_words)) } else { String::new() };
    let rest = listed(&["failed", "busy", "done"]);
    let rest = if rest.is_empty() { rest } else { format!(", {rest}") };
    format!("{} {plural}: {due} due{which}{rest}", words.len())
}

#[cfg(test)]
mod tests {
    use super::summary_of_words;

    #[test]
    fn a_plan_is_summed_up_in_words() {
        for (words, expect) in [
            (&["new"][..], "1 run: 1 due (1 new)"),
            (&["done", "done"], "2 runs: 0 due, 2 done"),
            (
                &["new", "failed", "new", "interrupted", "done", "busy"],
                "6 runs: 3 due (2 new, 1 interrupted), 1 failed, 1 busy, 1 done",
            ),
        ] {
            assert_eq!(summary_of_words(words), expect);
        }
    }
}
