//! From run folders to what a report is made of.

use std::collections::BTreeSet;

use super::audit::{Counts, Splits};
use super::failure::Failure;
use crate::claim::{Claims, Count, audit};
use crate::dataset;
use crate::executor::{FakeTrainer, PlanItem, Reason, Trainer, now, provenance};
use crate::experiment::Experiment;
use crate::experiment::settings::{ModelSettings, Selection};
use crate::report::{GalleryItem, LeakItem, NetworkCost, ReportInput, ReportRun};
use crate::store::{
    CountsRow, FORMAT, ModelCost, Results, RunFolder, RunRecord, RunState, StoreError, Weights,
};

/// Gathers an experiment's runs, claims and pictures.
pub(super) fn gather(
    experiment: &Experiment,
    claims: Vec<Claims>,
    items: &[PlanItem],
    trainer: &dyn Trainer,
    results: &Results,
    command: String,
) -> Result<ReportInput, Failure> {
    let (counts, splits) = (Counts::default(), Splits::new(None));
    // A fake training costs nothing, so that it takes none of its speed.
    let fake = FakeTrainer::is_fake(trainer.device());
    let count = |model: &ModelSettings, size| if fake { Vec::new() } else { counts.of(model, size) };
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
    let (compared, leaks) = leaks(items);
    Ok(ReportInput {
        name: experiment.name.clone(),
        description: experiment.description.clone(),
        command,
        generated: now(),
        runs,
        costs: costs(&claims, &count),
        // Splits as they are listed: what a report says doesn't depend on what is prepared where it is written.
        audits: claims.iter().map(|claims| audit(claims, &count, &|table| splits.of(table))).collect(),
        registry: results.registry()?,
        claims,
        gallery,
        gallery_note,
        compared,
        leaks,
    })
}

/// Images of the runs' splits that look the same, and what was compared, each split once; generated ones never do.
fn leaks(items: &[PlanItem]) -> (Vec<String>, Vec<LeakItem>) {
    let (mut compared, mut found) = (Vec::new(), Vec::new());
    for item in items.iter().filter(|item| !item.run.settings.data.source.is_synthetic()) {
        let (settings, split) = (&item.run.settings.data, &item.data.split);
        let images = &*item.data.images;
        let ids: Vec<String> = split.ids().into_iter().map(str::to_owned).collect();
        let data = format!("{}, split {}", settings.source.dataset(), split.name);
        let told = format!("{} images of {data}, at {1}x{1}", ids.len(), settings.size);
        if compared.contains(&told) {
            continue;
        }
        compared.push(told);
        let index = images.index();
        let pixels = |id: &str| images.image(index[id]).to_vec();
        found.extend(dataset::leaks(images, &ids, split).into_iter().map(|leak| LeakItem {
            data: data.clone(),
            parts: leak.parts.map(|place| place.name().to_owned()),
            leaks: leak.is_leak(),
            distance: leak.twin.distance,
            identical: leak.twin.identical,
            lay: leak.twin.lay.name().to_owned(),
            size: images.size(),
            pixels: [pixels(&leak.twin.a), pixels(&leak.twin.b)],
            images: [leak.twin.a, leak.twin.b],
        }));
    }
    (compared, found)
}

/// What each network of the claims costs.
fn costs(claims: &[Claims], count: &Count<'_>) -> Vec<NetworkCost> {
    let mut costs: Vec<NetworkCost> = Vec::new();
    for table in claims.iter().flat_map(|claims| &claims.tables) {
        for model in table.rows.iter().filter_map(|row| row.model.as_ref()) {
            if !costs.iter().any(|known| known.model == *model && known.size == table.size) {
                let conventions = count(model, table.size);
                let cost = conventions.first().map_or_else(ModelCost::default, |counted| ModelCost {
                    parameters: counted.parameters,
                    conv_macs: counted.operations,
                });
                costs.push(NetworkCost { model: model.clone(), size: table.size, cost, conventions });
            }
        }
    }
    costs
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
        origin: None,
        encoder_weights: item.encoder_files(),
        folder: item.folder(),
        state: RunState::Planned,
        cost: trainer.cost(&settings.model, settings.data.size),
        provenance: provenance(trainer),
    });
    // Another experiment may have made the run under other names.
    record.experiment.clone_from(&item.run.experiment);
    record.variant.clone_from(&item.run.variant);
    // An earlier version kept none; the run's id vouches that it saw the images that are here.
    record.origin = record.origin.or_else(|| item.data.origin());
    // A process that died left `running` behind.
    if let Reason::Interrupted { epochs_done } = item.reason {
        record.state = RunState::Interrupted { epochs_done };
    }
    let split = &item.data.split;
    let counts = if matches!(record.state, RunState::Done { .. }) { folder.counts()? } else { Vec::new() };
    if matches!(record.state, RunState::Done { .. }) {
        let pixels = (settings.data.size * settings.data.size) as u64;
        whole(&counts, &split.report, pixels)
            .map_err(|message| StoreError::Damaged { path: folder.path().join("counts.jsonl"), message })?;
    }
    let is_done = matches!(record.state, RunState::Done { .. });
    let events = if is_done { folder.events()? } else { folder.events_so_far()? };
    Ok(ReportRun {
        counts,
        noise_floor: folder.noise_floor()?,
        record,
        settings: settings.clone(),
        selects_on_report: split.selects_on_report() && settings.train.selection != Selection::Last,
        images: [split.train.len(), split.select.len(), split.report.len()],
        events,
    })
}

