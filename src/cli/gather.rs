//! From run folders to what a report is made of.

use super::failure::Failure;
use crate::claim::Claims;
use crate::executor::{PlanItem, Reason, Trainer, now, provenance};
use crate::experiment::Experiment;
use crate::report::{GalleryItem, ReportInput, ReportRun};
use crate::store::{FORMAT, Results, RunFolder, RunRecord, RunState, StoreError};

/// Gathers an experiment's runs, claims and pictures.
pub(super) fn gather(
    experiment: &Experiment,
    claims: Vec<Claims>,
    items: &[PlanItem],
    trainer: &dyn Trainer,
    results: &Results,
    command: String,
) -> Result<ReportInput, Failure> {
    let mut runs = Vec::with_capacity(items.len());
    for item in items {
        runs.push(run(item, &results.run(&item.id), trainer)?);
    }
    let shown = items.iter().find(|item| item.reason == Reason::Done);
    let (gallery, gallery_note) = match shown {
        None => (Vec::new(), "no run is complete yet".to_owned()),
        Some(item) => match gallery(item, &results.run(&item.id)) {
            Ok(images) if images.is_empty() => (images, format!("{} kept no masks", item.id)),
            Ok(images) => (images, String::new()),
            Err(error) => (Vec::new(), format!("the masks of {} can't be read: {error}", item.id)),
        },
    };
    Ok(ReportInput {
        name: experiment.name.clone(),
        description: experiment.description.clone(),
        command,
        generated: now(),
        runs,
        claims,
        gallery,
        gallery_note,
    })
}

fn run(item: &PlanItem, folder: &RunFolder, trainer: &dyn Trainer) -> Result<ReportRun, StoreError> {
    let settings = &item.run.settings;
    let stored = folder.record()?;
    let mut record = stored.unwrap_or_else(|| RunRecord {
        format: FORMAT,
        id: item.id.clone(),
        experiment: String::new(),
        variant: String::new(),
        seed: item.run.seed,
        meaning: item.meaning.clone(),
        synthetic: settings.data.source.is_synthetic(),
        state: RunState::Planned,
        cost: trainer.cost(&settings.model, settings.data.size),
        provenance: provenance(trainer),
    });
    // Another experiment may have made the run under other names.
    record.experiment.clone_from(&item.run.experiment);
    record.variant.clone_from(&item.run.variant);
    // A process that died left `running` behind.
    if let Reason::Interrupted { epochs_done } = item.reason {
        record.state = RunState::Interrupted { epochs_done };
    }
    let split = &item.data.split;
    Ok(ReportRun {
        counts: if matches!(record.state, RunState::Done { .. }) { folder.counts()? } else { Vec::new() },
        record,
        settings: settings.clone(),
        selects_on_report: split.selects_on_report(),
        images: [split.train.len(), split.select.len(), split.report.len()],
        events: folder.events()?,
    })
}

fn gallery(item: &PlanItem, folder: &RunFolder) -> Result<Vec<GalleryItem>, StoreError> {
    let images = &*item.data.images;
    let positions = images.index();
    let mut shown = Vec::new();
    for entry in folder.gallery()? {
        let Some(&index) = positions.get(entry.image.as_str()) else { continue };
        shown.push(GalleryItem {
            run: item.id.clone(),
            prediction: folder.mask(&entry.image)?,
            choice: entry.choice,
            size: images.size(),
            pixels: images.image(index).to_vec(),
            truth: images.mask(index).iter().map(|&grey| grey >= 128).collect(),
            image: entry.image,
        });
    }
    Ok(shown)
}
