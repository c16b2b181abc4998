//! Claimed costs against the networks.

use std::fmt::Write as _;

use super::finding::{Check, Finding, Outcome};
use crate::claim::claims::{Cell, Claims, Quantity, Row, Table};
use crate::claim::statement::{Ratio, Storage};
use crate::experiment::settings::ModelSettings;
use crate::number::grouped;

/// What a network costs by one rule of counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The rule's name; the first of a network is the one that papers are held to.
    pub convention: &'static str,
    /// Parameters.
    pub parameters: u64,
    /// Operations.
    pub operations: u64,
}

/// Counts a network at a size, by every rule; empty where nobody can.
pub type Count<'a> = dyn Fn(&ModelSettings, usize) -> Vec<Counted> + 'a;

/// Relative difference that a text's ratio may be off and still be called rounding of rounded numbers.
const NEAR: f64 = 0.05;

/// A finding for each claimed cost.
pub(super) fn findings(table: &Table, counter: &Count<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for row in &table.rows {
        let counted = row.model.as_ref().map(|model| counter(model, table.size)).unwrap_or_default();
        for (quantity, check) in
            [(Quantity::Parameters, Check::Parameters), (Quantity::ConvMacs, Check::ConvMacs)]
        {
            let Some(cell) = row.cell(quantity) else { continue };
            let (outcome, arithmetic) = if counted.is_empty() {
                (Outcome::Unchecked, "no network here is what this row is about".to_owned())
            } else {
                judge(row, cell, &counted)
            };
            found.push(Finding {
                check,
                table: table.name.clone(),
                row: row.label.clone(),
                columns: vec![cell.heading.clone()],
                outcome,
                arithmetic,
            });
        }
    }
    found
}

fn value(quantity: Quantity, counted: &Counted) -> u64 {
    if quantity == Quantity::Parameters { counted.parameters } else { counted.operations }
}

fn unit(quantity: Quantity) -> f64 {
    if quantity == Quantity::Parameters { 1e6 } else { 1e9 }
}

fn judge(row: &Row, cell: &Cell, counted: &[Counted]) -> (Outcome, String) {
    let digits = cell.digits;
    let (low, high) = cell.rounds_from();
    let exact = value(cell.quantity, &counted[0]);
    let ours = exact as f64 / unit(cell.quantity);
    let step = 2.0 * cell.half_digit();
    let what = if cell.quantity == Quantity::Parameters {
        "trained scalars"
    } else {
        "multiply-accumulates of convolutions"
    };
    let mut said = format!(
        "{} {what} = {ours:.*} {}, printed {:.digits$}",
        grouped(exact),
        digits + 2,
        cell.quantity.unit(),
        cell.value
    );
    if (low..=high).contains(&ours) {
        return (Outcome::Holds, said);
    }
    if (cell.value..cell.value + step).contains(&ours) {
        said += " (cut off, not rounded)";
        return (Outcome::Holds, said);
    }
    let _ = write!(said, " ({:+.1} %)", 100.0 * (cell.value / ours - 1.0));
    let fits = counted[1..].iter().find(|other| {
        let other = value(cell.quantity, other) as f64 / unit(cell.quantity);
        (low..=high).contains(&other) || (cell.value..cell.value + step).contains(&other)
    });
    let outcome = match fits {
        Some(other) => {
            let number = grouped(value(cell.quantity, other));
            let _ = write!(said, "; the rule of `{}` counts {number}, which prints so", other.convention);
            Outcome::Doubtful
        }
        // Nothing is known to be false of a network that nobody knows.
        None if !row.identified => {
            said += "; which network it is is left open, ours is a guess";
            Outcome::Unchecked
        }
        None => Outcome::Fails,
    };
    if !row.note.is_empty() {
        let _ = write!(said, "; {}", row.note);
    }
    (outcome, said)
}

