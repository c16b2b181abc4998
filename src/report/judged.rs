//! Every claimed cell, and what the experiment's runs say about it.

use super::input::ReportInput;
use super::speaker::{Found, changed, speaker};
use super::uncertain;
use super::variant::Variant;
use crate::claim::{Attempt, Cell, Claims, Judgement, Measured, Quantity, Row, Table, Verdict, judge};
use crate::metric::Definition;
use crate::statistics::Estimate;

/// A claimed cell with its verdict; numbers in the cell's unit.
pub(super) struct Judged<'a> {
    pub claims: &'a Claims,
    pub table: &'a Table,
    pub row: &'a Row,
    pub cell: &'a Cell,
    /// The variant whose runs speak for it.
    pub variant: Option<&'a str>,
    /// Ids of those runs.
    pub runs: Vec<&'a str>,
    /// Our value: mean over seeds, or the count.
    pub ours: Option<f64>,
    /// Spread of ours over seeds.
    pub std: Option<f64>,
    /// Seeds behind it; none for a count.
    pub seeds: Option<usize>,
    /// Ours with its interval over repeated draws of images and seeds.
    pub estimate: Option<Estimate>,
    /// Interval of ours minus theirs over repeated trainings on these images.
    pub interval: Option<(f64, f64)>,
    pub tolerance: Option<f64>,
    pub judgement: Judgement,
    /// The verdict at half and at twice the tolerance.
    pub moved: [Verdict; 2],
    /// Other variants that could speak for the cell, with their values.
    pub others: Vec<String>,
    /// Labels of the deviations by which our runs differ from the authors' released code.
    pub deviations: Vec<String>,
    /// True where the experiment has runs of the row's network, finished or not; for a metric, on the table's data.
    pub in_experiment: bool,
}

impl<'a> Judged<'a> {
    /// Every cell of every claims file, in order.
    pub fn all(input: &'a ReportInput, variants: &[Variant<'a>]) -> Vec<Self> {
        let mut judged = Vec::new();
        for claims in &input.claims {
            for table in &claims.tables {
                for row in &table.rows {
                    let found = speaker(variants, table, row);
                    judged.extend(
                        row.cells.iter().map(|cell| Self::of(input, (claims, table, row, cell), &found)),
                    );
                }
            }
        }
        judged
    }

    fn of(
        input: &ReportInput,
        (claims, table, row, cell): (&'a Claims, &'a Table, &'a Row, &'a Cell),
        found: &Found<'_, 'a>,
    ) -> Self {
        let tolerance = claims.tolerances.of(cell.quantity).map(|tolerance| tolerance.value);
        let mut judged = Self {
            claims,
            table,
            row,
            cell,
            variant: None,
            runs: Vec::new(),
            ours: None,
            std: None,
            seeds: None,
            estimate: None,
            interval: None,
            tolerance: None,
            judgement: Judgement { verdict: Verdict::NotAttempted, reason: String::new() },
            moved: [Verdict::NotAttempted; 2],
            others: Vec::new(),
            deviations: Vec::new(),
            in_experiment: match cell.quantity {
                Quantity::Metric(_) => found.on_its_data,
                Quantity::Parameters | Quantity::ConvMacs => found.has_network,
            },
        };
        let attempt = match cell.quantity {
            Quantity::Metric(definition) => {
                judged.tolerance = tolerance;
                judged.metric(definition, found)
            }
            quantity => judged.count(input, quantity),
        };
        judged.judgement = judge(row, cell, &attempt);
        judged.moved = [0.5, 2.0].map(|factor| {
            let mut attempt = attempt.clone();
            if let Attempt::Measured(measured) = &mut attempt {
                measured.tolerance = measured.tolerance.map(|tolerance| factor * tolerance);
            }
            judge(row, cell, &attempt).verdict
        });
        judged
    }

    fn metric(&mut self, definition: Definition, found: &Found<'_, 'a>) -> Attempt {
        let variant = match &found.variant {
            Ok(variant) => *variant,
            Err(reason) => return Attempt::None(reason.clone()),
        };
        let sample = match &variant.sample {
            Ok(sample) => sample,
            Err(error) => return Attempt::None(error.to_string()),
        };
        let unit = definition.in_unit(1.0);
        let Some(summary) = sample.summary(definition).map(|summary| summary.times(unit)) else {
            return Attempt::None(format!("`{definition}` is undefined for these runs"));
        };
        self.variant = Some(variant.name);
        self.runs = variant.done().map(|run| run.record.id.as_str()).collect();
        self.ours = Some(summary.mean);
        self.std = summary.std;
        self.seeds = Some(summary.n);
        self.estimate = sample.estimate(definition).map(|estimate| scaled(estimate, unit));
        self.interval = uncertain::interval(&summary, self.table, self.cell);
        self.others = found
            .others
            .iter()
            .filter_map(|other| {
                let summary = other.summary(definition)?.times(unit);
                Some(format!("{} {summary}", other.name))
            })
            .collect();
        self.deviations = changed(variant);
        Attempt::Measured(Measured {
            interval: self.interval,
            seeds: summary.n,
            tolerance: self.tolerance,
            noise_floor: noise_floor(variant, definition),
        })
    }

    fn count(&mut self, input: &ReportInput, quantity: Quantity) -> Attempt {
        let Some(model) = &self.row.model else {
            return Attempt::None("no network here is what the row is about".to_owned());
        };
        let cost = input.costs.iter().find(|cost| cost.model == *model && cost.size == self.table.size);
        let Some(cost) = cost.map(|cost| cost.cost).filter(|cost| cost.parameters > 0) else {
            return Attempt::None("its cost wasn\u{2019}t counted".to_owned());
        };
        let ours = if quantity == Quantity::Parameters {
            cost.parameters as f64 / 1e6
        } else {
            cost.conv_macs as f64 / 1e9
        };
        self.ours = Some(ours);
        Attempt::Counted(ours)
    }

    /// How probable "reproduced" would be if ours were theirs in truth, with so many seeds that spread as ours do, in `[0, 1]`.
    pub fn power(&self, seeds: usize) -> Option<f64> {
        Some(uncertain::power(self.std?, seeds, self.table, self.cell, self.tolerance?))
    }

    /// Ours minus theirs.
    pub fn difference(&self) -> Option<f64> {
        Some(self.ours? - self.cell.value)
    }
}

/// The estimate in another unit.
fn scaled(estimate: Estimate, factor: f64) -> Estimate {
    let Estimate { value, low, high, std_error, replicates } = estimate;
    Estimate {
        value: factor * value,
        low: factor * low,
        high: factor * high,
        std_error: factor * std_error,
        replicates,
    }
}

/// The largest that was measured for one of the runs, in points.
fn noise_floor(variant: &Variant<'_>, definition: Definition) -> Option<f64> {
    let floors = variant.runs.iter().filter_map(|run| {
        let floor = run.noise_floor.as_ref()?;
        let spread = floor.among_repeats.max(floor.from_stored);
        match definition {
            Definition::PooledIou => Some(spread.pooled_iou),
            Definition::PooledDice => Some(spread.pooled_dice),
            _ => None,
        }
    });
    floors.reduce(f64::max)
}
