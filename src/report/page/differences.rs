//! Variants against one another: table, intervals, and image by image.

use maud::{Markup, PreEscaped, html};

use super::anchor::slug;
use super::part::{self, synthetic_tag};
use crate::analysis::Standing;
use crate::metric::Definition;
use crate::report::chart::{Axis, Interval, IntervalChart, Scatter, ScatterChart};
use crate::report::contrast::Contrast;
use crate::report::error::ReportError;
use crate::report::findings::Findings;
use crate::report::table::Tables;
use crate::report::variant::Variant;

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
                @for (title, svg) in &scatters {
                    figure data-option=(title) id={ "chart-pair-" (slug(title)) } {
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

fn scatters(findings: &Findings<'_>) -> Result<Vec<(String, String)>, ReportError> {
    let by_image = |name: &str| {
        let variant: &Variant<'_> = findings.variants.iter().find(|variant| variant.name == name)?;
        variant.sample.as_ref().ok()?.by_image(Definition::ImageIou)
    };
    let mut charts = Vec::new();
    for Contrast { a, b, .. } in &findings.contrasts {
        let (Some(above), Some(along)) = (by_image(a), by_image(b)) else { continue };
        let points = along.iter().zip(&above).map(|(x, y)| (100.0 * x, 100.0 * y)).collect();
        let title = format!("{a} against {b}");
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
        charts.push((title, chart.svg()?));
    }
    Ok(charts)
}
