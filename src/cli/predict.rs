//! `ege-bench predict`: masks of pictures of any size.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use indicatif::ProgressBar;
use serde_json::json;

use super::args::PredictArguments;
use super::context::{Context, start_threads};
use super::exit_code::ExitCode;
use super::failure::Failure;
use super::weights::{self, Weighted};
use crate::dataset::picture::{Picture, Region, enlarge, mask_png};
use crate::dataset::{DatasetError, pictures};
use crate::experiment::settings::is_size;
use crate::store::atomic;
use crate::train::TrainError;

pub(super) fn run(context: &Context, arguments: &PredictArguments) -> Result<ExitCode, Failure> {
    if let Some(size) = arguments.weights.size.filter(|size| !is_size(*size)) {
        return Err(DatasetError::Size { size }.into());
    }
    let compute = context.compute()?;
    let threads = start_threads(arguments.threads)?;
    let pictures = list(&arguments.pictures)?;
    let weighted = weights::load(&arguments.weights, compute, threads)?;
    weighted.needs_no_training_images()?;
    let printer = context.printer;
    let bar = ProgressBar::with_draw_target(Some(pictures.len() as u64), printer.progress_target());
    let (mut done, mut failed) = (Vec::new(), 0);
    for (name, path) in &pictures {
        match predict(&weighted, path, &arguments.out.join(name), arguments) {
            Ok(entry) => done.push(entry),
            // Every further picture would meet it, too.
            Err(Problem::Network(error)) => return Err(error.into()),
            Err(Problem::Picture(problem)) => {
                failed += 1;
                bar.suspend(|| printer.warning(&format!("skipped {}: {problem}", path.display())));
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    if arguments.json {
        printer
            .json(&json!({ "model": weighted.model.name(), "weights": weighted.file.display().to_string(), "predictions": done }));
    } else {
        printer.result(format_args!("{} predicted into {}", done.len(), arguments.out.display()));
    }
    if failed > 0 {
        let hint = "pictures are JPEG or PNG files".to_owned();
        return Err(Failure::data(
            format!("{failed} of {} pictures were skipped", pictures.len()),
            Some(hint),
        ));
    }
    Ok(ExitCode::Success)
}

/// The pictures of files and folders, by the names that their predictions get.
fn list(paths: &[PathBuf]) -> Result<BTreeMap<String, PathBuf>, Failure> {
    let mut found: BTreeMap<String, PathBuf> = BTreeMap::new();
    for path in paths {
        let own = if path.is_dir() {
            pictures(path).map_err(|error| Failure::data(format!("{}: {error}", path.display()), None))?
        } else {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            BTreeMap::from([(name, path.clone())])
        };
        for (name, path) in own {
            if let Some(other) = found.get(&name).filter(|other| **other != path) {
                let message = format!("{} and {} would get one name", other.display(), path.display());
                return Err(Failure::usage(message, Some("predict them into two folders".to_owned())));
            }
            found.insert(name, path);
        }
    }
    if found.is_empty() {
        return Err(Failure::data("no JPEG or PNG file there".to_owned(), None));
    }
    Ok(found)
}

/// Why a picture has no prediction.
enum Problem {
    Picture(String),
    Network(TrainError),
}

impl From<String> for Problem {
    fn from(problem: String) -> Self {
        Self::Picture(problem)
    }
}

/// Predicts one picture and writes its mask and overlay; says what was found.
fn predict(
    weighted: &Weighted,
    path: &Path,
    target: &Path,
    arguments: &PredictArguments,
) -> Result<serde_json::Value, Problem> {
    let picture = Picture::read(path)?;
    let size = weighted.size(arguments.weights.size);
    let logits = weighted.predictor.logits(&picture.squared(size), size).map_err(Problem::Network)?;
    let (height, width) = (picture.height, picture.width);
    let mask: Vec<bool> =
        enlarge(&logits, size, height, width).into_iter().map(|logit| logit >= 0.0).collect();
    let beside = |ending: &str| {
        let mut name = target.file_name().unwrap_or_default().to_os_string();
        name.push(ending);
        target.with_file_name(name)
    };
    let write = |file: &Path, bytes: &[u8]| atomic::write(file, bytes).map_err(|error| error.to_string());
    let mask_file = beside("_mask.png");
    write(&mask_file, &mask_png(&mask, height, width)?)?;
    // A path that isn't Unicode is no JSON.
    let shown = |path: &Path| path.display().to_string();
    let mut entry =
        json!({ "picture": shown(path), "mask": shown(&mask_file), "height": height, "width": width });
    if !arguments.no_overlay {
        let overlay = beside("_overlay.png");
        write(&overlay, &picture.overlay(&mask)?)?;
        entry["overlay"] = json!(shown(&overlay));
    }
    let Region { area, boundary, bounds } = Region::of(&mask, width);
    entry["area_pixels"] = json!(area);
    entry["area_share"] = json!(area as f64 / (height * width) as f64);
    entry["boundary_pixels"] = json!(boundary);
    entry["bounds"] = json!(bounds.map(|[top, bottom, left, right]| {
        json!({ "top": top, "bottom": bottom, "left": left, "right": right })
    }));
    Ok(entry)
}
