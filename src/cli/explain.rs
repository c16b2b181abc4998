//! `ege-bench explain`: why a run would be made again, or why not.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::args::ExperimentArguments;
use super::context::{Context, default_threads};
use super::exit_code::ExitCode;
use super::failure::Failure;
use super::store::args::ExplainArguments;
use super::store::find;
use super::store::standing::Standing;
use super::table::Table;
use crate::executor::{Difference, Identity, Part, PlanItem, Reason, differences, identity};
use crate::experiment::fingerprint;

/// Characters of a digest that are shown: enough to tell two apart.
const SHOWN: usize = 12;

pub(super) fn run(context: &Context, arguments: &ExplainArguments) -> Result<ExitCode, Failure> {
    let folder = find::find(&context.results, &arguments.run)?;
    let standing = Standing::read(&folder)?;
    let record = &standing.record;
    let trainer = context.trainer(default_threads())?;
    let asked = match &arguments.experiment {
        None => None,
        Some(file) => {
            let set = arguments.set.clone();
            let experiment = context.experiment(&ExperimentArguments { experiment: file.clone(), set })?;
            Some(Asked::of(&context.plan(&experiment, &*trainer)?, &standing))
        }
    };
    let settings = fingerprint::settings(&record.meaning).map_err(|error| {
        let message =
            format!("{}: the settings can't be read: {error}", folder.path().join("run.json").display());
        Failure::store(message, Some("the version of ege-bench that made it can".to_owned()))
    })?;
    let files = asked.as_ref().and_then(|asked| asked.encoder_files.as_deref());
    let identity = identity(record, &settings, files, &*trainer, &context.data);
    let verdict = verdict(&standing, &identity);
    if arguments.json {
        context.printer.json(&json!({
            "id": record.id,
            "state": standing.reason.state_word(),
            "detail": standing.reason.to_string(),
            "due": standing.reason.is_due(),
            "id_now": identity.id_now,
            "verdict": verdict,
            "parts": identity.parts.iter().map(part_json).collect::<Vec<_>>(),
            "experiment": asked.as_ref().map(Asked::json),
        }));
        return Ok(ExitCode::Success);
    }
    let printer = context.printer;
    printer.result(format_args!("{}: {}", record.id, standing.reason));
    printer.result(format_args!(
        "made for the experiment {} as {}, seed {}",
        record.experiment,
        standing.variant(),
        record.seed
    ));
    let mut table = Table::new(["MADE WITH", "THEN", "NOW", "PART OF THE ID"]);
    for part in &identity.parts {
        table.row(cells(part));
    }
    printer.result(format_args!("\n{table}\n"));
    for line in verdict {
        printer.result(line);
    }
    if let Some(asked) = &asked {
        printer.result(format_args!("\n{}", asked.told(&record.id)));
    }
    Ok(ExitCode::Success)
}

/// Why it would run again or not, in sentences.
fn verdict(standing: &Standing, identity: &Identity) -> Vec<String> {
    let id = &standing.record.id;
    let mut lines = Vec::new();
    lines.push(match &standing.reason {
        Reason::Done => "it is done: an experiment that asks for it skips it".to_owned(),
        Reason::Busy => "a process works on it: no other one does meanwhile".to_owned(),
        Reason::Failed { .. } => {
            "it failed: an experiment that asks for it tries again from its last checkpoint".to_owned()
        }
        Reason::Interrupted { epochs_done } => {
            format!("it is not done: an experiment that asks for it goes on after epoch {epochs_done}")
        }
        Reason::New { .. } => "nothing of it was done: an experiment that asks for it begins it".to_owned(),
    });
    if identity.id_then != *id {
        let then = &identity.id_then;
        lines.push(format!("its settings, seed and digests give the id {then}, so its run.json was changed"));
    }
    let named = |in_id: bool| {
        let differing = identity.parts.iter().filter(|part| part.in_id == in_id && part.differs());
        differing.map(|part| part.name).collect::<Vec<_>>().join(", ")
    };
    match &identity.id_now {
        Some(now) if now == id => lines.push("the same settings and seed are this run now, too".to_owned()),
        Some(now) => {
            let parts = named(true);
            // Where no part differs, the settings are written in another way by this version.
            let cause = if parts.is_empty() { "this version's settings".to_owned() } else { parts };
            lines.push(format!("the same settings and seed are another run now, {now}: of another {cause}"));
        }
        None => {
            let unknown = identity.parts.iter().filter_map(|part| {
                part.now.as_ref().err().map(|problem| format!("{}: {problem}", part.name))
            });
            lines.push("whether the same settings and seed are this run now isn't known:".to_owned());
            lines.extend(unknown.map(|problem| format!("  {problem}")));
        }
    }
    let others = named(false);
    if !others.is_empty() {
        lines.push(format!("not part of the id, and no reason to run it again: another {others}"));
    }
    lines
}

