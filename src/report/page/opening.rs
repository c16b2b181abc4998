//! The first screen: what was run, what came out, how sure that is.

use maud::{Markup, html};

use super::cell::sign;
use super::claims::class;
use super::part::synthetic_tag;
use crate::claim::{Outcome, Quantity, Verdict};
use crate::experiment::settings::{Protocol, Settings};
use crate::metric::Definition;
use crate::number::grouped;
use crate::report::findings::Findings;
use crate::report::input::{ReportInput, ReportRun};
use crate::report::table::{Tables, signed};
use crate::report::variant::{Variant, distinct};
use crate::statistics::Summary;

/// The sections that the contents list.
const CONTENTS: [(&str, &str); 15] = [
    ("claims", "Claims"),
    ("results", "Results"),
    ("differences", "Differences"),
    ("cost", "Cost"),
    ("learning", "Learning curves"),
    ("distribution", "Image by image"),
    ("gallery", "Gallery"),
    ("leaks", "Leaks"),
    ("audit", "Audit"),
    ("runs", "Runs"),
    ("definitions", "Metrics"),
    ("deviations", "Deviations"),
    ("provenance", "Provenance"),
    ("references", "References"),
    ("limits", "Limits"),
];

/// Title, headline and facts.
pub(super) fn header(findings: &Findings<'_>, tables: &Tables, limits: &[String]) -> Markup {
    let Findings { input, variants, .. } = findings;
    let synthetic = tables.comparison.synthetic;
    html! {
        header {
            p.kicker { "Experiment report" (synthetic_tag(synthetic)) }
            h1 { (input.name) }
            @if !input.description.is_empty() { p.lead { (input.description) } }
            @if synthetic {
                p.banner role="note" {
                    strong { "Synthetic data." }
                    " Every image was generated. No number, chart or picture on this page says anything about real \
                     lesions, and none is compared with a paper."
                }
            }
            @if !synthetic { (claim(findings)) }
            (headline(findings, synthetic))
            dl.facts { @for (name, value) in facts(input, variants) { div { dt { (name) } dd { (value) } } } }
            @if let Some(limit) = limits.first().filter(|_| !synthetic).or(limits.get(1)) {
                p.caution { strong { "Read with care: " } (limit) " " a href="#limits" { "All limits" } }
            }
            nav aria-label="Contents" {
                ul { @for (id, title) in CONTENTS.iter().filter(|(id, _)| is_there(findings, id)) { li { a href={ "#" (id) } { (title) } } } }
            }
        }
    }
}

/// True for a section that the page has.
fn is_there(findings: &Findings<'_>, section: &str) -> bool {
    match section {
        "differences" => findings.variants.len() > 1,
        "leaks" => !findings.input.compared.is_empty(),
        "audit" => findings.input.audits.iter().any(|audit| !audit.findings.is_empty()),
        _ => true,
    }
}

/// What was claimed, what was found, and how sure that is; nothing without claims.
fn claim(findings: &Findings<'_>) -> Markup {
    let Some(claims) = findings.input.claims.first() else { return html! {} };
    let iou = Quantity::Metric(Definition::PooledIou);
    // The paper's own network, on the data of this experiment where one of its tables is about that.
    let own = || {
        findings
            .judged
            .iter()
            .filter(|judged| judged.claims.is_own(judged.row) && judged.cell.quantity == iou)
    };
    let Some(judged) = own().find(|judged| judged.in_experiment).or_else(|| own().next()) else {
        return html! {};
    };
    let cost = |quantity: Quantity| {
        judged.row.cell(quantity).map(|cell| format!("{} {}", cell.printed(), quantity.unit()))
    };
    let costs: Vec<String> = [
        cost(Quantity::Parameters).map(|parameters| format!("{parameters} parameters")),
        cost(Quantity::ConvMacs).map(|operations| format!("{operations} multiply-accumulates")),
    ]
    .into_iter()
    .flatten()
    .collect();
    let found: Vec<String> = Verdict::ALL
        .iter()
        .map(|verdict| (verdict.name(), findings.count(*verdict)))
        .filter(|(_, count)| *count > 0)
        .map(|(name, count)| format!("{count} {name}"))
        .collect();
    // Of this paper; a number that two of its tables repeat counts once.
    let failing = findings.input.audits.first().map_or(0, |audit| {
        distinct(audit.of(Outcome::Fails).map(|finding| (finding.check, &finding.row, &finding.arithmetic)))
            .len()
    });
    html! {
        dl.claim {
            div {
                dt { "Claimed" }
                dd {
                    (claims.paper.venue) ", " (judged.row.label) ": " (judged.cell.heading) " " (judged.cell.printed()) " on " (judged.table.title)
                    @if !costs.is_empty() { ", with " (costs.join(" and ")) }
                    "."
                }
            }
            div {
                dt { "Found" }
                dd {
                    (sign(class(judged.judgement.verdict))) " (" (judged.judgement.reason) "). "
                    "Of " (findings.judged.len()) " claimed numbers: " (found.join(", ")) ". "
                    a href="#claims" { "Cell by cell" }
                }
            }
            div {
                dt { "How sure" }
                dd {
                    @match judged.seeds {
                        Some(seeds) => { (seeds) " seeds, " (judged.runs.len()) " runs; verdicts follow a stated " a href="#rule" { "rule" } "; " a href="#table-tolerances" { "tolerances" } " stand with the time when this folder first met them." }
                        None => { "No finished run of that network is about that number; counts of parameters and operations are exact." }
                    }
                    @if failing > 0 { " Without any training " a href="#audit" { (failing) " findings of an audit" } " of the claims fail." }
                }
            }
        }
    }
}

