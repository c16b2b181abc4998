//! What the metrics mean, and where the protocol leaves the authors'.

use maud::{Markup, html};

use super::part;
use crate::report::table::Tables;

/// The definitions of the metrics.
pub(super) fn definitions(tables: &Tables) -> Markup {
    html! {
        section id="definitions" aria-labelledby="definitions-title" {
            h2 id="definitions-title" { "Metrics" }
            p.prose {
                "Papers write \u{201c}mIoU\u{201d} for different numbers. Here every metric has one name and one formula, \
                 over pixels counted for each image: true positives (TP), false positives (FP), false negatives (FN) and \
                 true negatives (TN), the lesion being positive."
            }
            (part::table(&tables.definitions))
        }
    }
}

/// The deviation register.
pub(super) fn deviations(tables: &Tables) -> Markup {
    html! {
        section id="deviations" aria-labelledby="deviations-title" {
            h2 id="deviations-title" { "Deviations" }
            (part::table(&tables.deviations))
        }
    }
}
