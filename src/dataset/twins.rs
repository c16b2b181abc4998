//! Images of different ids that look the same.

use rayon::prelude::*;

use super::Images;

/// Height and width at which images are compared.
const SIDE: usize = 32;

/// Largest mean squared difference at that size, of values in 0..255, at which two images count as the same picture.
///
/// On ISIC 2017 copies of one picture lie at 1.1 and below, and the next pair, two pictures of one lesion, at 6.
const NEAR: f64 = 2.0;

/// Two images that look the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Twin {
    /// An id of the first list.
    pub a: String,
    /// An id of the second list.
    pub b: String,
    /// Mean squared difference at 32x32 pixels over the three colours, of values in 0..255.
    pub distance: f64,
    /// True where every pixel is the same at full size.
    pub identical: bool,
}

/// Pairs of one id of each list whose images look the same, in the order of the lists; ids in both are no pair.
///
/// Pictures that were turned, mirrored or cropped aren't found.
///
/// # Panics
/// When an id isn't among the images.
pub fn twins(images: &dyn Images, a: &[String], b: &[String]) -> Vec<Twin> {
    let index = images.index();
    let small = |ids: &[String]| -> Vec<Vec<f32>> {
        ids.par_iter().map(|id| shrunk(images.image(index[id.as_str()]), images.size())).collect()
    };
    let (small_a, small_b) = (small(a), small(b));
    let pairs: Vec<Vec<Twin>> = small_a
        .par_iter()
        .zip(a)
        .map(|(one, id)| {
            let near = |(other, other_id): (&Vec<f32>, &String)| {
                let distance = distance(one, other)?;
                let pixels = |id: &str| images.image(index[id]);
                let identical = pixels(id) == pixels(other_id);
                (id != other_id).then(|| Twin { a: id.clone(), b: other_id.clone(), distance, identical })
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

    #[test]
    fn copies_are_found_and_nothing_else() {
        struct Copied(Box<dyn Images>, Vec<String>);
        impl Images for Copied {
            fn ids(&self) -> &[String] {
                &self.1
            }
            fn size(&self) -> usize {
                self.0.size()
            }
            fn image(&self, index: usize) -> &[u8] {
                // The last one is the first again.
                self.0.image(if index + 1 == self.1.len() { 0 } else { index })
            }
            fn mask(&self, index: usize) -> &[u8] {
                self.0.mask(index)
            }
            fn digest(&self) -> &str {
                self.0.digest()
            }
        }
        let ids: Vec<String> = (0..8).map(|at| format!("I{at}")).collect();
        let images = Copied(Box::new(synthetic::generate(6, 2, 64)), ids.clone());
        let found = twins(&images, &ids[..4], &ids[4..]);
        let copy = Twin { a: "I0".into(), b: "I7".into(), distance: 0.0, identical: true };
        assert_eq!(found, [copy]);
        assert_eq!(twins(&images, &ids[1..4], &ids[1..4]), []);
    }
}
