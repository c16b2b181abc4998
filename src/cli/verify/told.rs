//! What a verification found, in words.

use std::fmt::Write as _;
use std::path::Path;

use super::made_with::Other;
use crate::cli::label::Labels;
use crate::cli::table::Table;
use crate::store::{CountsRow, NoiseSpread, Weights};
use crate::verify::{
    Comparison, CountsDifference, EventDifference, Part, Spreads, TensorDifference, Verdict,
    WeightsDifference, f64_bits, ulps_f32, ulps_f64,
};

/// What a verification found.
pub(super) struct Told<'a> {
    pub id: &'a str,
    /// What is to be known of its numbers before they are compared.
    pub labels: Labels,
    /// One for each repeat.
    pub comparisons: &'a [Comparison],
    pub others: &'a [Other],
    pub promises_bits: bool,
    pub device: &'a str,
    /// None where there were too few repeats for a noise floor.
    pub spreads: Option<&'a Spreads>,
    /// In percentage points of pooled IoU.
    pub tolerance: Option<f64>,
    pub kept: Option<&'a Path>,
}

impl Told<'_> {
    /// For people.
    pub(super) fn text(&self, verdict: Verdict) -> String {
        let mut text = format!("{}: {}\n\n", self.labels.behind(self.id), verdict.words());
        text += &self.parts().to_string();
        if let Some(differing) = self.comparisons.iter().find(|comparison| !comparison.is_identical()) {
            let _ =
                write!(text, "\n\nfirst differences{}:\n{}", self.which(differing), differences(differing));
        }
        if let Some(spreads) = self.spreads {
            let _ = write!(text, "\n\nsame-seed noise over {} repeats:\n{}", spreads.repeats, noise(spreads));
        }
        for note in self.notes(verdict) {
            let _ = write!(text, "\n{note}");
        }
        text
    }

    /// A row for each part of each repeat.
    fn parts(&self) -> Table {
        let mut table = Table::new(["REPEAT", "PART", "COMPARED", "RESULT"]);
        for (index, comparison) in self.comparisons.iter().enumerate() {
            for Row { part, compared, result } in rows(comparison) {
                table.row([(index + 1).to_string(), part.to_owned(), compared, result.to_owned()]);
            }
        }
        table
    }

    /// Which repeat it is, where there are several.
    fn which(&self, wanted: &Comparison) -> String {
        let at = self.comparisons.iter().position(|comparison| std::ptr::eq(comparison, wanted));
        at.filter(|_| self.comparisons.len() > 1)
            .map_or_else(String::new, |at| format!(" of repeat {}", at + 1))
    }

    fn notes(&self, verdict: Verdict) -> Vec<String> {
        let mut notes: Vec<String> = Vec::new();
        let cause = if verdict == Verdict::Identical { "" } else { ", a likely cause" };
        notes.extend(self.others.iter().map(|other| format!("{}{cause}", other.text())));
        if !self.promises_bits {
            notes.push(format!("the device class `{}` doesn't promise the same bits", self.device));
        } else if self.tolerance.is_some() {
            notes.push(format!(
                "the device class `{}` promises the same bits, so they are demanded: the tolerance isn't used",
                self.device
            ));
        }
        match verdict {
            Verdict::Measured => notes.push("`--times K --tolerance POINTS` judges the difference".to_owned()),
            Verdict::Within | Verdict::Outside => notes.extend(self.spreads.zip(self.tolerance).map(
                |(spreads, tolerance)| {
                    let (floor, found) = (spreads.among_repeats.pooled_iou, spreads.from_stored.pooled_iou);
                    format!(
                        "pooled IoU: {found:.4} points from the stored run, tolerance {tolerance}, noise floor {floor:.4}"
                    )
                },
            )),
            Verdict::Identical | Verdict::Different => {}
        }
        notes.extend(self.kept.map(|path| format!("kept in {}", path.display())));
        if !notes.is_empty() {
            notes.insert(0, String::new());
        }
        notes
    }
}

struct Row {
    part: &'static str,
    compared: String,
    result: &'static str,
}

fn rows(comparison: &Comparison) -> [Row; 4] {
    let Comparison { epochs, events, best_epoch, weights, counts } = comparison;
    let plural = if *epochs == 1 { "" } else { "s" };
    [
        row("epochs", events, |_| format!("learning rate, losses and IoU of {epochs} epoch{plural}")),
        row("best epoch", best_epoch, |_| "the epoch that was selected".to_owned()),
        row("weights", weights, |values| {
            values.map_or_else(
                || "best.safetensors".to_owned(),
                |values| format!("best.safetensors, {values} values"),
            )
        }),
        row("counts", counts, |rows| {
            rows.map_or_else(|| "counts.jsonl".to_owned(), |rows| format!("counts.jsonl, {rows} rows"))
        }),
    ]
}

fn row<D>(part: &'static str, found: &Part<D>, compared: impl Fn(Option<usize>) -> String) -> Row {
    let (compared, result) = match found {
        Part::Same(count) => (compared(Some(*count)), "identical"),
        Part::Different(_) => (compared(None), "different"),
        Part::Left(why) => (why.clone(), "not compared"),
    };
    Row { part, compared, result }
}

