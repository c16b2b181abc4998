//! `ege-bench evaluate`: what weights are worth on a split or on a folder of images with masks.

use serde_json::{Map, json};

use super::args::EvaluateArguments;
use super::context::{Context, start_threads};
use super::exit_code::ExitCode;
use super::failure::Failure;
use super::table::Table;
use super::weights::{self, Weighted};
use crate::dataset::{self, Images, PairFolder};
use crate::experiment::settings::is_size;
use crate::metric::{Counts, Definition, Score};
use crate::train::ImageCounts;

pub(super) fn run(context: &Context, arguments: &EvaluateArguments) -> Result<ExitCode, Failure> {
    let size = arguments.weights.size;
    if let Some(size) = size.filter(|size| !is_size(*size)) {
        return Err(dataset::DatasetError::Size { size }.into());
    }
    let compute = context.compute()?;
    let threads = start_threads(arguments.threads)?;
    let weighted = weights::load(&arguments.weights, compute, threads)?;
    let size = weighted.size(size);
    let (counts, on, skipped) = match (&arguments.folder, &arguments.dataset) {
        (Some(folder), _) => {
            weighted.needs_no_training_images()?;
            let (images, problems) = PairFolder::read(folder, size)?;
            for problem in &problems {
                context.printer.warning(&format!("skipped {problem}"));
            }
            let all: Vec<usize> = (0..images.ids().len()).collect();
            let counts = weighted.predictor.evaluate(&images, &weighted.train, &[], &all)?;
            (counts, folder.display().to_string(), problems.len())
        }
        (None, name) => {
            let name = name.as_deref().unwrap_or("isic2017");
            let (counts, on) = on_split(context, &weighted, name, &arguments.split, size)?;
            (counts, on, 0)
        }
    };
    show(context, arguments, &weighted, &counts, &on, size);
    if skipped > 0 {
        let what = if skipped == 1 { "1 file was".to_owned() } else { format!("{skipped} files were") };
        return Err(Failure::data(format!("{what} skipped; the numbers above are of the others"), None));
    }
    Ok(ExitCode::Success)
}

/// Counts of the images that the split reports on.
fn on_split(
    context: &Context,
    weighted: &Weighted,
    name: &str,
    split: &str,
    size: usize,
) -> Result<(Vec<ImageCounts>, String), Failure> {
    let split = dataset::split_in(name, split, &context.data)?;
    let images = dataset::open(name, size, &context.data)?;
    split.require(name, &images)?;
    let positions = images.index();
    let at = |ids: &[String]| -> Vec<usize> { ids.iter().map(|id| positions[id.as_str()]).collect() };
    let (train, report) = (at(&split.train), at(&split.report));
    let counts = weighted.predictor.evaluate(&images, &weighted.train, &train, &report)?;
    Ok((counts, format!("{name}, split {}", split.name)))
}

fn show(
    context: &Context,
    arguments: &EvaluateArguments,
    weighted: &Weighted,
    counts: &[ImageCounts],
    on: &str,
    size: usize,
) {
    let all: Vec<Score> = counts.iter().map(Score::from).collect();
    let values = Definition::ALL.map(|definition| (definition, definition.value(&all)));
    if arguments.json {
        let metrics: Map<_, _> =
            values.iter().map(|(definition, value)| (definition.name().to_owned(), json!(value))).collect();
        let images: Vec<_> = counts
            .iter()
            .map(|ImageCounts { image, counts: Counts { tp, fp, fn_, tn }, boundary }| {
                let (hd95, assd) = (boundary.map(|one| one.hd95), boundary.map(|one| one.assd));
                json!({ "image": image, "tp": tp, "fp": fp, "fn": fn_, "tn": tn, "hd95": hd95, "assd": assd })
            })
            .collect();
        context.printer.json(&json!({
            "model": weighted.model.name(),
            "weights": weighted.file.display().to_string(),
            "on": on,
            "size": size,
            "images": counts.len(),
            "metrics": metrics,
            "counts": images,
        }));
        return;
    }
    let printer = context.printer;
    let (model, file) = (weighted.model.name(), weighted.file.display());
    printer.result(format_args!("{model} with {file} on {on}: {} images at {size}x{size}", counts.len()));
    let mut table = Table::new(["METRIC", "VALUE", "FORMULA"]);
    for (definition, value) in values {
        let unit = definition.unit();
        let shown = value.map(|value| format!("{:.2} {unit}", definition.in_unit(value)));
        let shown = shown.unwrap_or_else(|| "undefined".to_owned());
        table.row([definition.title().to_owned(), shown, definition.formula().to_owned()]);
    }
    printer.result(table);
}
