//! The first screen: what was run, what came out, how sure that is.

use maud::{Markup, html};

use super::part::synthetic_tag;
use crate::experiment::settings::{Protocol, Settings};
use crate::metric::Definition;
use crate::report::against::Against;
use crate::report::input::{ReportInput, ReportRun};
use crate::report::table::{Tables, count, signed};
use crate::report::variant::{Variant, distinct};
use crate::statistics::Summary;

/// The sections that the contents list.
const CONTENTS: [(&str, &str); 9] = [
    ("results", "Results"),
    ("learning", "Learning curves"),
    ("distribution", "Image by image"),
    ("gallery", "Gallery"),
    ("runs", "Runs"),
    ("definitions", "Metrics"),
    ("deviations", "Deviations"),
    ("provenance", "Provenance"),
    ("limits", "Limits"),
];

/// Title, headline and facts.
pub(super) fn header(
    input: &ReportInput,
    variants: &[Variant<'_>],
    tables: &Tables,
    limits: &[String],
) -> Markup {
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
            (headline(input, variants, synthetic))
            dl.facts { @for (name, value) in facts(input, variants) { div { dt { (name) } dd { (value) } } } }
            @if let Some(limit) = limits.first().filter(|_| !synthetic).or(limits.get(1)) {
                p.caution { strong { "Read with care: " } (limit) " " a href="#limits" { "All limits" } }
            }
            nav aria-label="Contents" {
                ul { @for (id, title) in CONTENTS { li { a href={ "#" (id) } { (title) } } } }
            }
        }
    }
}

/// The result of the first variant that has one: the first is the experiment's base, so nothing is picked.
fn headline(input: &ReportInput, variants: &[Variant<'_>], synthetic: bool) -> Markup {
    let first = variants
        .iter()
        .find_map(|variant| Some((variant, variant.summary(Definition::PooledIou)?.percent())));
    let Some((variant, summary)) = first else {
        return html! { p.headline-empty { "No run is done yet: there is no result to show." } };
    };
    let paper = Against::all(input, variants).into_iter().find(|pair| {
        pair.variant == variant.name && pair.cell.quantity.name() == Definition::PooledIou.name()
    });
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
                (stat(&html! { "Difference" }, &signed(pair.difference(), pair.cell.digits), None, "points", "ours minus paper; no test made"))
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
        ("Images: train / select / report", over(&|run| run.images.map(|n| count(n as u64)).join(" / "))),
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
