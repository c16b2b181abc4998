//! Whether the lists of a split are those that somebody measured.

use rayon::prelude::*;

use super::lock::{Measure, Published, SplitPart};
use super::{Images, Split};
use crate::random;

/// Random splits of the same images that the published numbers are compared with.
pub const RANDOM_SPLITS: usize = 1000;

/// Sum of an image's bytes and number of its lesion pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Facts {
    bytes: u64,
    lesion: u64,
}

/// What is measured of the images of a split.
pub struct Measured<'a> {
    split: &'a Split,
    /// Bytes of an image, three for each pixel.
    image_bytes: u64,
    /// Of the parts' images that are there.
    parts: [Vec<Facts>; 3],
}

/// A published number beside what the lists give.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// The published number.
    pub published: Published,
    /// The same of the lists' images, in its unit.
    pub here: f64,
    /// Mean and standard deviation over random splits of the same images into parts of the same sizes.
    pub random: (f64, f64),
    /// Random splits, of [`RANDOM_SPLITS`], that come at least as near to the published number.
    pub as_near: usize,
}

impl<'a> Measured<'a> {
    /// Measures every image of the split that is there.
    pub fn of(images: &dyn Images, split: &'a Split) -> Self {
        let index = images.index();
        let facts = |ids: &Vec<String>| -> Vec<Facts> {
            let found: Vec<usize> = ids.iter().filter_map(|id| index.get(id.as_str()).copied()).collect();
            found
                .par_iter()
                .map(|&at| Facts {
                    bytes: images.image(at).iter().map(|&byte| u64::from(byte)).sum(),
                    lesion: images.mask(at).iter().filter(|&&grey| grey >= 128).count() as u64,
                })
                .collect()
        };
        let image_bytes = 3 * (images.size() * images.size()) as u64;
        Self { split, image_bytes, parts: [&split.train, &split.select, &split.report].map(facts) }
    }

    /// How many images of a part are there, and how many it has.
    pub fn present(&self, part: SplitPart) -> (usize, usize) {
        let list = match part {
            SplitPart::Train => &self.split.train,
            SplitPart::Select => &self.split.select,
            SplitPart::Report => &self.split.report,
        };
        (self.part(part).len(), list.len())
    }

    /// The measure over a part, in its unit; `None` where no image of it is there.
    pub fn value(&self, measure: Measure, part: SplitPart) -> Option<f64> {
        value(measure, self.part(part), self.image_bytes)
    }

    /// Lesion pixels of a part as a share of all its pixels, in `[0, 1]`.
    pub fn lesion_share(&self, part: SplitPart) -> Option<f64> {
        let pixels = self.part(part).len() as u64 * self.image_bytes / 3;
        Some(self.value(Measure::LesionPixels, part)? / pixels as f64)
    }

    /// The published number beside this one and beside random splits; `None` where no image of the part is there, and for a
    /// sum where one is missing.
    ///
    /// The images that train and those that are reported on are drawn anew, by streams (0, `random-split`, number, "");
    /// where the split selects on other images, those stay out.
    pub fn against(&self, published: &Published) -> Option<Evidence> {
        let (present, all) = self.present(published.part);
        if published.measure == Measure::LesionPixels && present < all {
            return None;
        }
        let here = self.value(published.measure, published.part)?;
        let drawn = self.part(published.part).len();
        let pool: Vec<Facts> = [SplitPart::Train, SplitPart::Report]
            .into_iter()
            .flat_map(|part| self.part(part))
            .copied()
            .collect();
        let draw = |number: usize| {
            let mut pool = pool.clone();
            random::stream(0, "random-split", number as u64, "").shuffle(&mut pool);
            value(published.measure, &pool[..drawn.min(pool.len())], self.image_bytes).unwrap_or_default()
        };
        let values: Vec<f64> = (0..RANDOM_SPLITS).into_par_iter().map(draw).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let off = (here - published.value).abs();
        Some(Evidence {
            published: published.clone(),
            here,
            random: (mean, (squares / (values.len() - 1) as f64).sqrt()),
            as_near: values.iter().filter(|value| (**value - published.value).abs() <= off).count(),
        })
    }

    fn part(&self, part: SplitPart) -> &[Facts] {
        match part {
            SplitPart::Train => &self.parts[0],
            SplitPart::Select => &self.parts[1],
            SplitPart::Report => &self.parts[2],
        }
    }
}

fn value(measure: Measure, facts: &[Facts], image_bytes: u64) -> Option<f64> {
    if facts.is_empty() {
        return None;
    }
    Some(match measure {
        Measure::MeanPixel => {
            let sum: u64 = facts.iter().map(|facts| facts.bytes).sum();
            sum as f64 / (image_bytes * facts.len() as u64) as f64
        }
        Measure::LesionPixels => facts.iter().map(|facts| facts.lesion).sum::<u64>() as f64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::synthetic;

    #[test]
    fn lists_are_told_from_random_ones() {
        let images = synthetic::generate(30, 12, 32);
        // The brightest images are reported on: no random split is as bright.
        let mean = |at: &usize| images.image(*at).iter().map(|&byte| u64::from(byte)).sum::<u64>();
        let mut order: Vec<usize> = (0..42).collect();
        order.sort_by_key(mean);
        let ids = |range: &[usize]| range.iter().map(|&at| images.ids()[at].clone()).collect::<Vec<_>>();
        let (train, report) = (ids(&order[..30]), ids(&order[30..]));
        let split = Split::new("s", train, report.clone(), report);
        let measured = Measured::of(&images, &split);
        let published = |measure, part, value| Published {
            measure,
            part,
            value,
            digits: 3,
            size: 32,
            source: "made up".to_owned(),
        };
        let here = measured.value(Measure::MeanPixel, SplitPart::Report).unwrap();
        let by_hand = order[30..].iter().map(mean).sum::<u64>() as f64 / (12 * 3 * 32 * 32) as f64;
        assert!((here - by_hand).abs() < 1e-9, "{here} {by_hand}");
        let told = measured.against(&published(Measure::MeanPixel, SplitPart::Report, here + 0.01)).unwrap();
        assert_eq!(told.as_near, 0, "{told:?}");
        assert!(told.random.0 < here && told.random.1 > 0.0, "{told:?}");
        // A number that is far from these lists is met by random ones as well.
        let other =
            measured.against(&published(Measure::MeanPixel, SplitPart::Report, told.random.0)).unwrap();
        assert!(other.as_near > 900, "{other:?}");
        let share = measured.lesion_share(SplitPart::Train).unwrap();
        let lesion = measured.value(Measure::LesionPixels, SplitPart::Train).unwrap();
        assert!((share - lesion / (30 * 32 * 32) as f64).abs() < 1e-12);
        assert_eq!(measured.present(SplitPart::Select), (12, 12));
    }
}
