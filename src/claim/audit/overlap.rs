//! IoU and Dice beside each other.

use std::fmt::Write as _;

use super::finding::{Check, Finding, Outcome};
use crate::claim::claims::{Cell, Quantity, Table};
use crate::metric::Definition;

/// The identity and the order, for every row that prints both.
pub(super) fn findings(table: &Table) -> Vec<Finding> {
    let mut found = Vec::new();
    for row in &table.rows {
        let cell = |definition| row.cell(Quantity::Metric(definition));
        let finding = |check, [iou, dice]: [&Cell; 2], (outcome, arithmetic)| Finding {
            check,
            table: table.name.clone(),
            row: row.label.clone(),
            columns: vec![iou.heading.clone(), dice.heading.clone()],
            outcome,
            arithmetic,
        };
        if let (Some(iou), Some(dice)) = (cell(Definition::PooledIou), cell(Definition::PooledDice)) {
            found.push(finding(Check::Identity, [iou, dice], identity(iou, dice)));
            found.push(finding(Check::Order, [iou, dice], order(iou, dice)));
        }
        if let (Some(iou), Some(dice)) = (cell(Definition::ImageIou), cell(Definition::ImageDice)) {
            found.push(finding(Check::Order, [iou, dice], order(iou, dice)));
        }
    }
    found
}

/// Dice of an IoU, both in percent.
pub(super) fn dice_of(iou: f64) -> f64 {
    100.0 * 2.0 * iou / (100.0 + iou)
}

fn identity(iou: &Cell, dice: &Cell) -> (Outcome, String) {
    let (low, high) = iou.rounds_from();
    let (printed_low, printed_high) = dice.rounds_from();
    let (from, to) = (dice_of(low), dice_of(high));
    let meets = from <= printed_high && to >= printed_low;
    let digits = dice.digits + 2;
    let value = dice_of(iou.value);
    let mut arithmetic = format!(
        "2 x {iou:.i$} / (100 + {iou:.i$}) = {value:.digits$} ({from:.digits$} to {to:.digits$} by rounding), printed {dice:.d$}",
        iou = iou.value,
        i = iou.digits,
        dice = dice.value,
        d = dice.digits,
    );
    if !meets {
        let gap = if to < printed_low { printed_low - to } else { from - printed_high };
        let _ = write!(arithmetic, ": {gap:.digits$} points apart beyond rounding");
    }
    (if meets { Outcome::Holds } else { Outcome::Fails }, arithmetic)
}

fn order(iou: &Cell, dice: &Cell) -> (Outcome, String) {
    let holds = dice.rounds_from().1 >= iou.rounds_from().0;
    let sign = if holds { ">=" } else { "<" };
    (
        if holds { Outcome::Holds } else { Outcome::Fails },
        format!("{:.*} {sign} {:.*}", dice.digits, dice.value, iou.digits, iou.value),
    )
}
