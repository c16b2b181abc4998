//! Images of different ids that look the same.

use std::collections::HashSet;

use rayon::prelude::*;

use super::Images;

/// Height and width at which images are compared.
const SIDE: usize = 32;

/// Largest mean squared difference at that size, of values in 0..255, at which two images count as the same picture.
///
/// On ISIC 2017 copies of one picture lie at 1.1 and below, and the next pair, two pictures of one lesion, at 6.
const NEAR: f64 = 2.0;

/// Quarter turns and mirror images of a picture: every way to lay it down.
const WAYS: usize = 8;

/// How the second picture has to be laid to look like the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lay(usize);

impl Lay {
    /// As it is.
    pub const UPRIGHT: Self = Self(0);

    /// In words: `as it is`, `turned by 90 degrees`, `mirrored and turned by 90 degrees`.
    pub fn name(self) -> &'static str {
        [
            "as it is",
            "turned by 90 degrees",
            "turned by 180 degrees",
            "turned by 270 degrees",
            "mirrored",
            "mirrored and turned by 90 degrees",
            "mirrored and turned by 180 degrees",
            "mirrored and turned by 270 degrees",
        ][self.0]
    }

    /// Where the pixel that comes to row `y`, column `x` was, on a square of `side`.
    fn source(self, y: usize, x: usize, side: usize) -> (usize, usize) {
        let last = side - 1;
        let (y, x) = match self.0 % 4 {
            0 => (y, x),
            1 => (last - x, y),
            2 => (last - y, last - x),
            _ => (x, last - y),
        };
        (y, if self.0 >= 4 { last - x } else { x })
    }

    /// The lay that undoes this one.
    fn back(self) -> Self {
        match self.0 {
            1 => Self(3),
            3 => Self(1),
            way => Self(way),
        }
    }

    /// A square picture of `[side, side, 3]` values, laid so.
    fn laid<T: Copy>(self, pixels: &[T], side: usize) -> Vec<T> {
        let mut laid = Vec::with_capacity(pixels.len());
        for (y, x) in (0..side).flat_map(|y| (0..side).map(move |x| (y, x))) {
            let (y, x) = self.source(y, x, side);
            laid.extend_from_slice(&pixels[3 * (y * side + x)..][..3]);
        }
        laid
    }
}

/// Two images that look the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Twin {
    /// An id of the first list.
    pub a: String,
    /// An id of the second list.
    pub b: String,
    /// Mean squared difference at 32x32 pixels over the three colours, of values in 0..255.
    pub distance: f64,
    /// True where every pixel is the same at full size, laid so.
    pub identical: bool,
    /// How the second lies.
    pub lay: Lay,
}

/// Pairs of one id of each list whose images look the same, turned by quarters or mirrored, in the order of the lists;
/// an id is no pair with itself, and of ids that stand in both lists each pair is told once.
///
/// Every image is shrunk to means of 32x32 fields, and two look the same where the mean squared difference in some lay is
/// at most 2 grey levels squared; the nearest lay counts. Pictures that were cropped or turned by other angles aren't
/// found.
///
/// # Panics
/// When an id isn't among the images.
pub fn twins(images: &dyn Images, a: &[String], b: &[String]) -> Vec<Twin> {
    let index = images.index();
    let small = |ids: &[String]| -> Vec<Vec<f32>> {
        ids.par_iter().map(|id| shrunk(images.image(index[id.as_str()]), images.size())).collect()
    };
    let (small_a, small_b) = (small(a), small(b));
    let (in_a, in_b): (HashSet<&String>, HashSet<&String>) = (a.iter().collect(), b.iter().collect());
    let pairs: Vec<Vec<Twin>> = small_a
        .par_iter()
        .zip(a)
        .map(|(one, id)| {
            let ways: Vec<Vec<f32>> = (0..WAYS).map(|way| Lay(way).back().laid(one, SIDE)).collect();
            let near = |(other, other_id): (&Vec<f32>, &String)| {
                let told_before = in_b.contains(id) && in_a.contains(other_id) && other_id < id;
                if id == other_id || told_before {
                    return None;
                }
                let by_way = ways.iter().enumerate();
                let found = by_way.filter_map(|(way, one)| Some((distance(one, other)?, Lay(way))));
                let (distance, lay) = found.min_by(|x, y| x.0.total_cmp(&y.0))?;
                let pixels = |id: &str| images.image(index[id]);
                let identical = pixels(id) == lay.laid(pixels(other_id), images.size());
                Some(Twin { a: id.clone(), b: other_id.clone(), distance, identical, lay })
            };
            small_b.iter().zip(b).filter_map(near).collect()
        })
        .collect();
    pairs.into_iter().flatten().collect()
}