/// Two findings for a ratio: by the printed cells, and by the networks.
pub(super) fn ratio(claims: &Claims, ratio: &Ratio, counter: &Count<'_>) -> Vec<Finding> {
    let (Some((of_table, of)), Some((to_table, to))) = (ratio.of.find(claims), ratio.to.find(claims)) else {
        return Vec::new();
    };
    let digits = ratio.digits;
    let half = 0.5 * 10_f64.powi(-(digits as i32));
    let mut found = Vec::new();
    let mut push = |outcome, arithmetic| {
        found.push(Finding {
            check: Check::Ratio,
            table: String::new(),
            row: format!("{} / {}", of.label, to.label),
            columns: vec![ratio.text.clone()],
            outcome,
            arithmetic,
        });
    };
    if let (Some(a), Some(b)) = (of.cell(ratio.quantity), to.cell(ratio.quantity)) {
        let ((a_low, a_high), (b_low, b_high)) = (a.rounds_from(), b.rounds_from());
        let (low, high) = (a_low / b_high, a_high / b_low);
        let quotient = a.value / b.value;
        let exact = (quotient - ratio.value).abs() <= half * (1.0 + 1e-9);
        let possible = low <= ratio.value + half && high >= ratio.value - half;
        let outcome = if exact || possible { Outcome::Holds } else { Outcome::Fails };
        push(
            outcome,
            format!(
                "as printed: {} / {} = {quotient:.1} ({low:.1} to {high:.1} by rounding), claimed {:.digits$}",
                a.printed(),
                b.printed(),
                ratio.value
            ),
        );
    }
    let counted = |table: &Table, row: &Row| {
        row.model.as_ref().map(|model| counter(model, table.size)).unwrap_or_default()
    };
    let (of_counted, to_counted) = (counted(of_table, of), counted(to_table, to));
    let pairs: Vec<(u64, u64, &str)> = of_counted
        .iter()
        .zip(&to_counted)
        .map(|(a, b)| (value(ratio.quantity, a), value(ratio.quantity, b), a.convention))
        .collect();
    if let Some(&(a, b, _)) = pairs.first() {
        let off = |a: u64, b: u64| a as f64 / b as f64 / ratio.value - 1.0;
        let quotient = a as f64 / b as f64;
        let near = |(a, b, _): &&(u64, u64, &str)| off(*a, *b).abs() <= NEAR;
        let other = pairs[1..].iter().find(near).map(|(a, b, convention)| {
            let (quotient, a, b) = (*a as f64 / *b as f64, grouped(*a), grouped(*b));
            format!("; by the rule of `{convention}` {a} / {b} = {quotient:.1}")
        });
        let outcome = if (quotient - ratio.value).abs() <= half {
            Outcome::Holds
        } else if off(a, b).abs() <= NEAR || other.is_some() {
            Outcome::Doubtful
        } else {
            Outcome::Fails
        };
        let other = if off(a, b).abs() <= NEAR { String::new() } else { other.unwrap_or_default() };
        push(
            outcome,
            format!(
                "as counted: {} / {} = {quotient:.1}, claimed {:.digits$} ({:+.1} %){other}",
                grouped(a),
                grouped(b),
                ratio.value,
                100.0 * off(a, b)
            ),
        );
    }
    found
}

/// Bytes of the parameters in single precision.
pub(super) fn storage(claims: &Claims, storage: &Storage, counter: &Count<'_>) -> Option<Finding> {
    let (table, row) = storage.of.find(claims)?;
    let counted = row.model.as_ref().map(|model| counter(model, table.size)).unwrap_or_default();
    let (outcome, arithmetic) = match counted.first() {
        None => (Outcome::Unchecked, "no network here is what this row is about".to_owned()),
        Some(Counted { parameters, .. }) => {
            let claimed = storage.kilobytes;
            let bytes = 4 * parameters;
            let (kb, kib) = (bytes as f64 / 1e3, bytes as f64 / 1024.0);
            let fits = [kb, kib].iter().any(|size| (size / claimed - 1.0).abs() <= NEAR);
            let thousands = *parameters as f64 / 1e3;
            let kind = if (thousands / claimed - 1.0).abs() <= 0.1 {
                format!("; {thousands:.1} thousand is the number of parameters, not of bytes")
            } else {
                String::new()
            };
            let arithmetic = format!(
                "{} parameters x 4 bytes = {} bytes = {kb:.1} kB ({kib:.1} KiB), claimed {claimed}{kind}",
                grouped(*parameters),
                grouped(bytes)
            );
            (if fits { Outcome::Holds } else { Outcome::Fails }, arithmetic)
        }
    };
    Some(Finding {
        check: Check::Storage,
        table: String::new(),
        row: row.label.clone(),
        columns: vec![storage.text.clone()],
        outcome,
        arithmetic,
    })
}
