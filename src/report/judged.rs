//! Every claimed cell, and what the experiment's runs say about it.

use super::input::ReportInput;
use super::variant::Variant;
use crate::analysis::LEVEL;
use crate::claim::{
    Attempt, Cell, Claims, Judgement, Measured, Quantity, Row, Status, Table, Verdict, judge, register,
};
use crate::metric::Definition;
use crate::statistics::{Estimate, Reported, Summary, difference_interval};

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
        judged.judgement = judge(cell, &attempt);
        judged.moved = [0.5, 2.0].map(|factor| {
            let mut attempt = attempt.clone();
            if let Attempt::Measured(measured) = &mut attempt {
                measured.tolerance = measured.tolerance.map(|tolerance| factor * tolerance);
            }
            judge(cell, &attempt).verdict
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
        self.interval = interval(&summary, self.table, self.cell);
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

/// Labels of the deviations by which a variant differs from the authors' released code.
fn changed(variant: &Variant<'_>) -> Vec<String> {
    let (settings, origin) = (&variant.first().settings, variant.origin());
    register()
        .filter(|deviation| matches!(deviation.applies(settings, origin.as_ref()), Status::Changed(_)))
        .map(crate::claim::Deviation::label)
        .collect()
}

/// Of ours minus theirs, with half a unit of their last digit on both sides.
///
/// A mean that they print without a spread is taken to vary as ours does, over so many trainings as they say, else one.
fn interval(summary: &Summary, table: &Table, cell: &Cell) -> Option<(f64, f64)> {
    let theirs = Reported { mean: cell.value, std: cell.spread, n: table.repeats };
    let (mut low, mut high) = difference_interval(summary, theirs, LEVEL)?;
    if cell.spread.is_none() {
        let (middle, half) = (f64::midpoint(low, high), (high - low) / 2.0);
        let wider = half * (1.0 + summary.n as f64 / table.repeats.unwrap_or(1) as f64).sqrt();
        (low, high) = (middle - wider, middle + wider);
    }
    Some((low - cell.half_digit(), high + cell.half_digit()))
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

/// Which variant speaks for a row, or why none does.
struct Found<'v, 'a> {
    variant: Result<&'v Variant<'a>, String>,
    /// True where a variant is about the row's network.
    has_network: bool,
    /// True where one is on the table's data as well.
    on_its_data: bool,
}

fn speaker<'v, 'a>(variants: &'v [Variant<'a>], table: &Table, row: &Row) -> Found<'v, 'a> {
    if row.model.is_none() {
        let reason = "no network here is what the row is about".to_owned();
        return Found { variant: Err(reason), has_network: false, on_its_data: false };
    }
    let mut nearest = (0, "no run of this network in this experiment".to_owned());
    let mut able: Vec<&Variant<'_>> = Vec::new();
    for variant in variants.iter().filter(|variant| row.is_about(&variant.first().settings.model)) {
        match obstacle(variant, table) {
            None => able.push(variant),
            Some(found) if found.0 > nearest.0 => nearest = found,
            Some(_) => {}
        }
    }
    // The one that is nearest to the authors' code speaks, the first of equals.
    if let Some(variant) = able.into_iter().min_by_key(|variant| changed(variant).len()) {
        return Found { variant: Ok(variant), has_network: true, on_its_data: true };
    }
    Found { has_network: nearest.0 > 0, on_its_data: nearest.0 > AT_DATA, variant: Err(nearest.1) }
}

/// How near a variant comes that runs on other data.
const AT_DATA: u32 = 1;

/// Why a variant doesn't speak for a table, the later the nearer.
fn obstacle(variant: &Variant<'_>, table: &Table) -> Option<(u32, String)> {
    let run = variant.first();
    let (data, images, epochs) = (&run.settings.data, run.images[2], run.settings.train.epochs);
    if run.record.synthetic {
        return Some((AT_DATA, "its runs here are on synthetic images".to_owned()));
    }
    if !table.is_about(data) {
        let here = format!("{} / {}", data.source.dataset(), data.source.split());
        return Some((AT_DATA, format!("its runs here are on {here}")));
    }
    if data.size != table.size || images != table.images {
        return Some((2, format!("its runs here report on {images} images of {0}x{0}", data.size)));
    }
    if let Some(claimed) = table.epochs.filter(|claimed| *claimed != epochs) {
        return Some((3, format!("its runs here train for {epochs} epochs, the claim is about {claimed}")));
    }
    if variant.done().next().is_none() {
        return Some((4, format!("0 of {} runs are done", variant.runs.len())));
    }
    None
}
