//! What the networks of a paper's tables cost: as claimed, and as counted here.

use polars::prelude::Column;

use super::shown::{Show, Shown, Table};
use crate::claim::{Cell, Claims, Quantity, Row};
use crate::report::error::ReportError;
use crate::report::input::ReportInput;
use crate::store::ModelCost;

/// A row of a paper with a claimed cost.
struct Claimed<'a> {
    claims: &'a Claims,
    row: &'a Row,
    counted: Option<ModelCost>,
    /// The paper's own network.
    own: Own<'a>,
}

/// The network that the paper is about, with which it compares the others.
#[derive(Clone, Copy)]
struct Own<'a> {
    row: Option<&'a Row>,
    counted: Option<ModelCost>,
}

pub(super) fn table(input: &ReportInput) -> Result<Table, ReportError> {
    let claimed = rows(input);
    let text = |value: &dyn Fn(&Claimed<'_>) -> String| claimed.iter().map(value).collect::<Vec<_>>();
    let number =
        |value: &dyn Fn(&Claimed<'_>) -> Option<f64>| claimed.iter().map(value).collect::<Vec<Option<f64>>>();
    let integer = |value: &dyn Fn(ModelCost) -> u64| {
        claimed.iter().map(|row| row.counted.map(value)).collect::<Vec<_>>()
    };
    let columns = vec![
        Column::new("paper".into(), text(&|row| row.claims.paper.key.clone())),
        Column::new("network".into(), text(&|row| row.row.label.clone())),
        Column::new("parameters_claimed".into(), text(&|row| printed(row.row, Quantity::Parameters))),
        Column::new("parameters".into(), integer(&|cost| cost.parameters)),
        Column::new(
            "parameters_ratio_claimed".into(),
            number(&|row| row.claimed_ratio(Quantity::Parameters)),
        ),
        Column::new("parameters_ratio".into(), number(&|row| row.counted_ratio(|cost| cost.parameters))),
        Column::new("conv_macs_claimed".into(), text(&|row| printed(row.row, Quantity::ConvMacs))),
        Column::new("conv_macs".into(), integer(&|cost| cost.conv_macs)),
        Column::new("conv_macs_ratio_claimed".into(), number(&|row| row.claimed_ratio(Quantity::ConvMacs))),
        Column::new("conv_macs_ratio".into(), number(&|row| row.counted_ratio(|cost| cost.conv_macs))),
        Column::new("note".into(), text(&|row| row.row.note.clone())),
    ];
    let shown = vec![
        Shown::new("Network", "network", Show::Text),
        Shown::new("Params (M), claimed", "parameters_claimed", Show::Text),
        Shown::new("Parameters, counted", "parameters", Show::Count),
        Shown::new("times, claimed", "parameters_ratio_claimed", Show::Decimal(1)),
        Shown::new("times, counted", "parameters_ratio", Show::Decimal(1)),
        Shown::new("GFLOPs, claimed", "conv_macs_claimed", Show::Text),
        Shown::new("Conv MACs (G), counted", "conv_macs", Show::Giga),
        Shown::new("times, claimed", "conv_macs_ratio_claimed", Show::Decimal(1)),
        Shown::new("times, counted", "conv_macs_ratio", Show::Decimal(1)),
        Shown::new("Note", "note", Show::Text),
    ];
    let title = "What the networks cost, claimed and counted";
    let mut table = Table::new("efficiency", title, claimed.len(), columns, shown)?;
    table.notes = vec![
        "Counted from the executed graph at the table\u{2019}s size: every trained scalar, and multiply-accumulates of \
         convolutions, which is what the paper calls FLOPs. \u{201c}times\u{201d} says how much more than the paper\u{2019}s own \
         network. A row without counts has no network here."
            .to_owned(),
    ];
    Ok(table)
}

fn rows(input: &ReportInput) -> Vec<Claimed<'_>> {
    let counted = |row: &Row, size: usize| {
        let model = row.model.as_ref()?;
        let cost = input.costs.iter().find(|cost| cost.model == *model && cost.size == size)?.cost;
        (cost.parameters > 0).then_some(cost)
    };
    let mut found: Vec<Claimed<'_>> = Vec::new();
    for claims in &input.claims {
        let all = || claims.tables.iter().flat_map(|table| table.rows.iter().map(move |row| (table, row)));
        let is_own = |row: &Row| row.model.as_ref().is_some_and(|model| model.name() == claims.paper.key);
        let own = all().find(|(_, row)| is_own(row));
        let own = Own {
            row: own.map(|(_, row)| row),
            counted: own.and_then(|(table, row)| counted(row, table.size)),
        };
        for (table, row) in all() {
            let costs = [Quantity::Parameters, Quantity::ConvMacs].map(|quantity| cell(row, quantity));
            let known = found.iter().any(|other| {
                std::ptr::eq(other.claims, claims)
                    && other.row.label == row.label
                    && other.row.model == row.model
            });
            if costs.iter().any(Option::is_some) && !known {
                found.push(Claimed { claims, row, counted: counted(row, table.size), own });
            }
        }
    }
    found
}

impl Claimed<'_> {
    fn claimed_ratio(&self, quantity: Quantity) -> Option<f64> {
        Some(cell(self.row, quantity)?.value / cell(self.own.row?, quantity)?.value)
    }

    fn counted_ratio(&self, of: impl Fn(ModelCost) -> u64) -> Option<f64> {
        Some(of(self.counted?) as f64 / of(self.own.counted?) as f64)
    }
}

fn cell(row: &Row, quantity: Quantity) -> Option<&Cell> {
    row.cells.iter().find(|cell| cell.quantity == quantity)
}

fn printed(row: &Row, quantity: Quantity) -> String {
    cell(row, quantity).map(|cell| format!("{:.*}", cell.digits, cell.value)).unwrap_or_default()
}
