//! One row a variant: mean and spread over seeds.

use polars::prelude::Column;

use super::shown::{Show, Shown, Table};
use crate::metric::Definition;
use crate::number::grouped;
use crate::report::error::ReportError;
use crate::report::findings::Findings;
use crate::report::input::ReportRun;
use crate::report::variant::{Variant, distinct};
use crate::statistics::Estimate;

/// The metrics that readers see; the file holds all.
const SHOWN: [Definition; 9] = [
    Definition::PooledIou,
    Definition::PooledDice,
    Definition::PooledAccuracy,
    Definition::PooledSensitivity,
    Definition::PooledSpecificity,
    Definition::ImageIou,
    Definition::ImageDice,
    Definition::Hd95,
    Definition::Assd,
];

pub(super) fn table(findings: &Findings<'_>) -> Result<Table, ReportError> {
    let variants = &findings.variants;
    let of = |value: &dyn Fn(&Variant<'_>) -> String| variants.iter().map(value).collect::<Vec<_>>();
    let done = |variant: &Variant<'_>| variant.done().count() as u64;
    let settings = |variant: &Variant<'_>| variant.first().settings.clone();
    let mut columns = vec![
        Column::new("variant".into(), of(&|variant| variant.name.to_owned())),
        Column::new("dataset".into(), of(&|variant| settings(variant).data.source.dataset().to_owned())),
        Column::new("split".into(), of(&|variant| settings(variant).data.source.split().to_owned())),
        Column::new("data".into(), of(&|variant| data(variant.first()))),
        Column::new(
            "synthetic".into(),
            variants.iter().map(|variant| variant.first().record.synthetic).collect::<Vec<_>>(),
        ),
        Column::new(
            "selected_on_reported_images".into(),
            variants.iter().map(|variant| variant.first().selects_on_report).collect::<Vec<_>>(),
        ),
        Column::new("encoder_start".into(), of(&|variant| variant.first().start())),
        Column::new("n".into(), variants.iter().map(done).collect::<Vec<_>>()),
        Column::new(
            "planned".into(),
            variants.iter().map(|variant| variant.runs.len() as u64).collect::<Vec<_>>(),
        ),
        Column::new(
            "parameters".into(),
            variants.iter().map(|variant| variant.cost().map(|cost| cost.parameters)).collect::<Vec<_>>(),
        ),
        Column::new(
            "conv_macs".into(),
            variants.iter().map(|variant| variant.cost().map(|cost| cost.conv_macs)).collect::<Vec<_>>(),
        ),
    ];
    let mut shown = vec![
        Shown::new("Variant", "variant", Show::Text),
        Shown::new("n", "n", Show::Count),
        Shown::new("Parameters", "parameters", Show::Count),
        Shown::new("Conv MACs (G)", "conv_macs", Show::Giga),
    ];
    for definition in Definition::ALL {
        let name = definition.name().replace('-', "_");
        let summaries: Vec<_> = variants.iter().map(|variant| variant.summary(definition)).collect();
        let mean: Vec<_> = summaries.iter().map(|summary| summary.map(|summary| summary.mean)).collect();
        let std: Vec<_> = summaries.iter().map(|summary| summary.and_then(|summary| summary.std)).collect();
        // Runs of earlier versions kept no distances, whose columns would be empty to a reader.
        let is_shown =
            SHOWN.contains(&definition) && (definition.unit() == "%" || mean.iter().any(Option::is_some));
        columns.push(Column::new(name.as_str().into(), mean));
        columns.push(Column::new(format!("{name}_std").into(), std));
        if is_shown {
            shown.push(match definition.unit() {
                "%" => Shown::new(definition.title(), name, Show::PercentSpread),
                unit => Shown::new(format!("{} ({unit})", definition.title()), name, Show::Spread(2)),
            });
        }
        if definition == Definition::PooledIou {
            let bound = |of: &dyn Fn(&Estimate) -> f64| {
                findings.estimates.iter().map(|estimate| estimate.as_ref().map(of)).collect::<Vec<_>>()
            };
            columns.push(Column::new("pooled_iou_low".into(), bound(&|estimate| estimate.low)));
            columns.push(Column::new("pooled_iou_high".into(), bound(&|estimate| estimate.high)));
            columns.push(Column::new(
                "pooled_iou_interval".into(),
                findings.estimates.iter().map(|estimate| interval(estimate.as_ref())).collect::<Vec<_>>(),
            ));
            shown.push(Shown::new("95 % interval", "pooled_iou_interval", Show::Text));
        }
    }
    // One data set for all is said once, in the title; otherwise each row says its own.
    let data = distinct(variants.iter().map(|variant| data(variant.first())));
    let title = match data.as_slice() {
        [data] => format!("Variants compared on {data}; metrics in %"),
        _ => "Variants compared; metrics in %".to_owned(),
    };
    if data.len() > 1 {
        shown.insert(1, Shown::new("Data", "data", Show::Text));
    }
    if variants.iter().any(|variant| !variant.first().start().is_empty()) {
        shown.insert(1, Shown::new("Encoder starts", "encoder_start", Show::Text));
    }
    let mut table = Table::new("comparison", title, variants.len(), columns, shown)?;
    table.notes = notes(variants);
    Ok(table)
}

/// As text, in percent.
fn interval(estimate: Option<&Estimate>) -> String {
    estimate
        .map(|estimate| format!("{:.2} to {:.2}", 100.0 * estimate.low, 100.0 * estimate.high))
        .unwrap_or_default()
}

fn data(run: &ReportRun) -> String {
    let source = &run.settings.data.source;
    format!("{}, split {}, {} images", source.dataset(), source.split(), grouped(run.images[2] as u64))
}

fn notes(variants: &[Variant<'_>]) -> Vec<String> {
    let same = variants.iter().any(|variant| variant.first().selects_on_report);
    let mut notes = vec![format!(
        "Mean ± sample standard deviation over n seeds; a single seed has no spread. Weights of the selected epoch{}.",
        if same { ", selected and reported on the same images" } else { "" }
    )];
    if variants.iter().any(|variant| variant.summary(Definition::Hd95).is_some()) {
        notes.push(
            "Distances are in pixels of the size that was evaluated, not of the original images; less is better."
                .to_owned(),
        );
    }
    let scratch = variants.iter().filter(|variant| variant.first().start_label().is_some());
    let scratch: Vec<&str> = scratch.map(|variant| variant.name).collect();
    if !scratch.is_empty() {
        notes.push(format!(
            "From scratch, wholly or partly: {}. The original code starts the encoder of such a network from weights trained on \
             ImageNet, which a claim about it may rest on.",
            scratch.join(", ")
        ));
    }
    for variant in variants {
        let (done, planned) = (variant.done().count(), variant.runs.len());
        if done < planned {
            notes.push(format!("{}: {done} of {planned} runs are done.", variant.name));
        }
    }
    notes
}
