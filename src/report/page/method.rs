//! What the metrics mean, and where the protocol leaves the authors'.

use maud::{Markup, html};

use super::part;
use crate::report::findings::Findings;
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

/// Methods that the numbers come from, and where they are described.
const METHODS: [(&str, &str); 7] = [
    (
        "Intervals over images and seeds",
        "Efron, Better bootstrap confidence intervals, JASA 82 (1987); acceleration over several samples: Davison and Hinkley, Bootstrap methods and their application (1997), 5.3.2; crossed factors: Owen, The pigeonhole bootstrap, Annals of Applied Statistics 1 (2007). With few seeds such an interval is too narrow: in simulations with 3, 5 and 10 seeds that alone vary, 95 % intervals covered the truth in 76, 86 and 90 %.",
    ),
    (
        "Intervals over repeated trainings",
        "Student, The probable error of a mean, Biometrika 6 (1908); Welch, The generalization of Student\u{2019}s problem, Biometrika 34 (1947).",
    ),
    (
        "Signed-rank test",
        "Wilcoxon, Individual comparisons by ranking methods, Biometrics Bulletin 1 (1945).",
    ),
    (
        "Permutation test",
        "Pitman, Significance tests which may be applied to samples from any populations, JRSS Supplement 4 (1937); p of random permutations: Phipson and Smyth, SAGMB 9 (2010).",
    ),
    (
        "Correction for many tests",
        "Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6 (1979).",
    ),
    ("Metrics and their pitfalls", "Maier-Hein et al., Metrics reloaded, Nature Methods 21 (2024)."),
    (
        "Images",
        "Codella et al., Skin lesion analysis toward melanoma detection, ISBI 2017 (arXiv:1710.05006) and 2018 (arXiv:1902.03368).",
    ),
];

/// Where methods and claims are described.
pub(super) fn references(findings: &Findings<'_>) -> Markup {
    html! {
        section id="references" aria-labelledby="references-title" {
            h2 id="references-title" { "Methods and references" }
            dl.prose {
                @for (what, source) in METHODS { div { dt { (what) } dd { (source) } } }
                @for claims in &findings.input.claims {
                    @let paper = &claims.paper;
                    div { dt { "Claims: " (paper.key) } dd { (paper.authors) ". " (paper.title) ". " (paper.venue) ", " (paper.link) "." } }
                }
            }
        }
    }
}
