//! Whether the claims can be true, without any training.

use maud::{Markup, html};

use super::cell::CellExtra;
use super::part;
use crate::claim::{Check, Outcome};
use crate::report::findings::Findings;
use crate::report::table::{Shown, Tables};

/// Counts by check, then every finding.
pub(super) fn section(findings: &Findings<'_>, tables: &Tables) -> Markup {
    let audits = &findings.input.audits;
    if audits.iter().all(|audit| audit.findings.is_empty()) {
        return html! {};
    }
    let tally = |check: Check| {
        audits.iter().map(|audit| audit.tally(check)).fold([0; 4], |mut sum, counts| {
            sum.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
            sum
        })
    };
    let state = |row: usize, shown: &Shown| {
        let outcome = tables.audit.string(row, "outcome").filter(|_| shown.is_state())?;
        let state = match outcome {
            outcome if outcome == Outcome::Holds.name() => "reproduced",
            outcome if outcome == Outcome::Fails.name() => "not-reproduced",
            _ => "inconclusive",
        };
        Some(CellExtra { state: Some(state), ..CellExtra::default() })
    };
    html! {
        section id="audit" aria-labelledby="audit-title" {
            h2 id="audit-title" { "Audit of the claims" }
            p.prose { "What can be checked without training: arithmetic, costs, and faults of the protocol. \u{201c}Doubtful\u{201d}: possible as printed, but not in support of what it is printed for." }
            div.scroll role="region" aria-label="Audit by check" tabindex="0" {
                table.data {
                    caption { span.title { "Findings by check" } }
                    thead {
                        tr {
                            th scope="col" class="text" { "Check" }
                            th scope="col" class="text" { "Question" }
                            @for name in ["holds", "unchecked", "doubtful", "fails"] { th scope="col" class="number" { (name) } }
                        }
                    }
                    tbody {
                        @for (check, counts) in Check::ALL.map(|check| (check, tally(check))) {
                            @if counts.iter().sum::<usize>() > 0 {
                                tr id={ "row-audit-check-" (check.name()) } {
                                    th scope="row" class="text" { (check.name()) }
                                    td.text { (check.question()) }
                                    @for count in counts { td.number { (count) } }
                                }
                            }
                        }
                    }
                }
            }
            (part::table_with(&tables.audit, &state))
        }
    }
}
