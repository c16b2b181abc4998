//! Whether one confusion matrix can have all the metrics of a row.

use std::fmt::Write as _;

use super::finding::{Check, Finding, Outcome};
use super::polytope::{AtLeast, inside};
use super::text::percent_list;
use crate::claim::claims::{Cell, Quantity, Row, Table};
use crate::metric::{Counts, Definition};
use crate::number::grouped;

/// Metrics of one pooled matrix.
const POOLED: [Definition; 5] = [
    Definition::PooledIou,
    Definition::PooledDice,
    Definition::PooledAccuracy,
    Definition::PooledSensitivity,
    Definition::PooledSpecificity,
];

/// Widening in points at which the search for how far values are off ends.
const WIDEST: f64 = 10.0;

/// A widening in points below which real numbers count as fitting.
const FINEST: f64 = 1e-6;

/// A printed metric of the row.
struct Printed<'a> {
    cell: &'a Cell,
    definition: Definition,
    /// True where the digits are taken as cut off instead of rounded.
    cut_off: bool,
}

impl Printed<'_> {
    /// The values that print so, in percent.
    fn bounds(&self) -> (f64, f64) {
        if self.cut_off {
            (self.cell.value - 1e-9, self.cell.value + 2.0 * self.cell.half_digit() - 1e-9)
        } else {
            self.cell.rounds_from()
        }
    }
}

/// A finding for each row with enough metrics: at least three, or two where one isn't a function of the other.
pub(super) fn findings(table: &Table) -> Vec<Finding> {
    table.rows.iter().filter_map(|row| finding(table, row)).collect()
}

fn finding(table: &Table, row: &Row) -> Option<Finding> {
    let printed: Vec<Printed<'_>> = POOLED
        .iter()
        .filter_map(|definition| {
            let cell = row.cell(Quantity::Metric(*definition))?;
            Some(Printed { cell, definition: *definition, cut_off: false })
        })
        .collect();
    // IoU and Dice alone say the same thing twice.
    let beside = printed.iter().filter(|printed| !is_overlap(printed.definition)).count();
    if printed.len() < 2 || beside == 0 {
        return None;
    }
    let (outcome, arithmetic) = judge(table, &printed);
    Some(Finding {
        check: Check::Confusion,
        table: table.name.clone(),
        row: row.label.clone(),
        columns: printed.iter().map(|printed| printed.cell.heading.clone()).collect(),
        outcome,
        arithmetic,
    })
}

fn is_overlap(definition: Definition) -> bool {
    matches!(definition, Definition::PooledIou | Definition::PooledDice)
}