fn cells(part: &Part) -> [String; 4] {
    let now = match &part.now {
        Ok(now) if *now == part.then => "the same".to_owned(),
        Ok(now) => short(now),
        Err(_) => "unknown".to_owned(),
    };
    let in_id = if part.in_id { "yes" } else { "no" };
    [part.name.to_owned(), short(&part.then), now, in_id.to_owned()]
}

/// Digests by their first digits; everything else as it is.
fn short(text: &str) -> String {
    let digits = text.chars().take_while(char::is_ascii_hexdigit).count();
    match text.get(..SHOWN) {
        Some(start) if matches!(digits, 40 | 64) => format!("{start}{}", &text[digits..]),
        _ if text.is_empty() => "-".to_owned(),
        _ => text.to_owned(),
    }
}

fn part_json(part: &Part) -> Value {
    json!({
        "name": part.name,
        "then": part.then,
        "now": part.now.as_ref().ok(),
        "problem": part.now.as_ref().err(),
        "differs": part.differs(),
        "in_id": part.in_id,
    })
}

/// What an experiment asks for, beside the run.
struct Asked {
    /// The variant as which it asks for this run.
    variant: Option<String>,
    /// The run of the same variant and seed, or the one most like it, that it asks for instead.
    instead: Option<Instead>,
    /// The files from which the run's encoder would start there.
    encoder_files: Option<Vec<PathBuf>>,
}

struct Instead {
    id: String,
    variant: String,
    seed: u64,
    reason: String,
    differences: Vec<Difference>,
}

impl Asked {
    fn of(items: &[PlanItem], standing: &Standing) -> Self {
        let record = &standing.record;
        if let Some(item) = items.iter().find(|item| item.id == record.id) {
            let encoder_files = Some(item.run.encoder_weights.clone());
            return Self { variant: Some(item.run.variant.clone()), instead: None, encoder_files };
        }
        let named = |item: &&PlanItem| item.run.variant == record.variant && item.run.seed == record.seed;
        let distance = |item: &&PlanItem| differences(&record.meaning, &item.meaning).len();
        let nearest = items.iter().find(named).or_else(|| items.iter().min_by_key(distance));
        let instead = nearest.map(|item| Instead {
            id: item.id.clone(),
            variant: item.run.variant.clone(),
            seed: item.run.seed,
            reason: item.reason.to_string(),
            differences: differences(&record.meaning, &item.meaning),
        });
        let encoder_files = nearest.map(|item| item.run.encoder_weights.clone());
        Self { variant: None, instead, encoder_files }
    }

    fn told(&self, id: &str) -> String {
        if let Some(variant) = &self.variant {
            return format!("the experiment asks for it, as {variant}");
        }
        let text = "the experiment doesn't ask for it";
        let Some(Instead { id: other, variant, seed, reason, differences }) = &self.instead else {
            return text.to_owned();
        };
        let mut table = Table::new(["DIFFERENCE", "HERE", "IN THE EXPERIMENT"]);
        for Difference { path, before, after } in differences {
            table.row([path.clone(), plain(before), plain(after)]);
        }
        format!("{text}; it asks for {other} ({variant}, seed {seed}; {reason})\n\n{id} -> {other}\n{table}")
    }

    fn json(&self) -> Value {
        json!({
            "asks": self.variant.is_some(),
            "variant": self.variant,
            "instead": self.instead.as_ref().map(|instead| json!({
                "id": instead.id,
                "variant": instead.variant,
                "seed": instead.seed,
                "detail": instead.reason,
                "differences": instead.differences.iter().map(difference_json).collect::<Vec<_>>(),
            })),
        })
    }
}

fn difference_json(Difference { path, before, after }: &Difference) -> Value {
    json!({ "path": path, "before": before, "after": after })
}

/// A value as a table shows it: `-` where there is none.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => short(text),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn digests_are_cut_and_nothing_else() {
        for (text, expect) in [
            ("", "-"),
            ("cpu", "cpu"),
            ("größe größe", "größe größe"),
            (&"ab".repeat(32), "abababababab"),
            (&format!("{}, changed", "0".repeat(40)), "000000000000, changed"),
            ("20261124", "20261124"),
        ] {
            assert_eq!(short(text), expect);
        }
    }
}
