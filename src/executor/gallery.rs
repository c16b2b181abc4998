//! A few reported images to look at: the best, the median and the worst by IoU under the best weights.

use super::plan::PlanItem;
use super::trainer::Trainer;
use crate::metric::{Counts, Definition};
use crate::store::{GalleryEntry, RunFolder};
use crate::train::{HostError, ImageCounts};

/// Images of each choice.
const EACH: usize = 3;

/// Predicts the chosen images and keeps their masks in the run folder.
///
/// # Errors
/// When the weights can't be read or the masks can't be written.
pub(super) fn keep(
    folder: &RunFolder,
    item: &PlanItem,
    trainer: &dyn Trainer,
    reported: &[ImageCounts],
) -> Result<(), HostError> {
    let images = &*item.data.images;
    let positions = images.index();
    let chosen = choose(reported);
    let mut indices = Vec::with_capacity(chosen.len());
    for entry in &chosen {
        let index = positions.get(entry.image.as_str());
        indices.push(*index.ok_or_else(|| format!("image {} is not in the data", entry.image))?);
    }
    let train: Vec<usize> = item.data.split.train.iter().map(|id| positions[id.as_str()]).collect();
    let masks = trainer.predict(&item.run.settings, &folder.best_weights()?, images, &train, &indices)?;
    let entries: Vec<_> = chosen.into_iter().zip(masks).collect();
    Ok(folder.write_gallery(images.size(), &entries)?)
}

/// Up to three best, median and worst images, none of them twice; ties go by the order of ids.
fn choose(reported: &[ImageCounts]) -> Vec<GalleryEntry> {
    let mut ranked: Vec<(f64, &str)> =
        reported.iter().map(|image| (iou(image.counts), image.image.as_str())).collect();
    ranked.sort_by(|(a, first), (b, second)| b.total_cmp(a).then(first.cmp(second)));
    let count = ranked.len();
    let each = EACH.min(count.div_ceil(3));
    let middle = (count - each) / 2;
    let mut chosen: Vec<GalleryEntry> = Vec::new();
    for (choice, start) in [("best", 0), ("median", middle), ("worst", count - each)] {
        for &(iou, image) in &ranked[start..start + each] {
            if chosen.iter().all(|entry| entry.image != image) {
                chosen.push(GalleryEntry { image: image.to_owned(), choice: choice.to_owned(), iou });
            }
        }
    }
    chosen
}

fn iou(counts: Counts) -> f64 {
    Definition::ImageIou.value(&[counts]).expect("the mean over images is defined for one image")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Chooses from images whose IoU in percent is given.
    fn check(percent: &[u64], expect: &[(&str, &[u64])]) {
        let reported: Vec<ImageCounts> = percent
            .iter()
            .map(|&tp| ImageCounts {
                image: format!("{tp:03}"),
                counts: Counts { tp, fp: 100 - tp, fn_: 0, tn: 0 },
                boundary: None,
            })
            .collect();
        let chosen: Vec<_> = choose(&reported).into_iter().map(|entry| (entry.choice, entry.image)).collect();
        let expect: Vec<_> = expect
            .iter()
            .flat_map(|(choice, images)| images.iter().map(|tp| ((*choice).to_owned(), format!("{tp:03}"))))
            .collect();
        assert_eq!(chosen, expect, "{percent:?}");
    }

    #[test]
    fn best_median_and_worst_are_chosen() {
        check(&[], &[]);
        check(&[50], &[("best", &[50])]);
        check(&[10, 20, 30], &[("best", &[30]), ("median", &[20]), ("worst", &[10])]);
        check(
            &[5, 95, 15, 85, 25, 75, 35, 65, 45, 55, 50],
            &[("best", &[95, 85, 75]), ("median", &[55, 50, 45]), ("worst", &[25, 15, 5])],
        );
    }
}