/// The result of the first variant that has one: the first is the experiment's base, so nothing is picked.
fn headline(findings: &Findings<'_>, synthetic: bool) -> Markup {
    let variants = &findings.variants;
    let first = variants
        .iter()
        .find_map(|variant| Some((variant, variant.summary(Definition::PooledIou)?.percent())));
    let Some((variant, summary)) = first else {
        return html! { p.headline-empty { "No run is done yet: there is no result to show." } };
    };
    let is_iou = |quantity: Quantity| quantity == Quantity::Metric(Definition::PooledIou);
    let paper = findings.pairs.iter().find(|pair| pair.variant == variant.name && is_iou(pair.cell.quantity));
    let judged = findings
        .judged
        .iter()
        .find(|judged| judged.variant == Some(variant.name) && is_iou(judged.cell.quantity));
    let same = variant.first().selects_on_report;
    html! {
        div.headline {
            (stat(
                &html! { "Pooled IoU of " (variant.name) (synthetic_tag(synthetic)) },
                &format!("{:.2}", summary.mean),
                summary.std.map(|std| format!("± {std:.2}")),
                "%",
                &format!(
                    "n = {}{}",
                    summary.n,
                    if same { ", selected and reported on the same images" } else { "" }
                ),
            ))
            @if let Some(pair) = paper {
                (stat(
                    &html! { "The paper, " (pair.row.label) },
                    &format!("{:.1$}", pair.cell.value, pair.cell.digits),
                    pair.cell.spread.map(|spread| format!("± {:.1$}", spread, pair.cell.digits)),
                    "%",
                    &format!("{}, {}", pair.claims.paper.venue, pair.cell.heading),
                ))
                (stat(
                    &html! { "Difference" @if let Some(judged) = judged { " " (sign(class(judged.judgement.verdict))) } },
                    &signed(pair.difference(), pair.cell.digits),
                    None,
                    "points",
                    &judged.and_then(|judged| judged.interval).map_or_else(
                        || "ours minus paper; not judged".to_owned(),
                        |(low, high)| format!("{} to {} over repeated trainings (95 %)", signed(low, 2), signed(high, 2)),
                    ),
                ))
            } @else if let Some(dice) = variant.summary(Definition::PooledDice).map(Summary::percent) {
                (stat(
                    &html! { "Pooled Dice" (synthetic_tag(synthetic)) },
                    &format!("{:.2}", dice.mean),
                    dice.std.map(|std| format!("± {std:.2}")),
                    "%",
                    "a function of pooled IoU",
                ))
            }
        }
    }
}

fn stat(title: &Markup, value: &str, spread: Option<String>, unit: &str, below: &str) -> Markup {
    html! {
        div.stat {
            p.stat-title { (title) }
            p.stat-value {
                (value)
                @if let Some(spread) = spread { span.stat-spread { " " (spread) } }
                span.stat-unit { " " (unit) }
            }
            p.stat-below { (below) }
        }
    }
}

fn facts(input: &ReportInput, variants: &[Variant<'_>]) -> Vec<(&'static str, String)> {
    let over = |value: &dyn Fn(&ReportRun) -> String| distinct(input.runs.iter().map(value)).join("; ");
    let setting = |value: &dyn Fn(&Settings) -> String| {
        distinct(variants.iter().map(|variant| value(&variant.first().settings))).join("; ")
    };
    let done = input.runs.iter().filter(|run| run.is_done()).count();
    vec![
        (
            "Data set",
            over(&|run| {
                let label = if run.record.synthetic { " (synthetic)" } else { "" };
                format!("{}{label}", run.settings.data.source.dataset())
            }),
        ),
        (
            "Split",
            over(&|run| {
                let same = if run.selects_on_report { ", selects on reported images" } else { "" };
                format!("{}{same}", run.settings.data.source.split())
            }),
        ),
        ("Images: train / select / report", over(&|run| run.images.map(|n| grouped(n as u64)).join(" / "))),
        ("Input size", setting(&|settings| format!("{0} \u{d7} {0} px", settings.data.size))),
        ("Network", setting(&|settings| settings.model.name().to_owned())),
        ("Protocol", setting(&|settings| protocol(settings.train.protocol).to_owned())),
        ("Epochs", setting(&|settings| settings.train.epochs.to_string())),
        ("Batch size", setting(&|settings| settings.train.batch_size.to_string())),
        ("Seeds", distinct(input.runs.iter().map(|run| run.record.seed.to_string())).join(", ")),
        ("Runs done", format!("{done} of {}", input.runs.len())),
    ]
}

fn protocol(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::AsReleased => "as released (the authors\u{2019} code)",
        Protocol::AsWritten => "as written (the paper\u{2019}s text)",
    }
}
