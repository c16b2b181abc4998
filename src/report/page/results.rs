//! The comparison of variants, the paper's values beside ours, and every run.

use maud::{Markup, html};

use super::cell::CellExtra;
use super::part;
use crate::report::against::Against;
use crate::report::findings::Findings;
use crate::report::table::{Shown, Tables, signed};

/// Variants compared, then cell by cell against the paper.
pub(super) fn section(findings: &Findings<'_>, tables: &Tables) -> Markup {
    let (variants, pairs) = (&findings.variants, &findings.pairs);
    let beside = |row: usize, shown: &Shown| {
        let pair = pairs.iter().find(|pair| {
            let quantity = pair.cell.quantity.name().replace('-', "_");
            pair.variant == variants[row].name && quantity == shown.column()
        })?;
        Some(CellExtra::second(paper_line(pair)))
    };
    html! {
        section id="results" aria-labelledby="results-title" {
            h2 id="results-title" { "Results" }
            (part::table_with(&tables.comparison, &beside))
            @if !pairs.is_empty() {
                (part::table(&tables.paper))
                (sources(pairs))
            } @else if !findings.input.claims.is_empty() {
                p.note { "No paper\u{2019}s table is about this network on these images, this split and this input size: nothing to compare with." }
            }
        }
    }
}

/// The second line of a cell: what the paper says, and the difference for metrics.
fn paper_line(pair: &Against<'_>) -> Markup {
    let (cell, digits) = (pair.cell, pair.cell.digits);
    let difference = match cell.quantity.unit() {
        "%" => "points",
        unit => unit,
    };
    html! {
        "paper " (format!("{:.digits$}", cell.value))
        @if let Some(spread) = cell.spread { (format!(" ± {spread:.digits$}")) }
        @match pair.n {
            Some(_) => { br; (signed(pair.difference(), digits)) " " (difference) }
            None => { " " (cell.quantity.unit()) }
        }
    }
}

fn sources(pairs: &[Against<'_>]) -> Markup {
    let mut sources: Vec<String> = Vec::new();
    for pair in pairs {
        let paper = &pair.claims.paper;
        let text = format!(
            "{}. {}. {}. Cells: {} (evidence: {}). Protocol: {}.",
            paper.authors,
            paper.title,
            paper.venue,
            pair.cell.source,
            pair.cell.evidence.name(),
            pair.table.protocol,
        );
        if !sources.contains(&text) {
            sources.push(text);
        }
    }
    html! {
        @for source in &sources { p.note { (source) } }
    }
}

/// Every run with its state.
pub(super) fn runs(tables: &Tables) -> Markup {
    let reason = |row: usize, shown: &Shown| {
        let reason = tables.runs.string(row, "reason").filter(|_| shown.is_state())?;
        (!reason.is_empty()).then(|| CellExtra::details(html! { p { (reason) "." } }))
    };
    html! {
        section id="runs" aria-labelledby="runs-title" {
            h2 id="runs-title" { "Runs" }
            (part::table_with(&tables.runs, &reason))
        }
    }
}