/// Means over the pixels that fall into each of 32 by 32 fields, `[32, 32, 3]`, in 0..255.
fn shrunk(pixels: &[u8], size: usize) -> Vec<f32> {
    let field = |at: usize| at * SIDE / size;
    let mut sums = vec![0_f32; SIDE * SIDE * 3];
    let mut counts = vec![0_f32; SIDE * SIDE];
    for (at, pixel) in pixels.chunks_exact(3).enumerate() {
        let cell = field(at / size) * SIDE + field(at % size);
        counts[cell] += 1.0;
        for (sum, value) in sums[3 * cell..].iter_mut().zip(pixel) {
            *sum += f32::from(*value);
        }
    }
    // Below 32 pixels some fields have none and stay 0, in every image alike.
    sums.iter().enumerate().map(|(at, sum)| sum / counts[at / 3].max(1.0)).collect()
}

/// The mean squared difference, where it is small enough.
fn distance(a: &[f32], b: &[f32]) -> Option<f64> {
    let limit = NEAR * a.len() as f64;
    let mut sum = 0.0;
    // Most pairs differ clearly in their first rows already.
    for (a, b) in a.chunks(3 * SIDE).zip(b.chunks(3 * SIDE)) {
        sum += a.iter().zip(b).map(|(a, b)| f64::from((a - b) * (a - b))).sum::<f64>();
        if sum > limit {
            return None;
        }
    }
    Some(sum / a.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::synthetic;

    /// Generated images, to which copies of the first were added, each laid in another way.
    struct Copied {
        generated: Box<dyn Images>,
        copies: Vec<Vec<u8>>,
        ids: Vec<String>,
    }

    impl Copied {
        fn of(generated: Box<dyn Images>, lays: &[Lay]) -> Self {
            let (size, own) = (generated.size(), generated.ids().len());
            let copies: Vec<Vec<u8>> = lays.iter().map(|lay| lay.laid(generated.image(0), size)).collect();
            let ids = (0..own + copies.len()).map(|at| format!("I{at:02}")).collect();
            Self { generated, copies, ids }
        }
    }

    impl Images for Copied {
        fn ids(&self) -> &[String] {
            &self.ids
        }
        fn size(&self) -> usize {
            self.generated.size()
        }
        fn image(&self, index: usize) -> &[u8] {
            let own = self.generated.ids().len();
            if index < own { self.generated.image(index) } else { &self.copies[index - own] }
        }
        fn mask(&self, index: usize) -> &[u8] {
            self.generated.mask(index)
        }
        fn digest(&self) -> &str {
            self.generated.digest()
        }
    }

    #[test]
    fn copies_are_found_however_they_lie_and_nothing_else() {
        let lays: Vec<Lay> = (0..WAYS).map(Lay).collect();
        let images = Copied::of(Box::new(synthetic::generate(6, 2, 64)), &lays);
        let ids = &images.ids;
        let found = twins(&images, &ids[..4], &ids[4..]);
        assert_eq!(found.len(), WAYS);
        for (twin, (at, lay)) in found.iter().zip(lays.iter().enumerate()) {
            assert_eq!((&twin.a, &twin.b), (&ids[0], &ids[8 + at]));
            assert!(twin.identical && twin.distance < 1e-6, "{twin:?}");
            // Laid back, the copy is the picture again.
            assert_eq!(twin.lay, lay.back());
        }
        assert_eq!(twins(&images, &ids[1..4], &ids[1..4]), []);
        // Within one list, each pair once.
        let within = twins(&images, ids, ids);
        assert_eq!(within.len(), 9 * 8 / 2);
        assert!(within.iter().all(|twin| twin.a < twin.b));
    }
}
