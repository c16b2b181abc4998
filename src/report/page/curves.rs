//! Learning curves and the distribution over images.

use maud::{Markup, html};

use super::part::figure;
use crate::metric::Definition;
use crate::report::chart::{Axis, Histogram, LineChart, STYLES, Series};
use crate::report::error::ReportError;
use crate::report::input::{ReportInput, ReportRun};
use crate::report::variant::Variant;
use crate::store::{EpochEvent, Weights};

/// What one learning curve shows.
struct Curve {
    title: &'static str,
    axis: &'static str,
    value: fn(&EpochEvent) -> f64,
}

const CURVES: [Curve; 4] = [
    Curve { title: "Training loss", axis: "loss", value: |event| event.train_loss },
    Curve { title: "Selection loss", axis: "loss", value: |event| event.selection_loss },
    Curve { title: "Selection IoU, pooled", axis: "IoU (%)", value: |event| 100.0 * event.selection_iou },
    Curve {
        title: "Learning rate",
        axis: "learning rate (\u{d7} 10\u{207b}\u{b3})",
        value: |event| 1e3 * event.learning_rate,
    },
];

/// Loss, IoU and learning rate by epoch, one curve a run.
pub(super) fn learning(
    input: &ReportInput,
    variants: &[Variant<'_>],
    synthetic: bool,
) -> Result<Markup, ReportError> {
    let mut figures = Vec::new();
    if input.runs.iter().any(|run| !run.events.is_empty()) {
        for curve in &CURVES {
            let chart = LineChart {
                description: format!("{} by epoch, one curve a run", curve.title),
                x: Axis::whole("epoch"),
                y: Axis::new(curve.axis),
                series: series(variants, |run| {
                    run.events.iter().map(|event| (event.epoch as f64, (curve.value)(event))).collect()
                }),
            };
            figures.push((curve.title, chart.svg()?));
        }
    }
    Ok(html! {
        section id="learning" aria-labelledby="learning-title" {
            h2 id="learning-title" { "Learning curves" }
            @if figures.is_empty() {
                p.note { "No epoch is complete yet." }
            } @else {
                p.prose {
                    "One curve a run, seeds of a variant alike. The selection images decide which epoch\u{2019}s weights are reported."
                }
                (legend(variants))
                div.charts { @for (title, svg) in &figures { (figure(title, svg, synthetic)) } }
            }
        }
    })
}

/// IoU of single images: the spread that a pooled number hides.
pub(super) fn distribution(variants: &[Variant<'_>], synthetic: bool) -> Result<Markup, ReportError> {
    let first = variants.iter().find_map(|variant| variant.done().next());
    let Some(first) = first else {
        return Ok(html! {
            section id="distribution" aria-labelledby="distribution-title" {
                h2 id="distribution-title" { "Image by image" }
                p.note { "No run is done yet." }
            }
        });
    };
    let values = sorted_ious(first);
    let histogram = Histogram {
        description: format!("Histogram of IoU over {} images", values.len()),
        x_label: "IoU of an image (%)".to_owned(),
        y_label: "images".to_owned(),
        values,
    };
    let sorted = LineChart {
        description: "IoU of single images, sorted from worst to best, one curve a run".to_owned(),
        x: Axis::within("images, from worst to best (%)", 0.0, 100.0),
        y: Axis::within("IoU of an image (%)", 0.0, 100.0),
        series: series(variants, |run| {
            let ious = if run.is_done() { sorted_ious(run) } else { Vec::new() };
            let n = ious.len() as f64;
            ious.into_iter().enumerate().map(|(at, iou)| (100.0 * (at as f64 + 0.5) / n, iou)).collect()
        }),
    };
    let histogram_title =
        format!("How many images reach which IoU: {}, seed {}", first.record.variant, first.record.seed);
    let (histogram, sorted) = (histogram.svg()?, sorted.svg()?);
    Ok(html! {
        section id="distribution" aria-labelledby="distribution-title" {
            h2 id="distribution-title" { "Image by image" }
            p.prose {
                "A pooled number weighs large lesions more and hides failures on single images. Weights of the selected epoch."
            }
            (legend(variants))
            div.charts {
                (figure(&histogram_title, &histogram, synthetic))
                (figure("Images sorted by IoU, all runs", &sorted, synthetic))
            }
        }
    })
}

fn series(variants: &[Variant<'_>], points: impl Fn(&ReportRun) -> Vec<(f64, f64)>) -> Vec<Series> {
    let runs = variants
        .iter()
        .enumerate()
        .flat_map(|(style, variant)| variant.runs.iter().map(move |run| (style, run)));
    runs.map(|(style, run)| Series { style, points: points(run) })
        .filter(|series| !series.points.is_empty())
        .collect()
}

fn sorted_ious(run: &ReportRun) -> Vec<f64> {
    let mut ious: Vec<f64> = run
        .counts_of(Weights::Best)
        .into_iter()
        .filter_map(|counts| Definition::ImageIou.value(&[counts]))
        .map(|iou| 100.0 * iou)
        .collect();
    ious.sort_by(f64::total_cmp);
    ious
}

fn legend(variants: &[Variant<'_>]) -> Markup {
    html! {
        ul.legend {
            @for (index, variant) in variants.iter().enumerate() {
                li {
                    svg.key viewBox="0 0 40 8" aria-hidden="true" {
                        line class={ "stroke s" (index % STYLES) } x1="0" y1="4" x2="40" y2="4" stroke-width="2.5" {}
                    }
                    (variant.name)
                }
            }
        }
    }
}
