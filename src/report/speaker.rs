//! Which variant of an experiment speaks for a claimed row.

use super::variant::Variant;
use crate::claim::{Row, Status, Table, departures, register};

/// Labels of the deviations by which a variant differs from the authors' released code.
pub(super) fn changed(variant: &Variant<'_>) -> Vec<String> {
    let (settings, origin) = (&variant.first().settings, variant.origin());
    register()
        .filter(|deviation| matches!(deviation.applies(settings, origin.as_ref()), Status::Changed(_)))
        .map(crate::claim::Deviation::label)
        .collect()
}

/// Which variant speaks for a row, or why none does.
pub(super) struct Found<'v, 'a> {
    pub variant: Result<&'v Variant<'a>, String>,
    /// Those that could speak as well.
    pub others: Vec<&'v Variant<'a>>,
    /// True where a variant is about the row's network.
    pub has_network: bool,
    /// True where one is on the table's data as well.
    pub on_its_data: bool,
}

/// The variant that speaks for a row of a table.
pub(super) fn speaker<'v, 'a>(variants: &'v [Variant<'a>], table: &Table, row: &Row) -> Found<'v, 'a> {
    if row.model.is_none() {
        let reason = "no network here is what the row is about".to_owned();
        return Found { variant: Err(reason), others: Vec::new(), has_network: false, on_its_data: false };
    }
    let mut nearest = (0, "no run of this network in this experiment".to_owned());
    let mut able: Vec<&Variant<'a>> = Vec::new();
    for variant in variants.iter().filter(|variant| row.is_about(&variant.first().settings.model)) {
        match obstacle(variant, table) {
            None => able.push(variant),
            Some(found) if found.0 > nearest.0 => nearest = found,
            Some(_) => {}
        }
    }
    // The one that is nearest to the authors' code speaks, the first of equals.
    able.sort_by_key(|variant| changed(variant).len());
    if let Some((variant, others)) = able.split_first() {
        let others = others.to_vec();
        return Found { variant: Ok(variant), others, has_network: true, on_its_data: true };
    }
    Found {
        has_network: nearest.0 > 0,
        on_its_data: nearest.0 > AT_DATA,
        others: Vec::new(),
        variant: Err(nearest.1),
    }
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
    let departures =
        table.training.map(|training| departures(&run.settings.train, training)).unwrap_or_default();
    if !departures.is_empty() {
        let told = departures.join(", ");
        return Some((3, format!("its runs here train otherwise than claimed: {told}")));
    }
    if variant.done().next().is_none() {
        return Some((4, format!("0 of {} runs are done", variant.runs.len())));
    }
    None
}
