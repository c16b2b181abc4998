//! How images reach the network: as batches made on the host, or gathered on the device where all of them stay.

use burn::tensor::Device;

use super::Compute;
use super::evaluation::tensors;
use super::learner::Part;
use crate::dataset::{Arranged, Batch, Batches, LESION_FROM, OUTSIDE, Recipe, Turn};
use crate::kernel::libtorch::{Arrangement, Place, Resident, ResidentBatch, Sample, Stock, Turned, Upload};

/// The share of a card's free memory that images may take.
const SHARE: u64 = 3;

/// Where images are.
pub(super) enum Input {
    /// On the host.
    Host,
    /// On the device, all of them.
    Device(Resident),
}

/// A batch before it is on its device.
pub(super) enum Made {
    /// Numbers.
    Batches(Vec<Batch>),
    /// What is to be gathered.
    Recipes(Vec<Recipe>),
    /// Images and masks that are on their way already, while the step before is under way.
    Sent(Vec<(Upload<4>, Upload<4>)>),
}

impl Made {
    /// The batch of the images at `indices` in parts of `part` images, for a device where they are gathered or not.
    pub fn new(
        compute: Compute,
        gathers: bool,
        batches: &Batches<'_>,
        (epoch, part): (u64, usize),
        indices: &[usize],
    ) -> Self {
        if gathers {
            return Self::Recipes(batches.recipes(epoch, indices));
        }
        let parts = indices.chunks(part).map(|indices| batches.train(epoch, indices));
        match compute.library() {
            None => Self::Batches(parts.collect()),
            Some(library) => {
                let send = |batch: Batch| {
                    let (count, size) = (batch.indices.len(), batch.size);
                    let images = library.upload(&batch.images, [count, 3, size, size]);
                    (images, library.upload(&batch.masks, [count, 1, size, size]))
                };
                Self::Sent(parts.map(send).collect())
            }
        }
    }
}

impl Input {
    /// Images stay on a graphics card where they fit beside what a training needs.
    pub fn of(compute: Compute, batches: &Batches<'_>) -> Self {
        let fits =
            compute.library().filter(|library| matches!(library.place(), Place::Cuda(_))).filter(|library| {
                let images = batches.images();
                let bytes = Stock::bytes(images.ids().len(), images.size());
                library.memory().is_some_and(|(free, _)| bytes <= free / SHARE)
            });
        // Other runs may have taken the room meanwhile.
        fits.and_then(|library| library.within_memory(|| Self::on_device(compute, batches)).ok())
            .unwrap_or(Self::Host)
    }

    /// Images on the device, whether they had better be there or not; on the host where it has no room of its own.
    pub fn on_device(compute: Compute, batches: &Batches<'_>) -> Self {
        let Some(library) = compute.library() else { return Self::Host };
        let images = batches.images();
        let all = 0..images.ids().len();
        let stock = Stock {
            size: images.size(),
            images: all.clone().map(|index| (images.image(index), images.mask(index))).collect(),
            tables: all.map(|index| batches.table(index)).collect(),
            mask_table: *batches.mask_table(),
            lesion_from: LESION_FROM,
            arrangements: batches.kept_sources(),
            outside: OUTSIDE,
        };
        Self::Device(Resident::new(library, &stock))
    }

    /// Whether batches are gathered on the device.
    pub fn gathers(&self) -> bool {
        matches!(self, Self::Device(_))
    }

    /// Images and masks of what was made, on the device.
    pub fn parts(&self, made: Made, device: &Device) -> Vec<Part> {
        match made {
            Made::Batches(mut batches) => batches.iter_mut().map(|batch| tensors(batch, device)).collect(),
            Made::Sent(parts) => {
                parts.into_iter().map(|(images, masks)| (images.arrive(), masks.arrive())).collect()
            }
            Made::Recipes(recipes) => {
                let batch = self.gather(recipes);
                vec![(batch.images, batch.masks)]
            }
        }
    }

    /// The batch of these recipes, on the device.
    ///
    /// # Panics
    /// When images aren't there.
    pub fn gather(&self, recipes: Vec<Recipe>) -> ResidentBatch {
        let Self::Device(resident) = self else { unreachable!("recipes are for images on a device") };
        let sample = |Recipe { image, arranged }: Recipe| Sample {
            image,
            arrangement: match arranged {
                Arranged::Kept(kept) => Arrangement::Kept(kept),
                Arranged::Turned(flips, Turn { rows, rests, columns }) => {
                    Arrangement::Turned(Turned { rows, rests, columns, flips })
                }
            },
        };
        resident.batch(&recipes.into_iter().map(sample).collect::<Vec<_>>())
    }
}

