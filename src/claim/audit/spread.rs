//! What printed spreads allow.

use super::finding::{Check, Finding, Outcome};
use crate::claim::claims::{Cell, Claims, Quantity, Row, Table};
use crate::metric::Definition;
use crate::statistics::{largest_std, sigma_interval};

/// Confidence of the statements.
const LEVEL: f64 = 0.95;

/// Two-sided quantile of the normal distribution for that confidence.
const QUANTILE: f64 = 1.96;

/// A finding for each printed spread, and one for each lead of the paper's own network.
pub(super) fn findings(claims: &Claims, table: &Table) -> Vec<Finding> {
    let mut found = Vec::new();
    for row in &table.rows {
        for cell in &row.cells {
            if let (Some(spread), "%") = (cell.spread, cell.quantity.unit()) {
                let (outcome, arithmetic) = possible(table, cell, spread);
                found.push(finding(Check::Spread, table, row, &[cell], outcome, arithmetic));
            }
        }
        found.extend(together(table, row));
    }
    found.extend(lead(claims, table));
    found
}

fn finding(
    check: Check,
    table: &Table,
    row: &Row,
    cells: &[&Cell],
    outcome: Outcome,
    arithmetic: String,
) -> Finding {
    Finding {
        check,
        table: table.name.clone(),
        row: row.label.clone(),
        columns: cells.iter().map(|cell| cell.heading.clone()).collect(),
        outcome,
        arithmetic,
    }
}

fn possible(table: &Table, cell: &Cell, spread: f64) -> (Outcome, String) {
    let digits = cell.digits;
    let Some(n) = table.repeats else {
        return (Outcome::Unchecked, format!("± {spread:.digits$} of an unknown number of trainings"));
    };
    let Some((low, high)) = sigma_interval(spread, n, LEVEL) else {
        return (Outcome::Fails, format!("{n} training has no spread, printed ± {spread:.digits$}"));
    };
    if largest_std(cell.value, n, 0.0, 100.0).is_some_and(|largest| spread - cell.half_digit() > largest) {
        return (
            Outcome::Fails,
            format!(
                "{n} values in 0..100 with mean {:.digits$} can't have a spread of {spread:.digits$}",
                cell.value
            ),
        );
    }
    (
        Outcome::Holds,
        format!(
            "± {spread:.digits$} over n = {n}: the standard deviation that it estimates lies between {low:.2} and {high:.2} (95 %, \
             chi-squared), so a mean of {n} is known to ± {:.2} to ± {:.2}",
            QUANTILE * low / (n as f64).sqrt(),
            QUANTILE * high / (n as f64).sqrt()
        ),
    )
}

/// Spreads of IoU and Dice of the same trainings: one is the other times the slope of Dice over IoU.
fn together(table: &Table, row: &Row) -> Option<Finding> {
    let iou = row.cell(Quantity::Metric(Definition::PooledIou))?;
    let dice = row.cell(Quantity::Metric(Definition::PooledDice))?;
    let (s_iou, s_dice) = (iou.spread?, dice.spread?);
    let slope = 2.0 / (1.0 + iou.value / 100.0).powi(2);
    let (low, high) = (slope * (s_iou - iou.half_digit()), slope * (s_iou + iou.half_digit()));
    let holds = low <= s_dice + dice.half_digit() && high >= s_dice - dice.half_digit();
    let arithmetic = format!(
        "slope 2 / (1 + IoU)^2 = {slope:.4}, so ± {s_iou:.i$} of IoU gives ± {:.4} of Dice ({low:.4} to {high:.4} by rounding), printed \
         ± {s_dice:.d$}",
        slope * s_iou,
        i = iou.digits,
        d = dice.digits,
    );
    let outcome = if holds { Outcome::Holds } else { Outcome::Fails };
    Some(finding(Check::Spread, table, row, &[iou, dice], outcome, arithmetic))
}

/// The lead of the paper's own network over the best of the others.
fn lead(claims: &Claims, table: &Table) -> Option<Finding> {
    let quantity = Quantity::Metric(Definition::PooledIou);
    let own = table.rows.iter().find(|row| claims.is_own(row) && row.cell(quantity).is_some())?;
    let value = |row: &Row| row.cell(quantity).map(|cell| cell.value);
    let others = table.rows.iter().filter(|row| !std::ptr::eq(*row, own) && value(row).is_some());
    let rival = others.max_by(|a, b| value(a).unwrap_or(0.0).total_cmp(&value(b).unwrap_or(0.0)))?;
    let (mine, theirs) = (own.cell(quantity)?, rival.cell(quantity)?);
    let lead = mine.value - theirs.value;
    // A network that doesn't lead claims no lead.
    if lead <= 0.0 {
        return None;
    }
    let digits = mine.digits;
    let said = format!("{} leads {} by {lead:.digits$} points", own.label, rival.label);
    let (outcome, arithmetic) = match (mine.spread, theirs.spread, table.repeats) {
        (Some(a), Some(b), Some(n)) => {
            let error = QUANTILE * ((a * a + b * b) / n as f64).sqrt();
            let outcome = if lead > error { Outcome::Holds } else { Outcome::Doubtful };
            (outcome, format!("{said}; chance allows {error:.digits$} (95 %, n = {n} each)"))
        }
        (Some(a), None, Some(n)) => {
            // The rival's spread at which the lead is just what chance allows.
            let room = n as f64 * (lead / QUANTILE).powi(2) - a * a;
            let limit = room.max(0.0).sqrt();
            (
                Outcome::Doubtful,
                format!(
                    "{said}, but no spread is printed for {}: the lead is more than chance only where that network\u{2019}s spread is \
                     below {limit:.2} points, if it was trained {n} times as well; the selection on the reported images favours \
                     whoever was tuned on them",
                    rival.label
                ),
            )
        }
        _ => (
            Outcome::Doubtful,
            format!(
                "{said}, but not both spreads and a number of trainings are printed: chance can\u{2019}t be told apart"
            ),
        ),
    };
    Some(finding(Check::Lead, table, own, &[mine], outcome, arithmetic))
}
