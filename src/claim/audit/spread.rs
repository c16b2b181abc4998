//! What printed spreads allow.

use super::finding::{Check, Finding, Outcome};
use crate::claim::claims::{Cell, Claims, Quantity, Row, Table};
use crate::metric::Definition;
use crate::statistics::{Uncertainty, largest_std, sigma_interval};

/// Confidence of the statements.
const LEVEL: f64 = 0.95;

/// Two-sided quantile of the normal distribution for that confidence, for a spread that is taken as known.
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
    let half = cell.half_digit();
    // The printed digits stand for everything that rounds to them, 0.00 among it.
    let low = sigma_interval((spread - half).max(0.0), n, LEVEL).map(|(low, _)| low);
    let high = sigma_interval(spread + half, n, LEVEL).map(|(_, high)| high);
    let (Some(low), Some(high)) = (low, high) else {
        return (Outcome::Fails, format!("{n} training has no spread, printed ± {spread:.digits$}"));
    };
    if largest_std(cell.value, n, 0.0, 100.0).is_some_and(|largest| spread - half > largest) {
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
             chi-squared, with the rounding of what is printed), so a mean of {n} is known to ± {:.2} to ± {:.2}",
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
    let part = |spread: f64, n: usize| (spread * spread / n as f64, (n - 1) as f64);
    let (outcome, arithmetic) = match (mine.spread, theirs.spread, table.repeats.filter(|n| *n > 1)) {
        (Some(a), Some(b), Some(n)) => {
            let error = Uncertainty::of(&[part(a, n), part(b, n)]).half_width(LEVEL);
            let outcome = if lead > error { Outcome::Holds } else { Outcome::Doubtful };
            (outcome, format!("{said}; chance allows {error:.digits$} (95 %, Welch, n = {n} each)"))
        }
        (Some(a), None, Some(n)) => {
            let chance = |b: f64| Uncertainty::of(&[part(a, n), part(b, n)]).half_width(LEVEL);
            let said = match largest_below(chance, lead) {
                Some(limit) => format!(
                    "{said}, but no spread is printed for {}: the lead is more than chance only where that network\u{2019}s spread is \
                     below {limit:.2} points, if it was trained {n} times as well",
                    rival.label
                ),
                None => format!(
                    "{said}, but chance allows that by its own spread alone (95 %, n = {n}), and none is printed for {}",
                    rival.label
                ),
            };
            (
                Outcome::Doubtful,
                format!("{said}; the selection on the reported images favours whoever was tuned on them"),
            )
        }
        (mine, theirs, repeats) => {
            let missing: Vec<String> = [
                mine.is_none().then(|| format!("the spread of {}", own.label)),
                theirs.is_none().then(|| format!("the spread of {}", rival.label)),
                repeats.is_none().then(|| "a number of trainings of at least two".to_owned()),
            ]
            .into_iter()
            .flatten()
            .collect();
            let missing = missing.join(" and ");
            (
                Outcome::Doubtful,
                format!("{said}; not printed: {missing}, so chance can\u{2019}t be told apart"),
            )
        }
    };
    Some(finding(Check::Lead, table, own, &[mine], outcome, arithmetic))
}

/// The largest argument in 0..100 at which a growing function stays below `limit`; `None` where it never does.
fn largest_below(growing: impl Fn(f64) -> f64, limit: f64) -> Option<f64> {
    let (mut low, mut high) = (0.0, 100.0);
    if growing(low) >= limit {
        return None;
    }
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if growing(middle) < limit { low = middle } else { high = middle }
    }
    Some(low)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claim::made_up;

    #[test]
    fn the_rivals_spread_is_found_by_welch() {
        // The lead of 0.60 over 5 trainings each, with a spread of 0.10 of its own.
        let part = |spread: f64| (spread * spread / 5.0, 4.0);
        let chance = |rival: f64| Uncertainty::of(&[part(0.10), part(rival)]).half_width(LEVEL);
        let limit = largest_below(chance, 0.60).unwrap();
        assert!((limit - 0.49).abs() < 0.005, "{limit}");
        assert_eq!(largest_below(|x| x + 1.0, 0.5), None);
    }

    #[test]
    fn a_printed_spread_of_zero_is_no_certainty() {
        let iou = Quantity::Metric(Definition::PooledIou);
        let cell = Cell { spread: Some(0.0), ..made_up::cell(iou, 79.81, 2) };
        let mut table = made_up::table(None, vec![made_up::row(vec![cell])]);
        table.repeats = Some(5);
        let (outcome, said) = possible(&table, &table.rows[0].cells[0], 0.0);
        assert_eq!(outcome, Outcome::Holds);
        // Up to 0.005, of which five trainings leave up to 2.87 times as much.
        assert!(said.contains("between 0.00 and 0.01"), "{said}");
    }
}
