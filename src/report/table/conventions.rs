//! What each network of the claims costs by each convention.

use polars::prelude::Column;

use super::shown::{Show, Shown, Table};
use crate::claim::Counted;
use crate::report::error::ReportError;
use crate::report::input::ReportInput;

/// A network by one convention.
struct Row<'a> {
    network: String,
    size: usize,
    counted: &'a Counted,
}

pub(super) fn table(input: &ReportInput) -> Result<Table, ReportError> {
    let rows: Vec<Row<'_>> = input
        .costs
        .iter()
        .flat_map(|cost| {
            let (network, size) = (label(input, cost), cost.size);
            cost.conventions.iter().map(move |counted| Row { network: network.clone(), size, counted })
        })
        .collect();
    let columns = vec![
        Column::new("network".into(), rows.iter().map(|row| row.network.as_str()).collect::<Vec<_>>()),
        Column::new("size".into(), rows.iter().map(|row| row.size as u64).collect::<Vec<_>>()),
        Column::new("convention".into(), rows.iter().map(|row| row.counted.convention).collect::<Vec<_>>()),
        Column::new("parameters".into(), rows.iter().map(|row| row.counted.parameters).collect::<Vec<_>>()),
        Column::new("operations".into(), rows.iter().map(|row| row.counted.operations).collect::<Vec<_>>()),
    ];
    let shown = vec![
        Shown::new("Network", "network", Show::Text),
        Shown::new("Convention", "convention", Show::Code),
        Shown::new("Parameters", "parameters", Show::Count),
        Shown::new("Operations (G)", "operations", Show::Giga),
    ];
    let mut table = Table::new("conventions", "Cost under each convention", rows.len(), columns, shown)?;
    table.notes = vec![
        "paper: every trained scalar; multiply-accumulates of convolutions. flops: every floating-point operation, a \
         multiply-accumulate as two. thop: the Python counter\u{2019}s rules, which leave out learnable tensors outside of layers. torch: \
         PyTorch\u{2019}s own counter, convolutions and products as two operations each."
            .to_owned(),
    ];
    Ok(table)
}

/// The label of the first row about the network.
fn label(input: &ReportInput, cost: &crate::report::input::NetworkCost) -> String {
    let rows = input.claims.iter().flat_map(|claims| &claims.tables).flat_map(|table| &table.rows);
    let row = rows.into_iter().find(|row| row.model.as_ref() == Some(&cost.model));
    row.map_or_else(|| cost.model.name().to_owned(), |row| row.label.clone())
}
