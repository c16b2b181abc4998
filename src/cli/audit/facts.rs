//! What an audit asks of other rooms: costs of networks, and splits with their images.

use std::cell::RefCell;
use std::path::Path;

use crate::claim::{Counted, SplitFacts, Table, Twins};
use crate::cost::{Convention, Count};
use crate::dataset::{self, Split, lock};
use crate::experiment::settings::{ModelSettings, nearest_size};

/// Costs of networks, each counted once.
#[derive(Default)]
pub(in crate::cli) struct Counts {
    known: RefCell<Vec<(ModelSettings, usize, Vec<Counted>)>>,
}

impl Counts {
    /// What a network costs by every convention, the paper's first.
    pub(in crate::cli) fn of(&self, model: &ModelSettings, size: usize) -> Vec<Counted> {
        let mut known = self.known.borrow_mut();
        if let Some((.., counted)) = known.iter().find(|(other, at, _)| other == model && *at == size) {
            return counted.clone();
        }
        let counted = count(model, size);
        known.push((model.clone(), size, counted.clone()));
        counted
    }
}

fn count(model: &ModelSettings, size: usize) -> Vec<Counted> {
    // A paper may report at a size that the networks here don't take.
    if nearest_size(size) != size {
        return Vec::new();
    }
    let count = Count::new(model, size);
    let by = |convention: Convention| {
        let counted = count.by(convention);
        Counted {
            convention: convention.name(),
            parameters: counted.parameters,
            operations: counted.operations,
        }
    };
    Convention::ALL.map(by).to_vec()
}

/// Splits of tables, each looked at once.
pub(in crate::cli) struct Splits<'a> {
    data: Option<&'a Path>,
    known: RefCell<Vec<(Table, Option<SplitFacts>)>>,
}

impl<'a> Splits<'a> {
    /// Splits whose images are compared where they are prepared below `data`; else, and without `data`, those count as alike
    /// that `datasets.lock` lists.
    pub(in crate::cli) fn new(data: Option<&'a Path>) -> Self {
        Self { data, known: RefCell::default() }
    }

    /// What is known of a table's split: its lists, and which of its images look alike.
    pub(in crate::cli) fn of(&self, table: &Table) -> Option<SplitFacts> {
        let mut known = self.known.borrow_mut();
        let same = |other: &Table| {
            (&other.dataset, &other.split, other.size) == (&table.dataset, &table.split, table.size)
        };
        if let Some((_, facts)) = known.iter().find(|(other, _)| same(other)) {
            return facts.clone();
        }
        let facts = facts(table, self.data);
        known.push((table.clone(), facts.clone()));
        facts
    }
}

fn facts(table: &Table, data: Option<&Path>) -> Option<SplitFacts> {
    let split = dataset::split(&table.dataset, &table.split).ok()?;
    let shared = |list: &[String]| {
        split.train.iter().filter(|id| list.binary_search(id).is_ok()).cloned().collect::<Vec<_>>()
    };
    Some(SplitFacts {
        images: [split.train.len(), split.select.len(), split.report.len()],
        selects_on_report: split.selects_on_report(),
        trained_and_reported: shared(&split.report),
        trained_and_selecting: shared(&split.select),
        twins: match data.map(|data| compared(table, &split, data)) {
            Some(Ok(twins)) => Ok(twins),
            Some(Err(reason)) => listed(table, &split).ok_or(reason),
            None => listed(table, &split).ok_or_else(|| "none are listed for them".to_owned()),
        },
    })
}

/// Pairs that look alike among prepared images.
fn compared(table: &Table, split: &Split, data: &Path) -> Result<Vec<Twins>, String> {
    let images = dataset::open(&table.dataset, table.size, data).map_err(|_| {
        format!("{} isn\u{2019}t prepared at {2}x{2} below {1}", table.dataset, data.display(), table.size)
    })?;
    split.require(&table.dataset, &images).map_err(|error| error.to_string())?;
    let among = |list: &[String], reported: bool| {
        let of = |twin: dataset::Twin| Twins {
            trained: twin.a,
            other: twin.b,
            reported,
            distance: twin.distance,
            identical: twin.identical,
        };
        dataset::twins(&images, &split.train, list).into_iter().map(of).collect::<Vec<_>>()
    };
    let mut found = among(&split.report, true);
    found.extend(among(&selecting_alone(split), false));
    Ok(found)
}

/// Ids that select and aren't reported on.
fn selecting_alone(split: &Split) -> Vec<String> {
    split.select.iter().filter(|id| split.report.binary_search(id).is_err()).cloned().collect()
}

/// Pairs that `datasets.lock` lists; `None` where it lists none for the data set.
fn listed(table: &Table, split: &Split) -> Option<Vec<Twins>> {
    let near = &lock::builtin().dataset(&table.dataset).ok()?.near_duplicates;
    if near.is_empty() {
        return None;
    }
    let is_in = |list: &[String], id: &String| list.binary_search(id).is_ok();
    let selecting = selecting_alone(split);
    let across = near.iter().filter_map(|pair| {
        let [a, b] = &pair.ids;
        let mut orders = [(a, b), (b, a)].into_iter().filter(|(one, _)| is_in(&split.train, one));
        let in_either = |(trained, other): (&String, &String)| {
            let reported = is_in(&split.report, other);
            (reported || is_in(&selecting, other)).then(|| (trained.clone(), other.clone(), reported))
        };
        let (trained, other, reported) = orders.find_map(in_either)?;
        // The list knows them at 32x32 only.
        Some(Twins { trained, other, reported, distance: pair.mse.max(0.0), identical: false })
    });
    Some(across.collect())
}
