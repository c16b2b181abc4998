//! The claims tables as the papers print them, a verdict on every cell.

use maud::{Markup, html};

use super::anchor::{ids, slug};
use super::cell::{self, CellExtra, sign};
use super::part;
use crate::claim::{Cell, Claims, RULE, Row, Table as ClaimsTable, Verdict};
use crate::report::findings::Findings;
use crate::report::judged::Judged;
use crate::report::table::{Tables, signed};

/// The claims tables, the rule, the tolerances and how verdicts would move with them.
pub(super) fn section(findings: &Findings<'_>, tables: &Tables) -> Markup {
    let input = findings.input;
    if input.claims.is_empty() {
        return html! {
            section id="claims" aria-labelledby="claims-title" {
                h2 id="claims-title" { "Claims" }
                p.note { "This experiment names no claims: nothing is set beside it." }
            }
        };
    }
    html! {
        section id="claims" aria-labelledby="claims-title" {
            h2 id="claims-title" { "Claims" }
            p.prose {
                "The papers\u{2019} tables as printed. Below each number stands ours, where there is one, and the verdict; a cell opens \
                 to show how it came about."
            }
            @for claims in &input.claims {
                @for table in &claims.tables { (matrix(findings, claims, table)) }
                p.note { (cited(claims)) }
            }
            h3 id="rule" { "The rule" }
            dl.rule {
                @for (verdict, meaning) in RULE {
                    div { dt { (sign(class(verdict))) } dd { (meaning) } }
                }
            }
            p.prose {
                "The interval that decides is over repeated trainings on the images of the claim (Student\u{2019}s t, Welch\u{2019}s where the paper \
                 prints a spread and a number of trainings; a mean printed without one is taken to vary as ours does), half of its last digit wider \
                 on both sides, since both numbers are about the same images. The wider interval in a \
                 cell\u{2019}s details is over images as well: it says how far the value would move on other images of the kind."
            }
            (part::table(&tables.tolerances))
            h3 id="moved" { "Half and twice the tolerance" }
            (moved(findings))
            @if tables.closest.frame.height() > 0 { (part::table(&tables.closest)) }
            details.fold {
                summary { "All " (tables.verdicts.frame.height()) " cells in one table" }
                (part::table(&tables.verdicts))
            }
        }
    }
}

fn cited(claims: &Claims) -> String {
    let paper = &claims.paper;
    format!("{}. {}. {}. {}.", paper.authors, paper.title, paper.venue, paper.link)
}

/// The style sheet's class of a verdict.
pub(super) fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Reproduced => "reproduced",
        Verdict::Better => "better",
        Verdict::NotReproduced => "not-reproduced",
        Verdict::Inconclusive => "inconclusive",
        Verdict::NotAttempted => "not-attempted",
    }
}

/// A table as its paper prints it.
fn matrix(findings: &Findings<'_>, claims: &Claims, table: &ClaimsTable) -> Markup {
    let mut headings: Vec<&str> = Vec::new();
    for cell in table.rows.iter().flat_map(|row| &row.cells) {
        if !headings.contains(&cell.heading.as_str()) {
            headings.push(&cell.heading);
        }
    }
    let judged = |row: &Row, cell: &Cell| {
        findings.judged.iter().find(|judged| std::ptr::eq(judged.row, row) && std::ptr::eq(judged.cell, cell))
    };
    let id = format!("claims-{}-{}", slug(&claims.paper.key), slug(&table.name));
    let labels: Vec<String> = table.rows.iter().map(|row| row.label.clone()).collect();
    let row_ids = ids(&format!("row-{id}"), &labels);
    html! {
        div.sheet id=(id) {
            div.scroll role="region" aria-label=(format!("{}: {}", claims.paper.key, table.title)) tabindex="0" {
            table.data.claims {
                caption { span.title { (claims.paper.venue) ": " (table.title) ", " (table.images) " images, split " (table.split) } }
                thead {
                    tr {
                        th scope="col" class="text" { "Row" }
                        @for heading in &headings { th scope="col" class="number" { (heading) } }
                    }
                }
                tbody {
                    @for (row, row_id) in table.rows.iter().zip(&row_ids) {
                        tr id=(row_id) {
                            th scope="row" class="text" {
                                (row.label)
                                @if !row.change.is_empty() { span.second { (row.change) } }
                            }
                            @for heading in &headings {
                                @let found = row.cells.iter().find(|cell| cell.heading == *heading);
                                @match found.and_then(|cell| Some((cell, judged(row, cell)?))) {
                                    Some((cell, judged)) => {
                                        @let key = format!("details-{row_id}-{}", slug(heading));
                                        (cell::number(&key, cell.value, &cell.printed(), &extra(judged)))
                                    }
                                    None => td.number data-missing { "\u{2013}" },
                                }
                            }
                        }
                    }
                }
            }
            }
            p.note { "Protocol of the paper: " (table.protocol) "." }
        }
    }
}