#[cfg(all(test, feature = "libtorch"))]
mod tests {
    use super::*;
    use crate::dataset::{Draws, synthetic};
    use crate::experiment::protocol;
    use crate::experiment::settings::{
        EgeUnetSettings, LossMask, ModelSettings, Normalization, Protocol, TrainSettings,
    };
    use crate::metric::Counts;
    use crate::model::Built;
    use crate::model::state::values;
    use crate::train::evaluation::{Evaluation, Place, Purpose, evaluate};

    fn libtorch() -> Compute {
        "libtorch".parse().expect("this build has libtorch")
    }

    /// Three epochs of batches, bit by bit.
    fn check(settings: &TrainSettings) {
        let images = synthetic::generate(9, 0, 32);
        let batches = Batches::new(&images, (0..9).collect(), settings, 5);
        let input = Input::on_device(libtorch(), &batches);
        assert!(input.gathers());
        for epoch in 1..=3 {
            for indices in batches.order(epoch) {
                let gathered = input.gather(batches.recipes(epoch, &indices));
                let host = batches.train(epoch, &indices);
                assert_eq!(values(gathered.images), host.images, "{settings:?}, epoch {epoch}");
                assert_eq!(values(gathered.masks), host.masks, "{settings:?}, epoch {epoch}");
            }
        }
    }

    #[test]
    fn what_is_gathered_on_the_device_is_what_the_host_makes() {
        for protocol in [Protocol::AsReleased, Protocol::AsWritten] {
            let settings = TrainSettings { batch_size: 4, ..protocol::train(protocol) };
            check(&settings);
            check(&TrainSettings { normalization: Normalization::Standardize, ..settings.clone() });
            let mut hard = settings;
            hard.loss.mask = LossMask::Hard;
            check(&hard);
        }
    }

    /// Angles of 45 degrees and right ones are full of pixels in the middle between two others.
    #[test]
    fn rotations_on_the_device_pick_the_pixels_that_the_host_picks() {
        let settings = protocol::train(Protocol::AsWritten);
        for size in [32, 33, 64] {
            let images = synthetic::generate(1, 0, size);
            let batches = Batches::new(&images, vec![0], &settings, 5);
            let input = Input::on_device(libtorch(), &batches);
            let angles =
                (0..16).map(|eighth| f64::from(eighth) * 22.5).chain((0..40).map(|n| f64::from(n) * 9.1));
            for (n, angle) in angles.enumerate() {
                let draws = Draws { horizontal: n % 2 == 1, vertical: n % 4 > 1, angle: Some(angle) };
                let gathered = input.gather(vec![batches.recipe(0, draws)]);
                let host = batches.batch(&[0], |_| draws);
                assert_eq!(values(gathered.images), host.images, "{size} pixels, {draws:?}");
                assert_eq!(values(gathered.masks), host.masks, "{size} pixels, {draws:?}");
            }
        }
    }

    #[test]
    fn counts_that_are_added_up_on_the_device_are_those_of_the_host() {
        let images = synthetic::generate(11, 0, 32);
        let settings = protocol::train(Protocol::AsReleased);
        let batches = Batches::new(&images, (0..11).collect(), &settings, 5);
        let model = ModelSettings::EgeUnet(EgeUnetSettings::default());
        let compute = libtorch();
        let built = Built::new(&model, 3, &compute.device());
        let indices: Vec<usize> = (0..11).rev().collect();
        let judged = |input: &Input| {
            let place = Place { compute, input };
            evaluate(&built, &batches, &indices, Purpose::Selection(&settings.loss), &place)
        };
        let (there, here) = (judged(&Input::on_device(compute, &batches)), judged(&Input::Host));
        assert_eq!(there.scores, here.scores);
        let report =
            evaluate(&built, &batches, &indices, Purpose::Report, &Place { compute, input: &Input::Host });
        let counts = |evaluation: &Evaluation| -> Vec<Counts> {
            evaluation.scores.iter().map(|score| score.counts).collect()
        };
        assert_eq!(counts(&there), counts(&report), "of the host");
        assert!(there.total().tp + there.total().fp > 0, "some pixels are lesion: {:?}", there.total());
        for (there, here) in there.losses.iter().zip(&here.losses) {
            assert!((there - here).abs() <= 1e-5 * here.abs(), "{there} and {here}");
        }
    }
}
