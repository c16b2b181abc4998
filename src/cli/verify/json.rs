//! What a verification found, for machines.

use serde_json::{Value, json};

use super::made_with::Other;
use super::told::{Told, word};
use crate::store::{CountsRow, NoiseSpread};
use crate::verify::{
    Comparison, EventDifference, Part, TensorDifference, Verdict, WeightsDifference, f64_bits, ulps_f64,
};

impl Told<'_> {
    /// For machines.
    pub(super) fn json(&self, verdict: Verdict) -> Value {
        json!({
            "run": self.id,
            "synthetic": self.labels.synthetic,
            "verdict": verdict.words(),
            "device": self.device,
            "promises_bits": self.promises_bits,
            "epochs": self.comparisons.first().map(|comparison| comparison.epochs),
            "repeats": self.comparisons.iter().map(comparison_json).collect::<Vec<_>>(),
            "made_with_other": self.others.iter().map(Other::json).collect::<Vec<_>>(),
            "noise_floor": self.spreads.map(|spreads| json!({
                "repeats": spreads.repeats,
                "among_repeats": spread_json(&spreads.among_repeats),
                "from_stored": spread_json(&spreads.from_stored),
            })),
            "tolerance": self.tolerance,
            "kept": self.kept.map(|path| path.display().to_string()),
        })
    }
}

fn spread_json(spread: &NoiseSpread) -> Value {
    json!({
        "pooled_iou_points": spread.pooled_iou,
        "pooled_dice_points": spread.pooled_dice,
        "train_loss": spread.train_loss,
        "selection_loss": spread.selection_loss,
        "weight": spread.weight,
    })
}

fn comparison_json(comparison: &Comparison) -> Value {
    json!({
        "identical": comparison.is_identical(),
        "events": part_json(&comparison.events, event_json),
        "best_epoch": part_json(&comparison.best_epoch, |[stored, repeated]| {
            json!({ "stored": stored, "repeated": repeated })
        }),
        "weights": part_json(&comparison.weights, weights_json),
        "counts": part_json(&comparison.counts, |difference| json!({
            "weights": word(difference.weights),
            "image": difference.image,
            "stored": difference.stored.as_ref().map(row_json),
            "repeated": difference.repeated.as_ref().map(row_json),
            "differing": difference.rows.differing,
            "all": difference.rows.all,
        })),
    })
}

/// TP, FP, FN, TN, and the distances where they were kept.
fn row_json(row: &CountsRow) -> Value {
    let counts = [row.tp, row.fp, row.fn_, row.tn].map(|count| json!(count));
    let distances = [row.hd95, row.assd].into_iter().flatten().map(|distance| json!(distance));
    counts.into_iter().chain(distances).collect()
}

fn part_json<D>(part: &Part<D>, difference: impl Fn(&D) -> Value) -> Value {
    match part {
        Part::Same(count) => json!({ "result": "identical", "compared": count }),
        Part::Different(found) => json!({ "result": "different", "first": difference(found) }),
        Part::Left(why) => json!({ "result": "not compared", "why": why }),
    }
}

fn event_json(difference: &EventDifference) -> Value {
    let EventDifference { epoch, value, stored, repeated, values } = difference;
    json!({
        "epoch": epoch,
        "value": value.replace('-', "_"),
        "stored": stored,
        "stored_bits": stored.map(f64_bits),
        "repeated": repeated,
        "repeated_bits": repeated.map(f64_bits),
        "ulps": stored.zip(*repeated).map(|(left, right)| ulps_f64(left, right)),
        "differing": values.differing,
        "all": values.all,
    })
}

fn weights_json(difference: &WeightsDifference) -> Value {
    let name = difference.first.as_ref().map(|first| match first {
        TensorDifference::Missing { name, .. }
        | TensorDifference::Shape { name, .. }
        | TensorDifference::Values { name, .. } => name,
    });
    json!({
        "tensor": name,
        "differing_tensors": difference.tensors.differing,
        "all_tensors": difference.tensors.all,
        "differing_values": difference.values.differing,
        "all_values": difference.values.all,
        "largest_ulps": difference.largest_ulps,
        "largest": difference.largest,
        "byte": difference.byte,
    })
}
