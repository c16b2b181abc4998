//! The runs of an experiment by variant.

use super::input::{ReportInput, ReportRun};
use crate::analysis::{Sample, SampleError};
use crate::claim::ImagesOrigin;
use crate::metric::{Boundary, Counts, Definition, Score};
use crate::statistics::Summary;
use crate::store::{self, CountsRow, ModelCost, RunState, Weights};

/// The runs of one variant: the same settings under several seeds.
pub(super) struct Variant<'a> {
    pub name: &'a str,
    /// At least one run, in the order of the plan.
    pub runs: Vec<&'a ReportRun>,
    /// Its finished runs' scores under the selected epoch's weights; else why they are no sample.
    pub sample: Result<Sample, SampleError>,
}

impl<'a> Variant<'a> {
    /// The variants in the order of the plan.
    pub fn all(input: &'a ReportInput) -> Vec<Self> {
        let mut variants: Vec<Self> = Vec::new();
        for run in &input.runs {
            match variants.iter_mut().find(|variant| variant.name == run.record.variant) {
                Some(variant) => variant.runs.push(run),
                None => variants.push(Self {
                    name: &run.record.variant,
                    runs: vec![run],
                    sample: Err(SampleError::Empty),
                }),
            }
        }
        for variant in &mut variants {
            let runs = variant.done().map(|run| (run.record.seed, run.images_of(Weights::Best)));
            variant.sample = Sample::new(runs.collect());
        }
        variants
    }

    /// A run that stands for the settings of all.
    pub fn first(&self) -> &'a ReportRun {
        self.runs[0]
    }

    /// The runs that are complete.
    pub fn done(&self) -> impl Iterator<Item = &'a ReportRun> {
        self.runs.iter().copied().filter(|run| run.is_done())
    }

    /// A metric of the best weights over the seeds that are done, a share in `[0, 1]` or in pixels.
    pub fn summary(&self, definition: Definition) -> Option<Summary> {
        let values: Vec<f64> =
            self.done().filter_map(|run| definition.value(&run.scores_of(Weights::Best))).collect();
        Summary::of(&values)
    }

    /// Where the images come from; none for generated ones.
    pub fn origin(&self) -> Option<ImagesOrigin> {
        self.runs.iter().find_map(|run| run.origin())
    }

    /// What the network costs, once a run has counted it.
    pub fn cost(&self) -> Option<ModelCost> {
        self.runs.iter().map(|run| run.record.cost).find(|cost| cost.parameters > 0)
    }
}

impl ReportRun {
    /// Where the images come from; none for generated ones.
    pub(super) fn origin(&self) -> Option<ImagesOrigin> {
        let stored = self.record.origin.clone()?;
        let store::ImagesOrigin { copy, images, masks, deviation, pairs, resized, masks_binary } = stored;
        Some(ImagesOrigin { copy, images, masks, deviation, pairs, resized, masks_binary })
    }

    /// True for a run that is complete.
    pub(super) fn is_done(&self) -> bool {
        matches!(self.record.state, RunState::Done { .. })
    }

    /// The confusion matrices of the reported images under the given weights.
    pub(super) fn counts_of(&self, weights: Weights) -> Vec<Counts> {
        self.scores_of(weights).into_iter().map(|score| score.counts).collect()
    }

    /// The reported images' ids with their scores under the given weights.
    pub(super) fn images_of(&self, weights: Weights) -> Vec<(String, Score)> {
        let rows = self.counts.iter().filter(|row| row.weights == weights);
        rows.map(|row| (row.image.clone(), score(row))).collect()
    }

    /// The scores of the reported images under the given weights.
    pub(super) fn scores_of(&self, weights: Weights) -> Vec<Score> {
        self.counts.iter().filter(|row| row.weights == weights).map(score).collect()
    }

    /// The epoch (from 1) whose weights were selected.
    pub(super) fn best_epoch(&self) -> Option<usize> {
        match self.record.state {
            RunState::Done { best_epoch, .. } => Some(best_epoch),
            _ => None,
        }
    }

    /// IoU of the selection images in the selected epoch.
    pub(super) fn selection_iou(&self) -> Option<f64> {
        let best = self.best_epoch()?;
        self.events.iter().find(|event| event.epoch == best).map(|event| event.selection_iou)
    }
}

/// What the metrics of a row are computed from.
pub(super) fn score(row: &CountsRow) -> Score {
    Score {
        counts: Counts { tp: row.tp, fp: row.fp, fn_: row.fn_, tn: row.tn },
        boundary: row.hd95.zip(row.assd).map(|(hd95, assd)| Boundary { hd95, assd }),
    }
}

/// The distinct values in the order of their first appearance.
pub(super) fn distinct<T: PartialEq>(values: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut seen = Vec::new();
    for value in values {
        if !seen.contains(&value) {
            seen.push(value);
        }
    }
    seen
}