/// What stands below a claimed number, and what its cell opens to.
fn extra(judged: &Judged<'_>) -> CellExtra {
    let digits = judged.cell.digits;
    let second = html! {
        @if let Some(ours) = judged.ours {
            (format!("{ours:.digits$}"))
            @if let Some(std) = judged.std { (format!(" \u{b1} {std:.digits$}")) }
        }
    };
    CellExtra {
        second: judged.ours.is_some().then_some(second),
        details: Some(details(judged)),
        state: Some(class(judged.judgement.verdict)),
    }
}

fn details(judged: &Judged<'_>) -> Markup {
    let cell = judged.cell;
    let (digits, unit) = (cell.digits, cell.quantity.unit());
    let difference_unit = cell.quantity.difference_unit();
    let mut facts: Vec<(&str, String)> = vec![
        ("Why", judged.judgement.reason.clone()),
        ("Definition", cell.quantity.name().to_owned()),
        (
            "Claimed",
            format!("{} {unit} (evidence: {}; {})", cell.printed(), cell.evidence.name(), cell.source),
        ),
    ];
    if let Some(ours) = judged.ours {
        let spread = judged.std.map(|std| format!(" \u{b1} {std:.digits$}")).unwrap_or_default();
        let n = judged.seeds.map(|n| format!(" (n = {n})")).unwrap_or_default();
        facts.push((
            "Ours",
            format!("{ours:.*}{spread} {unit}{n}", if n.is_empty() { digits + 3 } else { digits }),
        ));
    }
    if let (Some(difference), Some((low, high))) = (judged.difference(), judged.interval) {
        facts.push((
            "Ours minus theirs",
            format!(
                "{} {difference_unit}, {} to {} over repeated trainings",
                signed(difference, 2),
                signed(low, 2),
                signed(high, 2)
            ),
        ));
    }
    if let Some(estimate) = judged.estimate {
        facts.push((
            "Ours on other images",
            format!("{:.2} to {:.2} {unit} (95 %, images and seeds drawn anew)", estimate.low, estimate.high),
        ));
    }
    if let Some(tolerance) = judged.tolerance {
        let [half, twice] = judged.moved.map(Verdict::name);
        facts.push((
            "Tolerance",
            format!("\u{b1}{tolerance} {difference_unit}; at half of it {half}, at twice {twice}"),
        ));
    }
    if let Some(variant) = judged.variant {
        facts.push(("Runs", format!("variant {variant}: {}", judged.runs.join(", "))));
    }
    if !judged.others.is_empty() {
        facts.push(("Other variants of the network", judged.others.join("; ")));
    }
    if !judged.deviations.is_empty() {
        facts.push(("Deviations", judged.deviations.join(", ")));
    }
    if !judged.row.note.is_empty() {
        facts.push(("Note", judged.row.note.clone()));
    }
    html! {
        dl {
            div { dt { "Verdict" } dd { (sign(class(judged.judgement.verdict))) } }
            @for (name, text) in facts { div { dt { (name) } dd { (text) } } }
        }
    }
}

/// How many cells have each verdict at half, at the registered, and at twice the tolerance.
fn moved(findings: &Findings<'_>) -> Markup {
    let metrics: Vec<&Judged<'_>> = findings.judged.iter().filter(|judged| judged.seeds.is_some()).collect();
    if metrics.is_empty() {
        return html! { p.note { "No claimed metric was attempted here, so no tolerance was used." } };
    }
    // The verdict of a cell at half, at the registered, and at twice the tolerance.
    let at = |judged: &Judged<'_>, factor: usize| match factor {
        0 => judged.moved[0],
        1 => judged.judgement.verdict,
        _ => judged.moved[1],
    };
    let count = |factor: usize, verdict: Verdict| {
        metrics.iter().filter(|judged| at(judged, factor) == verdict).count()
    };
    let changed =
        metrics.iter().filter(|judged| judged.moved.iter().any(|moved| *moved != judged.judgement.verdict));
    html! {
        div.scroll role="region" aria-label="Verdicts by tolerance" tabindex="0" {
            table.data {
                caption { span.title { "Verdicts on the " (metrics.len()) " attempted metrics by tolerance" } }
                thead {
                    tr {
                        th scope="col" class="text" { "Tolerance" }
                        @for verdict in &Verdict::ALL[..4] { th scope="col" class="number" { (verdict.name()) } }
                    }
                }
                tbody {
                    @for (factor, name) in ["half", "registered", "twice"].iter().enumerate() {
                        tr id={ "row-moved-" (name) } {
                            th scope="row" class="text" { (name) }
                            @for verdict in &Verdict::ALL[..4] { td class="number" { (count(factor, *verdict)) } }
                        }
                    }
                }
            }
        }
        @let changed: Vec<String> = changed.map(|judged| format!(
            "{} {} ({}, {}, {})",
            judged.row.label, judged.cell.heading, judged.moved[0].name(), judged.judgement.verdict.name(), judged.moved[1].name()
        )).collect();
        p.note {
            @if changed.is_empty() {
                "No verdict depends on the size of the tolerance within this range."
            } @else {
                "Verdicts that depend on it (half, registered, twice): " (changed.join("; ")) "."
            }
        }
    }
}
