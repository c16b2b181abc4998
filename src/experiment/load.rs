//! Loading an experiment: files and arguments in, validated settings out.

use std::path::{Path, PathBuf};

use super::check;
use super::diagnostic::Diagnostic;
use super::document::Node;
use super::error::ExperimentError;
use super::file::RawExperiment;
use super::fingerprint;
use super::layers;
use super::merge;
use super::problems::Problems;
use super::read::read;
use super::resolve::{self, Catalogue, Resolved};
use super::settings::{FolderSource, Settings};
use super::source::Origin;
use super::variants::{self, Draft};

/// An experiment in which nothing is left open.
#[derive(Clone, Debug, PartialEq)]
pub struct Experiment {
    /// The experiment's name.
    pub name: String,
    /// What it is about, for readers of the report; may be empty.
    pub description: String,
    /// The claims files that its results are compared with.
    pub claims: Vec<PathBuf>,
    /// What is compared with one another, in the order of the file.
    pub variants: Vec<Variant>,
    /// The file that the experiment was read from, as the user typed it.
    pub path: PathBuf,
}

/// One of the things that an experiment compares.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    /// A name that is unique in the experiment.
    pub name: String,
    /// What its runs do.
    pub settings: Settings,
    /// One run for each; never empty, never the same twice.
    pub seeds: Vec<u64>,
    /// Files from which the network's encoder starts; empty where it starts from scratch.
    pub encoder_weights: Vec<PathBuf>,
    /// The folder of the user's images, where the data source is one.
    pub folder: Option<FolderSource>,
}

/// Reads the experiment at `path` with the command line's `sets` (each `a.b=VALUE`) on top.
///
/// # Errors
/// When a file can't be read, and with everything that can be found wrong in files and arguments at once.
pub fn load(path: &Path, sets: &[String], catalogue: &Catalogue) -> Result<Experiment, ExperimentError> {
    let mut document = layers::read_file(path)?;
    let problems = Problems::default();
    let sets: Vec<Node> = sets
        .iter()
        .filter_map(|set| layers::parse_set(set).map_err(|diagnostic| problems.push(diagnostic)).ok())
        .collect();
    for set in &sets {
        merge::overlay(&mut document, set);
    }
    let experiment = head(&document, path, &problems);
    let drafts = variants::drafts(&document, &sets, &problems);
    let mut resolved: Vec<(Variant, Origin)> = Vec::new();
    for draft in drafts {
        if let Some(variant) = variant(&draft, catalogue, &problems) {
            refuse_twins(&variant, &draft.origin, &resolved, !sets.is_empty(), &problems);
            resolved.push((variant, draft.origin));
        }
    }
    let variants = resolved.into_iter().map(|(variant, _)| variant).collect();
    problems.finish(experiment.map(|experiment| Experiment { variants, ..experiment }))
}

fn head(document: &Node, path: &Path, problems: &Problems) -> Option<Experiment> {
    let raw: RawExperiment = read(document, "", problems)?;
    let origin = |path: &str| document.find(path).map_or(&document.origin, |node| &node.origin);
    check::name("experiment", &raw.name, origin("name"), problems);
    let claims = raw.claims.unwrap_or_default();
    let claims = claims
        .iter()
        .enumerate()
        .map(|(index, claim)| origin(&format!("claims.{index}")).relative(claim))
        .collect();
    Some(Experiment {
        name: raw.name,
        description: raw.description.unwrap_or_default().trim().to_owned(),
        claims,
        variants: Vec::new(),
        path: path.to_owned(),
    })
}

fn variant(draft: &Draft, catalogue: &Catalogue, problems: &Problems) -> Option<Variant> {
    let of_draft = Problems::default();
    let resolved = resolve::resolve(draft, catalogue, &of_draft);
    if let Err(ExperimentError::Invalid { diagnostics }) = of_draft.finish(Some(())) {
        for diagnostic in diagnostics {
            if draft.from_grid {
                let flat = diagnostic.message().contains("must be an array");
                let hint = "each element of an array in a [[grid]] is one alternative: \
                            alternatives that are arrays are written as [[1, 2], [3, 4]]";
                problems.push_words_once(diagnostic.hint_if(flat, hint));
            } else {
                problems.push(diagnostic);
            }
        }
    }
    let Resolved { settings, seeds, encoder_weights, folder } = resolved?;
    let name = if draft.name.is_empty() { settings.model.name().to_owned() } else { draft.name.clone() };
    if !draft.from_grid {
        check::name("variant", &name, &draft.origin, problems);
    }
    Some(Variant { name, settings, seeds, encoder_weights, folder })
}

/// Notes it when `variant` has a name that is taken, or does what another one does.
fn refuse_twins(
    variant: &Variant,
    origin: &Origin,
    others: &[(Variant, Origin)],
    with_sets: bool,
    problems: &Problems,
) {
    if let Some((_, first)) = others.iter().find(|(other, _)| other.name == variant.name) {
        // Two points of one grid share its place.
        let diagnostic = if first == origin {
            Diagnostic::new(format!("[[grid]] gives two variants `{}`", variant.name))
                .hint("remove the alternative that stands twice")
        } else {
            Diagnostic::new(format!("two variants are named `{}`", variant.name))
                .related(first.clone(), "the other one")
                .hint("give one another name")
        };
        problems.push(diagnostic.at(origin.clone()));
        return;
    }
    let twin = others.iter().find(|(other, _)| {
        fingerprint::same_settings(&other.settings, &variant.settings)
            && other.encoder_weights == variant.encoder_weights
            && other.folder == variant.folder
            && other.seeds.iter().any(|seed| variant.seeds.contains(seed))
    });
    if let Some((other, first)) = twin {
        let message = format!("the variants `{}` and `{}` do the same", other.name, variant.name);
        let hint = if with_sets {
            "`--set` may override what they differ in: set something else, or remove one"
        } else {
            "change a setting of one, or remove it"
        };
        let mut diagnostic = Diagnostic::new(message).at(origin.clone()).hint(hint);
        if first != origin {
            diagnostic = diagnostic.related(first.clone(), "the other one");
        }
        problems.push(diagnostic);
    }
}
