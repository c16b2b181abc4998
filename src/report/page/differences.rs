//! Variants against one another: table, intervals, and image by image.

use maud::{Markup, PreEscaped, html};

use super::anchor::ids;
use super::part::{self, synthetic_tag};
use crate::analysis::{Sample, Standing};
use crate::metric::Definition;
use crate::report::chart::{Axis, Interval, IntervalChart, Scatter, ScatterChart};
use crate::report::contrast::Contrast;
use crate::report::error::ReportError;
use crate::report::findings::Findings;
use crate::report::table::Tables;
use crate::report::variant::Variant;

/// Points of all scatter charts together, about 70 bytes each, up to which every pair has one.
const LARGEST: usize = 25_000;

/// Differences of the variants; nothing where there is one variant.
pub(super) fn section(findings: &Findings<'_>, tables: &Tables) -> Result<Markup, ReportError> {
    if findings.variants.len() < 2 {
        return Ok(html! {});
    }
    if findings.contrasts.is_empty() {
        return Ok(html! {
            section id="differences" aria-labelledby="differences-title" {
                h2 id="differences-title" { "Differences" }
                p.note { "No two variants have finished runs on the same images yet." }
            }
        });
    }
    let intervals = intervals(findings)?;
    let scatters = scatters(findings)?;
    let titles: Vec<String> = scatters.iter().map(|(title, _)| title.clone()).collect();
    let scatter_ids = ids("chart-pair", &titles);
    Ok(html! {
        section id="differences" aria-labelledby="differences-title" {
            h2 id="differences-title" { "Differences" }
            (part::table(&tables.differences))
            figure.wide id="chart-differences" {
                figcaption { "Differences of pooled IoU with their 95 % intervals; filled where a difference counts" (synthetic_tag(findings.synthetic)) }
                (PreEscaped(intervals))
            }
            h3 id="pairs" { "Image by image" }
            p.prose { "Each dot is a reported image, its IoU averaged over seeds. Dots above the diagonal: the vertical variant is better there." }
            div.charts.pairs data-choose="pair" {
                @for ((title, svg), id) in scatters.iter().zip(&scatter_ids) {
                    figure data-option=(title) id=(id) {
                        figcaption { (title) (synthetic_tag(findings.synthetic)) }
                        (PreEscaped(svg))
                    }
                }
            }
        }
    })
}

fn intervals(findings: &Findings<'_>) -> Result<String, ReportError> {
    let row = |contrast: &Contrast<'_>| Interval {
        label: format!("{} \u{2212} {}", contrast.a, contrast.b),
        value: 100.0 * contrast.paired.difference.value,
        low: 100.0 * contrast.paired.difference.low,
        high: 100.0 * contrast.paired.difference.high,
        filled: !matches!(contrast.standing, Standing::Tie | Standing::Unknown),
        claimed: contrast.claimed,
    };
    let chart = IntervalChart {
        description:
            "Differences of pooled IoU between variants, with intervals; a cross marks what a paper claims"
                .to_owned(),
        label: "difference of pooled IoU (points); \u{d7} as claimed".to_owned(),
        rows: findings.contrasts.iter().map(row).collect(),
    };
    chart.svg()
}

/// A chart for each two variants on the same images; for each with the first where all together would make the page large.
fn scatters(findings: &Findings<'_>) -> Result<Vec<(String, String)>, ReportError> {
    let by_image: Vec<(&Variant<'_>, &Sample, Vec<f64>)> = findings
        .variants
        .iter()
        .filter_map(|variant| {
            let sample = variant.sample.as_ref().ok()?;
            Some((variant, sample, sample.by_image(Definition::ImageIou)?))
        })
        .collect();
    let n = by_image.len();
    let points = by_image.first().map_or(0, |(.., ious)| ious.len()) * n * n.saturating_sub(1) / 2;
    let bases = if points > LARGEST { 1 } else { n };
    let mut charts = Vec::new();
    for (at, (base, along, xs)) in by_image.iter().enumerate().take(bases) {
        for (other, above, ys) in &by_image[at + 1..] {
            if along.images() != above.images() {
                continue;
            }
            let points = xs.iter().zip(ys).map(|(x, y)| (100.0 * x, 100.0 * y)).collect();
            let (a, b) = (other.name, base.name);
            let chart = ScatterChart {
                description: format!("IoU of each image: {a} against {b}"),
                x: Axis::within(format!("IoU of {b} (%)"), 0.0, 100.0),
                y: Axis::within(format!("IoU of {a} (%)"), 0.0, 100.0),
                logarithmic: false,
                diagonal: true,
                groups: vec![Scatter {
                    style: 0,
                    hollow: false,
                    dot: 2,
                    points,
                    ranges: Vec::new(),
                    labels: Vec::new(),
                }],
            };
            charts.push((format!("{a} against {b}"), chart.svg()?));
        }
    }
    Ok(charts)
}
