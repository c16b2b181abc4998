//! The document: its head, and its sections in order.

use maud::{DOCTYPE, PreEscaped, html};

use super::policy::{SCRIPT, STYLE, policy};
use super::{
    audit, claims, cost, curves, differences, gallery, leaks, method, opening, origin, part, results,
};
use crate::report::error::ReportError;
use crate::report::findings::Findings;
use crate::report::limits::limits;
use crate::report::table::Tables;

/// The whole page.
///
/// # Errors
/// When a chart or image can't be made.
pub(in crate::report) fn render(findings: &Findings<'_>, tables: &Tables) -> Result<String, ReportError> {
    let Findings { input, variants, synthetic, .. } = findings;
    let synthetic = *synthetic;
    let limits = limits(findings);
    let title =
        format!("{}{} \u{b7} ege-bench", input.name, if synthetic { " (synthetic data)" } else { "" });
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content={ "ege-bench " (env!("CARGO_PKG_VERSION")) };
                link rel="icon" href="data:,";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#content" { "Skip to the results" }
                (opening::header(findings, tables, &limits))
                main #content tabindex="-1" {
                    (claims::section(findings, tables))
                    (results::section(findings, tables))
                    (differences::section(findings, tables)?)
                    (cost::section(findings, tables)?)
                    (curves::learning(input, variants, synthetic)?)
                    (curves::distribution(variants, synthetic)?)
                    (gallery::section(input)?)
                    (leaks::section(input, tables)?)
                    (audit::section(findings, tables))
                    (results::runs(tables))
                    (method::definitions(tables))
                    (method::deviations(tables))
                    (origin::section(input, tables))
                    (method::references(findings))
                    section id="limits" aria-labelledby="limits-title" {
                        h2 id="limits-title" { "What this can\u{2019}t support" }
                        ul.prose { @for limit in &limits { li { (limit) } } }
                    }
                }
                footer {
                    p {
                        "Written by ege-bench " (env!("CARGO_PKG_VERSION")) " on " (input.generated)
                        ". Every number on this page is derived from integer counts of pixels for each image: "
                        a href="tables/images.csv" { "counts" } ", " a href="tables/epochs.csv" { "epochs" } ". Every file of this report and its hash: "
                        a href="report.json" { "report.json" } "."
                    }
                }
                (part::copies(tables)?)
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    Ok(page.into_string())
}
