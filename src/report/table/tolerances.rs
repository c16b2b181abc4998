//! The registered tolerances, and what became of them.

use polars::prelude::Column;

use super::shown::{Show, Shown, Table};
use crate::analysis::POWER;
use crate::claim::{Claims, Tolerance};
use crate::report::error::ReportError;
use crate::report::input::ReportInput;
use crate::report::judged::Judged;
use crate::report::uncertain::{MANY, seeds_needed};
use crate::store::{RegisteredTolerance, Registration};

/// A tolerance that counts, with its history.
struct Row<'a> {
    claims: &'a Claims,
    tolerance: &'a Tolerance,
    seen: String,
    history: String,
    /// Chance of "reproduced" for a network that is the claimed one, where a cell was attempted by at least two seeds.
    power: Option<f64>,
    /// Of what that chance is, and how many seeds would be enough.
    design: String,
}

/// The tolerances of every claims file; `judged` are the claimed cells.
pub(super) fn table(input: &ReportInput, judged: &[Judged<'_>]) -> Result<Table, ReportError> {
    let rows: Vec<Row<'_>> = input
        .claims
        .iter()
        .flat_map(|claims| claims.tolerances.current().map(move |tolerance| (claims, tolerance)))
        .map(|(claims, tolerance)| {
            let (power, design) = power(judged, claims, tolerance).unwrap_or_default();
            Row {
                claims,
                tolerance,
                seen: seen(input, claims, tolerance),
                history: history(input, claims, tolerance),
                power,
                design,
            }
        })
        .collect();
    let text = |value: &dyn Fn(&Row<'_>) -> String| rows.iter().map(value).collect::<Vec<_>>();
    let columns = vec![
        Column::new("paper".into(), text(&|row| row.claims.paper.key.clone())),
        Column::new("quantity".into(), text(&|row| row.tolerance.quantity.name().to_owned())),
        Column::new("tolerance".into(), rows.iter().map(|row| row.tolerance.value).collect::<Vec<_>>()),
        Column::new("unit".into(), text(&|row| row.tolerance.quantity.difference_unit().to_owned())),
        Column::new("registered".into(), text(&|row| row.tolerance.registered.clone())),
        Column::new("seen".into(), text(&|row| row.seen.clone())),
        Column::new("history".into(), text(&|row| row.history.clone())),
        Column::new("power".into(), rows.iter().map(|row| row.power).collect::<Vec<_>>()),
        Column::new("design".into(), text(&|row| row.design.clone())),
        Column::new("reason".into(), text(&|row| row.tolerance.reason.clone())),
    ];
    let shown = vec![
        Shown::new("Definition", "quantity", Show::Code),
        Shown::new("Tolerance \u{b1}", "tolerance", Show::Decimal(2)),
        Shown::new("Unit", "unit", Show::Text),
        Shown::new("Registered", "registered", Show::Text),
        Shown::new("First seen here", "seen", Show::Text),
        Shown::new("Changes", "history", Show::Text),
        Shown::new("Chance to confirm (%)", "power", Show::Percent),
        Shown::new("With", "design", Show::Text),
        Shown::new("Reason", "reason", Show::Text),
    ];
    let mut table = Table::new("tolerances", "Registered tolerances", rows.len(), columns, shown)?;
    table.notes = vec![
        "\u{201c}Registered\u{201d} is the day that the claims file names; \u{201c}first seen here\u{201d} is when this results folder met the tolerance, which \
         no later edit of the file can move. A tolerance that was met after the first run had ended is marked."
            .to_owned(),
        format!(
            "\u{201c}Chance to confirm\u{201d}: how probable \u{201c}reproduced\u{201d} is for a network that is the claimed one in truth, with the \
             spread of ours over so many trainings, of the first cell that was attempted; the seeds that would make it {:.0} % beside it. \
             Where it is small, a missing \u{201c}reproduced\u{201d} says little.",
            100.0 * POWER
        ),
    ];
    Ok(table)
}

/// The chance of a confirmation at the seeds and spread of the first attempted cell of that quantity.
fn power(judged: &[Judged<'_>], claims: &Claims, tolerance: &Tolerance) -> Option<(Option<f64>, String)> {
    let attempted = judged.iter().find(|judged| {
        std::ptr::eq(judged.claims, claims)
            && judged.cell.quantity == tolerance.quantity
            && judged.seeds.is_some_and(|seeds| seeds > 1)
    })?;
    let (seeds, std) = (attempted.seeds?, attempted.std?);
    let needed = match seeds_needed(|seeds| attempted.power(seeds).unwrap_or_default()) {
        Some(needed) => format!("{needed} seeds"),
        None => format!("more than {MANY} seeds"),
    };
    let design = format!(
        "{seeds} seeds of {}, spread {std:.2}; {needed} for {:.0} %",
        attempted.row.label,
        100.0 * POWER
    );
    Some((attempted.power(seeds), design))
}

fn is_same(seen: &RegisteredTolerance, tolerance: &Tolerance) -> bool {
    seen.quantity == tolerance.quantity.name() && seen.value.total_cmp(&tolerance.value).is_eq()
}

/// The registrations of the paper that are about the quantity.
fn registered<'a>(
    input: &'a ReportInput,
    claims: &'a Claims,
    tolerance: &'a Tolerance,
) -> impl Iterator<Item = (&'a Registration, &'a RegisteredTolerance)> {
    let own = input.registry.iter().filter(|registration| registration.paper == claims.paper.key);
    own.filter_map(|registration| {
        let of = registration.tolerances.iter().find(|seen| seen.quantity == tolerance.quantity.name())?;
        Some((registration, of))
    })
}

/// When the folder met the value that counts now, after any other.
fn seen(input: &ReportInput, claims: &Claims, tolerance: &Tolerance) -> String {
    let mut since: Option<&str> = None;
    for (registration, seen) in registered(input, claims, tolerance) {
        since = if is_same(seen, tolerance) { since.or(Some(&registration.seen)) } else { None };
    }
    let Some(since) = since else { return "now".to_owned() };
    let ended =
        input.runs.iter().map(|run| run.record.provenance.ended.as_str()).filter(|ended| !ended.is_empty());
    // Both are RFC 3339 in UTC, so they are in order where their texts are.
    match ended.min() {
        Some(first) if first < since => format!("{since}, after the first run had ended"),
        _ => since.to_owned(),
    }
}

/// What the file and the folder remember of other values.
fn history(input: &ReportInput, claims: &Claims, tolerance: &Tolerance) -> String {
    let mut parts: Vec<String> = claims
        .tolerances
        .replaced(tolerance.quantity)
        .map(|earlier| format!("\u{b1}{} from {}", earlier.value, earlier.registered))
        .collect();
    for (registration, seen) in registered(input, claims, tolerance) {
        let part = format!("\u{b1}{} seen here {}", seen.value, registration.seen);
        let told = claims.tolerances.replaced(tolerance.quantity).any(|earlier| is_same(seen, earlier));
        if !is_same(seen, tolerance) && !told {
            parts.push(format!("{part}, which the file doesn\u{2019}t tell"));
        }
    }
    if parts.is_empty() { "none".to_owned() } else { parts.join("; ") }
}