fn judge(table: &Table, printed: &[Printed<'_>]) -> (Outcome, String) {
    let pixels = table.pixels();
    let known = table.lesion_pixels.as_ref().map(|known| known.count);
    let values = percent_list(
        printed
            .iter()
            .map(|printed| (printed.cell.heading.as_str(), printed.cell.value, printed.cell.digits)),
    );
    let of = match &table.lesion_pixels {
        Some(known) => format!(
            "{} pixels of {} images, {} of lesion ({})",
            grouped(pixels),
            table.images,
            grouped(known.count),
            known.source
        ),
        None => format!("{} pixels of {} images, any number of lesion", grouped(pixels), table.images),
    };
    if let Some(Counts { tp, fp, fn_, tn }) = matrix(printed, pixels, known) {
        let example = format!("TP {} FP {} FN {} TN {}", grouped(tp), grouped(fp), grouped(fn_), grouped(tn));
        return (Outcome::Holds, format!("{of}: {example} gives {values}"));
    }
    let cut: Vec<Printed<'_>> = printed.iter().map(|printed| Printed { cut_off: true, ..*printed }).collect();
    if let Some(Counts { tp, fp, fn_, tn }) = matrix(&cut, pixels, known) {
        let example = format!("TP {} FP {} FN {} TN {}", grouped(tp), grouped(fp), grouped(fn_), grouped(tn));
        return (
            Outcome::Holds,
            format!("{of}: {example} gives {values} where digits are cut off; none where they are rounded"),
        );
    }
    if slack(printed, pixels, known).is_some_and(|slack| slack < FINEST) {
        let said = format!(
            "{of}: real numbers give {values}, whole ones weren\u{2019}t found near the middle of what is possible"
        );
        return (Outcome::Unchecked, said);
    }
    let off = |known| match slack(printed, pixels, known) {
        Some(slack) => format!("the values would have to be off by {slack:.3} points beyond their rounding"),
        None => format!("not even within {WIDEST} points"),
    };
    let mut arithmetic = format!("{of}: no matrix of whole numbers gives {values}; {}", off(known));
    if known.is_some() {
        let _ = match matrix(printed, pixels, None) {
            Some(Counts { tp, fn_, .. }) => {
                let lesion = grouped(tp + fn_);
                write!(arithmetic, "; with another number of lesion pixels there is one, such as {lesion}")
            }
            None => write!(arithmetic, "; with any other number of lesion pixels neither: {}", off(None)),
        };
    }
    (Outcome::Fails, arithmetic)
}

/// A matrix whose metrics all round to the printed ones.
fn matrix(printed: &[Printed<'_>], pixels: u64, lesion: Option<u64>) -> Option<Counts> {
    let [tp, fp, fn_] = inside(&planes(printed, pixels, lesion, 0.0))?;
    let whole = |share: f64| (share * pixels as f64).round().max(0.0) as u64;
    let (tp, fp) = (whole(tp), whole(fp));
    let positive = lesion.unwrap_or(tp + whole(fn_));
    let fn_ = positive.checked_sub(tp)?;
    let tn = pixels.checked_sub(positive + fp)?;
    let counts = Counts { tp, fp, fn_, tn };
    // The search was in real numbers: what counts is that whole ones print alike.
    printed.iter().all(|printed| prints_as(counts, printed)).then_some(counts)
}

fn prints_as(counts: Counts, printed: &Printed<'_>) -> bool {
    let (low, high) = printed.bounds();
    printed.definition.value(&[counts]).is_some_and(|value| (low..=high).contains(&(100.0 * value)))
}

/// The smallest widening of every printed value, in points, with which real numbers satisfy them all.
fn slack(printed: &[Printed<'_>], pixels: u64, lesion: Option<u64>) -> Option<f64> {
    let possible = |widening: f64| inside(&planes(printed, pixels, lesion, widening)).is_some();
    if !possible(WIDEST) {
        return None;
    }
    let (mut low, mut high) = (0.0, WIDEST);
    for _ in 0..40 {
        let middle = f64::midpoint(low, high);
        if possible(middle) { high = middle } else { low = middle }
    }
    Some(high)
}

/// What the printed values say about shares of the pixels (TP, FP, FN); TN is the rest.
fn planes(printed: &[Printed<'_>], pixels: u64, lesion: Option<u64>, widening: f64) -> Vec<AtLeast> {
    // There is a lesion pixel: without any, all metrics of lesions are undefined, and near none every value would be possible.
    let pixel = 1.0 / pixels as f64;
    let mut planes: Vec<AtLeast> =
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [-1.0, -1.0, -1.0], [1.0, 0.0, 1.0]]
            .into_iter()
            .zip([0.0, 0.0, 0.0, -1.0, pixel])
            .map(|(a, b)| AtLeast { a, b })
            .collect();
    if let Some(lesion) = lesion {
        let share = lesion as f64 / pixels as f64;
        planes.push(AtLeast { a: [1.0, 0.0, 1.0], b: share });
        planes.push(AtLeast { a: [-1.0, 0.0, -1.0], b: -share });
    }
    for printed in printed {
        let (low, high) = printed.bounds();
        let low = ((low - widening) / 100.0).max(0.0);
        let high = ((high + widening) / 100.0).min(1.0);
        // value = (n0 + n · x) / (d0 + d · x), so value >= low where (n - low d) · x >= low d0 - n0.
        let (n, n0, d, d0) = fraction(printed.definition);
        let side = |bound: f64, sign: f64| AtLeast {
            a: [0, 1, 2].map(|axis| sign * (n[axis] - bound * d[axis])),
            b: sign * (bound * d0 - n0),
        };
        planes.push(side(low, 1.0));
        planes.push(side(high, -1.0));
    }
    planes
}

/// Numerator and denominator of a metric, each as coefficients of the shares TP, FP, FN and a constant.
fn fraction(definition: Definition) -> ([f64; 3], f64, [f64; 3], f64) {
    match definition {
        Definition::PooledIou => ([1.0, 0.0, 0.0], 0.0, [1.0, 1.0, 1.0], 0.0),
        Definition::PooledDice => ([2.0, 0.0, 0.0], 0.0, [2.0, 1.0, 1.0], 0.0),
        Definition::PooledSensitivity => ([1.0, 0.0, 0.0], 0.0, [1.0, 0.0, 1.0], 0.0),
        // TN = 1 - TP - FP - FN, and TN + FP = 1 - TP - FN.
        Definition::PooledSpecificity => ([-1.0, -1.0, -1.0], 1.0, [-1.0, 0.0, -1.0], 1.0),
        // TP + TN = 1 - FP - FN, of all.
        _ => ([0.0, -1.0, -1.0], 1.0, [0.0; 3], 1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claim::made_up;

    fn table(lesion: Option<u64>, values: [&str; 5]) -> Table {
        let cell = |(definition, text): (&Definition, &str)| {
            let value = text.parse().ok()?;
            let digits = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
            Some(made_up::cell(Quantity::Metric(*definition), value, digits))
        };
        let cells = POOLED.iter().zip(values).filter_map(cell).collect();
        made_up::table(lesion, vec![made_up::row(cells)])
    }

    fn outcome(lesion: Option<u64>, values: [&str; 5]) -> Option<Outcome> {
        findings(&table(lesion, values)).first().map(|finding| finding.outcome)
    }

    #[test]
    fn rows_made_from_a_matrix_hold() {
        // TP 6,190,000 FP 900,000 FN 941,022 TN 34,567,378: IoU 77.0757, Dice 87.0540, accuracy 95.6782,
        // sensitivity 86.8039, specificity 97.4624 %.
        let row = ["77.08", "87.05", "95.68", "86.80", "97.46"];
        assert_eq!(outcome(Some(7_131_022), row), Some(Outcome::Holds));
        assert_eq!(outcome(None, row), Some(Outcome::Holds));
        // The same numbers at another prevalence.
        assert_eq!(outcome(Some(9_000_000), row), Some(Outcome::Fails));
        // One value moved by a few units of its last digit.
        assert_eq!(
            outcome(Some(7_131_022), ["77.08", "87.05", "95.62", "86.80", "97.46"]),
            Some(Outcome::Fails)
        );
        // IoU and Dice that contradict each other contradict every matrix.
        assert_eq!(outcome(None, ["77.08", "88.05", "95.68", "", ""]), Some(Outcome::Fails));
    }

    #[test]
    fn rows_that_say_one_thing_are_left_to_the_identity() {
        assert_eq!(outcome(None, ["77.08", "87.05", "", "", ""]), None);
        assert_eq!(outcome(None, ["", "", "95.68", "", ""]), None);
    }

    #[test]
    fn images_without_a_lesion_make_nothing_possible() {
        // Sensitivity and IoU contradict each other (IoU can't be larger) unless nothing is counted at all.
        assert_eq!(outcome(None, ["77.08", "", "", "60.00", ""]), Some(Outcome::Fails));
        let found = &findings(&table(None, ["77.08", "", "", "60.00", ""]))[0].arithmetic;
        // 17.08 points lie between them: each has to give half of it.
        assert!(found.contains("off by 8.53"), "{found}");
    }

    #[test]
    fn the_arithmetic_names_a_matrix_or_how_far_it_is_off() {
        let table = table(Some(7_131_022), ["77.08", "87.05", "95.62", "86.80", "97.46"]);
        let found = &findings(&table)[0].arithmetic;
        assert!(found.contains("42,598,400 pixels of 650 images, 7,131,022 of lesion (counted)"), "{found}");
        assert!(found.contains("beyond their rounding"), "{found}");
    }
}
