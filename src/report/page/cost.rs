//! What accuracy costs.

use maud::{Markup, html};

use super::part;
use crate::claim::{Quantity, Row, Table};
use crate::metric::Definition;
use crate::report::chart::{Axis, Scatter, ScatterChart};
use crate::report::error::ReportError;
use crate::report::findings::Findings;
use crate::report::table::Tables;

/// Pooled IoU against parameters and multiply-accumulates, costs by every convention, and speed.
pub(super) fn section(findings: &Findings<'_>, tables: &Tables) -> Result<Markup, ReportError> {
    let mut charts = Vec::new();
    for (quantity, label) in [
        (Quantity::Parameters, "parameters (millions, logarithmic)"),
        (Quantity::ConvMacs, "multiply-accumulates of convolutions (10\u{2079}, logarithmic)"),
    ] {
        if let Some(svg) = chart(findings, quantity, label)? {
            charts.push((format!("Pooled IoU against {label}"), svg));
        }
    }
    Ok(html! {
        section id="cost" aria-labelledby="cost-title" {
            h2 id="cost-title" { "Cost" }
            @if !charts.is_empty() {
                ul.legend {
                    li { svg.key viewBox="0 0 40 8" aria-hidden="true" { circle class="fill s0" cx="20" cy="4" r="3.5" {} } "ours, with the 95 % interval over images and seeds" }
                    li { svg.key viewBox="0 0 40 8" aria-hidden="true" { circle class="stroke s1" cx="20" cy="4" r="3" fill="none" stroke-width="1.5" {} } "as claimed" }
                }
                div.charts {
                    @for (title, svg) in &charts {
                        (part::figure(title, svg, findings.synthetic))
                    }
                }
            }
            @if tables.efficiency.frame.height() > 0 { (part::table(&tables.efficiency)) }
            @if tables.conventions.frame.height() > 0 { (part::table(&tables.conventions)) }
            (part::table(&tables.speed))
        }
    })
}

fn chart(findings: &Findings<'_>, quantity: Quantity, label: &str) -> Result<Option<String>, ReportError> {
    let mut ours = Scatter {
        style: 0,
        hollow: false,
        dot: 4,
        points: Vec::new(),
        ranges: Vec::new(),
        labels: Vec::new(),
    };
    for (variant, estimate) in findings.variants.iter().zip(&findings.estimates) {
        let (Some(estimate), Some(cost)) = (estimate, variant.cost()) else { continue };
        let x = if quantity == Quantity::Parameters {
            cost.parameters as f64 / 1e6
        } else {
            cost.conv_macs as f64 / 1e9
        };
        ours.points.push((x, 100.0 * estimate.value));
        ours.ranges.push((100.0 * estimate.low, 100.0 * estimate.high));
        ours.labels.push(variant.name.to_owned());
    }
    let mut claimed = Scatter {
        style: 1,
        hollow: true,
        dot: 4,
        points: Vec::new(),
        ranges: Vec::new(),
        labels: Vec::new(),
    };
    // Numbers of a paper stand beside ours on the same data only.
    let data = findings.variants.first().filter(|variant| !variant.first().record.synthetic);
    let mut tables = findings.input.claims.iter().flat_map(|claims| &claims.tables);
    // The first such table is the comparison; an ablation's rows would lie on top of one another.
    let same =
        tables.find(|table| data.is_some_and(|variant| table.is_about(&variant.first().settings.data)));
    for (table, row) in same.into_iter().flat_map(|table| table.rows.iter().map(move |row| (table, row))) {
        let Some((x, y)) = point(findings, table, row, quantity) else { continue };
        if !claimed.labels.contains(&row.label) {
            claimed.points.push((x, y));
            claimed.labels.push(row.label.clone());
        }
    }
    if ours.points.is_empty() {
        return Ok(None);
    }
    let chart = ScatterChart {
        description: format!("Pooled IoU against {label}, ours and as claimed"),
        x: Axis::new(label),
        y: Axis::new("pooled IoU (%)"),
        logarithmic: true,
        diagonal: false,
        groups: vec![ours, claimed],
    };
    chart.svg().map(Some)
}

/// A claimed row's cost and IoU; a cost that isn't claimed is taken from the network.
fn point(findings: &Findings<'_>, table: &Table, row: &Row, quantity: Quantity) -> Option<(f64, f64)> {
    let iou = row.cell(Quantity::Metric(Definition::PooledIou))?.value;
    let counted = || {
        let model = row.model.as_ref()?;
        let cost =
            findings.input.costs.iter().find(|cost| cost.model == *model && cost.size == table.size)?.cost;
        let x = if quantity == Quantity::Parameters {
            cost.parameters as f64 / 1e6
        } else {
            cost.conv_macs as f64 / 1e9
        };
        (x > 0.0).then_some(x)
    };
    let x = row.cell(quantity).map(|cell| cell.value).or_else(counted)?;
    // A logarithmic axis has no place for nothing.
    (x > 0.0).then_some((x, iou))
}