/// What differs first in each part that differs.
fn differences(comparison: &Comparison) -> Table {
    let mut table = Table::new(["WHAT", "STORED", "REPEATED", "DIFFERING"]);
    if let Part::Different(EventDifference { epoch, value, stored, repeated, values }) = &comparison.events {
        let ulps = stored.zip(*repeated).map(|(left, right)| ulps_f64(left, right));
        let ulps = ulps.map_or_else(String::new, |ulps| format!(", the first by {ulps} ULP"));
        table.row([
            format!("epoch {epoch}: {value}"),
            double(*stored),
            double(*repeated),
            format!("{} of {} values{ulps}", values.differing, values.all),
        ]);
    }
    if let Part::Different([stored, repeated]) = &comparison.best_epoch {
        table.row(["best epoch".to_owned(), stored.to_string(), repeated.to_string(), String::new()]);
    }
    if let Part::Different(difference) = &comparison.weights {
        for row in weights_rows(difference) {
            table.row(row);
        }
    }
    if let Part::Different(CountsDifference { weights, image, stored, repeated, rows }) = &comparison.counts {
        let distances = stored.as_ref().zip(repeated.as_ref()).is_some_and(|(a, b)| counts(a) == counts(b));
        let shown = |row: &Option<CountsRow>| match row {
            Some(row) if distances => {
                let pixels =
                    |distance: Option<f64>| distance.map_or_else(|| "-".to_owned(), |d| d.to_string());
                format!("HD95 {}, ASSD {} px", pixels(row.hd95), pixels(row.assd))
            }
            Some(CountsRow { tp, fp, fn_, tn, .. }) => format!("TP {tp}, FP {fp}, FN {fn_}, TN {tn}"),
            None => "not there".to_owned(),
        };
        table.row([
            format!("image {image}, {} weights", word(*weights)),
            shown(stored),
            shown(repeated),
            format!("{} of {} rows", rows.differing, rows.all),
        ]);
    }
    table
}

fn counts(row: &CountsRow) -> [u64; 4] {
    [row.tp, row.fp, row.fn_, row.tn]
}

/// The first tensor that differs, and all of them together.
fn weights_rows(difference: &WeightsDifference) -> Vec<[String; 4]> {
    let WeightsDifference { first, tensors, values, largest_ulps, largest, byte } = difference;
    let Some(first) = first else {
        let what = format!("best.safetensors, byte {byte}");
        return vec![[what, String::new(), String::new(), "bytes of the file, no tensor".to_owned()]];
    };
    let there = |there: bool| if there { "there" } else { "not there" }.to_owned();
    let own = match first {
        TensorDifference::Missing { name, stored } => {
            [format!("tensor {name}"), there(*stored), there(!stored), String::new()]
        }
        TensorDifference::Shape { name, stored, repeated } => {
            [format!("tensor {name}, shape"), format!("{stored:?}"), format!("{repeated:?}"), String::new()]
        }
        TensorDifference::Values { name, values, at, stored, repeated, largest_ulps, largest } => [
            format!("tensor {name}, value {at}"),
            single(*stored),
            single(*repeated),
            format!(
                "{} of {} values, the first by {} ULP, the furthest by {largest_ulps} ULP, {largest:e} at most",
                values.differing,
                values.all,
                ulps_f32(*stored, *repeated)
            ),
        ],
    };
    let all = format!(
        "{} of {} tensors, {} of {} values, the furthest by {largest_ulps} ULP, {largest:e} at most",
        tensors.differing, tensors.all, values.differing, values.all
    );
    vec![own, ["all tensors".to_owned(), String::new(), String::new(), all]]
}

/// All digits and all bits.
fn double(value: Option<f64>) -> String {
    value.map_or_else(|| "not there".to_owned(), |value| format!("{value:?} ({})", f64_bits(value)))
}

fn single(value: f32) -> String {
    format!("{value:?} ({:#010x})", value.to_bits())
}

pub(super) fn word(weights: Weights) -> &'static str {
    match weights {
        Weights::Best => "best",
        Weights::Last => "last",
    }
}

fn noise(spreads: &Spreads) -> Table {
    let mut table = Table::new(["LARGEST DIFFERENCE", "AMONG REPEATS", "STORED TO REPEAT"]);
    let (among, from) = (&spreads.among_repeats, &spreads.from_stored);
    let points = |value: f64| format!("{value:.4}");
    for (what, of) in [
        ("pooled IoU, points", (|spread| spread.pooled_iou) as fn(&NoiseSpread) -> f64),
        ("pooled Dice, points", |spread| spread.pooled_dice),
    ] {
        table.row([what.to_owned(), points(of(among)), points(of(from))]);
    }
    let exact = |value: f64| if value == 0.0 { "0".to_owned() } else { format!("{value:.3e}") };
    for (what, of) in [
        ("training loss, last epoch", (|spread| spread.train_loss) as fn(&NoiseSpread) -> f64),
        ("selection loss, last epoch", |spread| spread.selection_loss),
        ("best weights", |spread| spread.weight),
    ] {
        table.row([what.to_owned(), exact(of(among)), exact(of(from))]);
    }
    table
}
