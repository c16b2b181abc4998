//! Whether the difference of two runs is more than chance among their images.

use serde_json::{Value, json};

use super::pairs::Pairs;
use crate::analysis::{Paired, Sample, Standing, paired};
use crate::cli::table::Table;
use crate::metric::{Definition, Score};
use crate::statistics::holm;

/// What is tested.
const TESTED: [Definition; 3] = [Definition::PooledIou, Definition::ImageIou, Definition::ImageDice];

/// The tests of two runs, B minus A.
pub(super) struct Significance {
    rows: Vec<Row>,
}

struct Row {
    definition: Definition,
    paired: Paired,
    /// Corrected for the rows by Holm's method.
    p: f64,
}

impl Row {
    /// One run a side: what is found holds for these two trainings.
    fn verdict(&self) -> &'static str {
        match self.paired.standing(self.p) {
            Standing::Tie => "tie",
            _ if self.paired.difference.value > 0.0 => "B is higher",
            _ => "B is lower",
        }
    }
}

impl Significance {
    /// Tests the images that both runs report on.
    pub(super) fn of(pairs: &Pairs) -> Self {
        let side = |side: usize| {
            let rows: Vec<(String, Score)> =
                pairs.common.iter().map(|pair| (pair.image.clone(), pair.scores[side])).collect();
            Sample::new(vec![(0, rows)]).ok()
        };
        let found: Vec<(Definition, Paired)> = side(0)
            .zip(side(1))
            .map(|(a, b)| {
                let of = |definition| Some((definition, paired(&b, &a, definition)?));
                TESTED.into_iter().filter_map(of).collect()
            })
            .unwrap_or_default();
        let p: Vec<f64> = found.iter().map(|(_, paired)| paired.permutation.p).collect();
        let rows = found.into_iter().zip(holm(&p));
        Self { rows: rows.map(|((definition, paired), p)| Row { definition, paired, p }).collect() }
    }

    pub(super) fn table(&self) -> Table {
        let mut table = Table::new([
            "METRIC",
            "B - A",
            "95 % INTERVAL",
            "P",
            "P HOLM",
            "P WILCOXON",
            "DETECTABLE",
            "VERDICT",
        ]);
        for row in &self.rows {
            let Paired { difference, permutation, wilcoxon, detectable, .. } = &row.paired;
            let points = |value: f64| format!("{:+.2}", row.definition.in_unit(value));
            table.row([
                row.definition.title().to_owned(),
                points(difference.value),
                format!("{} to {}", points(difference.low), points(difference.high)),
                probability(permutation.p),
                probability(row.p),
                wilcoxon.map_or_else(|| "-".to_owned(), |wilcoxon| probability(wilcoxon.p)),
                format!("{:.2}", row.definition.in_unit(*detectable)),
                row.verdict().to_owned(),
            ]);
        }
        table
    }

    pub(super) fn json(&self) -> Value {
        let rows: serde_json::Map<String, Value> = self
            .rows
            .iter()
            .map(|row| {
                let Paired { difference, permutation, wilcoxon, detectable, .. } = &row.paired;
                let value = json!({
                    "difference": difference.value,
                    "low": difference.low,
                    "high": difference.high,
                    "p": permutation.p,
                    "p_holm": row.p,
                    "p_wilcoxon": wilcoxon.map(|wilcoxon| wilcoxon.p),
                    "detectable": detectable,
                    "verdict": row.verdict(),
                });
                (row.definition.name().to_owned(), value)
            })
            .collect();
        Value::Object(rows)
    }
}

fn probability(p: f64) -> String {
    if p < 0.001 { "< 0.001".to_owned() } else { format!("{p:.3}") }
}
