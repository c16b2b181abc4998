//! From a `[dataset.folder]` table as typed to the folder that it means.

use super::check::{self, Check};
use super::diagnostic::Diagnostic;
use super::document::Node;
use super::file::{RawData, RawDataset, RawFolder, RawFolderSplit};
use super::read::read;
use super::settings::{DataSource, FolderSource, FolderSplit};

/// Parts that select and report where nothing is said, and the seed of the draw.
const FRACTIONS: (f64, f64, u64) = (0.1, 0.2, 0);

/// The folder that the table `dataset` asks for, beside the section `data`. Nothing when it can't be read.
pub fn folder(check: Check<'_>, node: &Node, raw: &RawData) -> Option<(DataSource, FolderSource)> {
    let RawDataset::Folder(folder) = read(node, "dataset", check.problems)?;
    let others = [
        ("data.dataset", raw.dataset.is_some()),
        ("data.split", raw.split.is_some()),
        ("data.train-images", raw.train_images.is_some()),
        ("data.validation-images", raw.validation_images.is_some()),
    ];
    for (path, _) in others.into_iter().filter(|(_, given)| *given) {
        let message = format!("`{path}` and [dataset.folder] both say which images");
        check.note(path, Diagnostic::new(message).hint("remove one of them"));
    }
    let source = source(check, folder);
    let split = source.split.name().to_owned();
    Some((DataSource::Folder { split }, source))
}

fn source(check: Check<'_>, raw: RawFolder) -> FolderSource {
    let part = |key: &str, given: Option<String>, default: &str| {
        let name = given.unwrap_or_else(|| default.to_owned());
        let inside = !name.is_empty()
            && !name.contains('\\')
            && name.split('/').all(|part| !matches!(part, "" | "." | ".."));
        let allowed = "the name of a folder in the folder, such as images or train/images";
        check.must(&at(key), inside, &name, allowed);
        name
    };
    let (images, masks) = (part("images", raw.images, "images"), part("masks", raw.masks, "masks"));
    let values = raw.mask_values.unwrap_or_default();
    let background = levels(check, "background", values.background.as_deref().unwrap_or(&[0]));
    let lesion = levels(check, "lesion", values.lesion.as_deref().unwrap_or(&[255]));
    if let Some(both) = background.iter().find(|level| lesion.contains(level)) {
        let message = format!("the mask value {both} is both background and lesion");
        check.note(&at("mask-values.lesion"), Diagnostic::new(message).hint("give it one meaning"));
    }
    FolderSource {
        path: check.origin(&at("path")).relative(&raw.path),
        images,
        masks,
        background,
        lesion,
        split: split(check, raw.split),
    }
}

/// Grey levels, sorted; none twice, and not none at all.
fn levels(check: Check<'_>, key: &str, typed: &[u16]) -> Vec<u8> {
    let key = at(&format!("mask-values.{key}"));
    let mut levels: Vec<u8> = (0..)
        .zip(typed)
        .map(|(index, &level)| check.within(&format!("{key}.{index}"), level, 0..=255) as u8)
        .collect();
    if levels.is_empty() {
        check.note(&key, Diagnostic::new(format!("`{key}` is empty")).allowed("grey levels from 0 to 255"));
    }
    if let Some(position) = check::repeated(typed) {
        let message = format!("the mask value {} stands twice", typed[position]);
        check.note(&format!("{key}.{position}"), Diagnostic::new(message).hint("remove one of them"));
    }
    levels.sort_unstable();
    levels
}

fn split(check: Check<'_>, raw: Option<RawFolderSplit>) -> FolderSplit {
    let (select, report, seed) = FRACTIONS;
    match raw {
        None => FolderSplit::Fractions { select, report, seed },
        Some(RawFolderSplit::Lists(lists)) => {
            let path =
                |key: &str, name: &str| check.origin(&at(&format!("split.lists.{key}"))).relative(name);
            FolderSplit::Lists {
                train: path("train", &lists.train),
                select: path("select", &lists.select),
                report: path("report", &lists.report),
            }
        }
        Some(RawFolderSplit::Fractions(raw)) => {
            let part = |key: &str, given: Option<f64>, default: f64| {
                let path = at(&format!("split.fractions.{key}"));
                check.number(&path, given.unwrap_or(default), "above 0 and below 1", |part| {
                    part > 0.0 && part < 1.0
                })
            };
            let (select, report) = (part("select", raw.select, select), part("report", raw.report, report));
            if select < 1.0 && report < 1.0 && select + report >= 1.0 {
                let message = format!("the fractions {select} and {report} leave no image to train with");
                check.note(&at("split.fractions"), Diagnostic::new(message).allowed("less than 1 together"));
            }
            FolderSplit::Fractions { select, report, seed: raw.seed.unwrap_or(seed) }
        }
    }
}

fn at(key: &str) -> String {
    format!("dataset.folder.{key}")
}