/// Checks that each reported image stands once under each weights, with the counts of all its pixels and distances that
/// a square of so many pixels can have.
pub(super) fn whole(counts: &[CountsRow], reported: &[String], pixels: u64) -> Result<(), String> {
    // The diagonal, in whole pixels.
    let longest = (2.0 * pixels as f64).sqrt().ceil();
    for (weights, name) in [(Weights::Best, "best"), (Weights::Last, "last")] {
        let mut missing: BTreeSet<&str> = reported.iter().map(String::as_str).collect();
        for row in counts.iter().filter(|row| row.weights == weights) {
            let image = &row.image;
            if !missing.remove(image.as_str()) {
                let problem = if reported.contains(image) { "stands twice" } else { "is not reported on" };
                return Err(format!("{name} weights: image {image} {problem}"));
            }
            let found = [row.tp, row.fp, row.fn_, row.tn].into_iter().fold(0, u64::saturating_add);
            if found != pixels {
                return Err(format!(
                    "{name} weights: image {image} has counts of {found} pixels, not {pixels}"
                ));
            }
            let mut distances = [row.hd95, row.assd].into_iter().flatten();
            if let Some(distance) = distances.find(|distance| !(0.0..=longest).contains(distance)) {
                return Err(format!(
                    "{name} weights: image {image} has borders {distance} px apart, beyond 0 to {longest}"
                ));
            }
        }
        if let Some(first) = missing.first() {
            let (absent, all) = (missing.len(), reported.len());
            return Err(format!(
                "{name} weights: {absent} of {all} reported images are missing, such as {first}"
            ));
        }
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_hold_each_reported_image_once_under_each_weights() {
        let reported = ["A".to_owned(), "B".to_owned()];
        let row = |weights, image: &str| CountsRow {
            weights,
            image: image.into(),
            tp: 1,
            fp: 1,
            fn_: 1,
            tn: 1,
            hd95: Some(2.0_f64.hypot(2.0)),
            assd: None,
        };
        let good: Vec<_> = [Weights::Best, Weights::Last]
            .into_iter()
            .flat_map(|weights| ["B", "A"].map(|image| row(weights, image)))
            .collect();
        assert_eq!(whole(&good, &reported, 4), Ok(()));
        let check = |tamper: &dyn Fn(&mut Vec<CountsRow>), expect: &str| {
            let mut rows = good.clone();
            tamper(&mut rows);
            assert_eq!(whole(&rows, &reported, 4), Err(expect.to_owned()));
        };
        check(&Vec::clear, "best weights: 2 of 2 reported images are missing, such as A");
        check(&|rows| drop(rows.pop()), "last weights: 1 of 2 reported images are missing, such as A");
        check(&|rows| rows.push(row(Weights::Best, "A")), "best weights: image A stands twice");
        check(&|rows| rows[1].image = "C".into(), "best weights: image C is not reported on");
        let far = "best weights: image A has borders 3.5 px apart, beyond 0 to 3";
        check(&|rows| rows[1].assd = Some(3.5), far);
        check(
            &|rows| rows[2].hd95 = Some(-1.0),
            "last weights: image B has borders -1 px apart, beyond 0 to 3",
        );
        check(&|rows| rows[2].tn = 2, "last weights: image B has counts of 5 pixels, not 4");
        check(
            &|rows| rows[2].tn = u64::MAX,
            &format!("last weights: image B has counts of {} pixels, not 4", u64::MAX),
        );
    }
}
