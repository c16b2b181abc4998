//! Distances between the borders of a predicted and of the true lesion.

use super::distance::squared_distances;

/// How far the borders of prediction and truth are apart in one image, in pixels.
///
/// The border of a lesion are its pixels with one of four neighbours outside the lesion or outside the image, as in
/// MedPy. Where neither has a lesion pixel, both distances are 0; where only one of them has any, both are the image's
/// diagonal, which is more than any two pixels can be apart. Pixels are those of the size that was evaluated
/// (256x256 in the papers), not of the original image, and of an image that was squashed they aren't square.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Boundary {
    /// The 95 % Hausdorff distance: of each border, the 95th percentile (interpolated as numpy does) of its pixels'
    /// distances to the other border; the larger of the two (MONAI, Metrics Reloaded). MedPy's is one percentile of
    /// both together.
    pub hd95: f64,
    /// The average symmetric surface distance: the mean over the pixels of both borders together (MedPy).
    pub assd: f64,
}

impl Boundary {
    /// The distances in an image of that width; both masks have its pixels, row by row.
    pub fn between(prediction: &[bool], truth: &[bool], width: usize) -> Self {
        match (prediction.contains(&true), truth.contains(&true)) {
            (true, true) => {}
            (false, false) => return Self { hd95: 0.0, assd: 0.0 },
            (true, false) | (false, true) => {
                let height = truth.len() / width;
                let diagonal = (width as f64).hypot(height as f64);
                return Self { hd95: diagonal, assd: diagonal };
            }
        }
        let (predicted, true_border) = (border(prediction, width), border(truth, width));
        let mut there = distances(&predicted, &true_border, width);
        let mut back = distances(&true_border, &predicted, width);
        let pixels = (there.len() + back.len()) as f64;
        let sum = |squared: &[u32]| -> f64 { squared.iter().map(|&squared| f64::from(squared).sqrt()).sum() };
        // Each direction by itself, so that exchanging the masks changes no bit.
        let assd = (sum(&there) + sum(&back)) / pixels;
        Self { hd95: percentile_95(&mut there).max(percentile_95(&mut back)), assd }
    }
}

/// The lesion's pixels beside which it ends.
fn border(lesion: &[bool], width: usize) -> Vec<bool> {
    let height = lesion.len() / width;
    let inside = |at: usize| {
        let (x, y) = (at % width, at / width);
        x > 0
            && y > 0
            && x + 1 < width
            && y + 1 < height
            && lesion[at - 1]
            && lesion[at + 1]
            && lesion[at - width]
            && lesion[at + width]
    };
    lesion.iter().enumerate().map(|(at, &here)| here && !inside(at)).collect()
}

/// The squared distance of each pixel of one border to the other.
fn distances(from: &[bool], to: &[bool], width: usize) -> Vec<u32> {
    let nearest = squared_distances(to, width);
    nearest.into_iter().zip(from).filter(|(_, from)| **from).map(|(squared, _)| squared).collect()
}

/// The 95th percentile of the roots of at least one value, interpolated between neighbours.
fn percentile_95(squared: &mut [u32]) -> f64 {
    let place = 0.95 * (squared.len() - 1) as f64;
    let (_, below, above) = squared.select_nth_unstable(place.floor() as usize);
    let low = f64::from(*below).sqrt();
    let high = above.iter().min().map_or(low, |&next| f64::from(next).sqrt());
    low + place.fract() * (high - low)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mask(rows: &[&str]) -> Vec<bool> {
        rows.iter().flat_map(|row| row.bytes()).map(|byte| byte == b'#').collect()
    }

    fn check(prediction: &[&str], truth: &[&str], hd95: f64, assd: f64) {
        let width = truth[0].len();
        let found = Boundary::between(&mask(prediction), &mask(truth), width);
        let close = (found.hd95 - hd95).abs() < 1e-12 && (found.assd - assd).abs() < 1e-12;
        assert!(close, "{found:?}, expected {hd95} and {assd}");
    }

    #[test]
    fn distances_by_hand() {
        let nothing = ["....", "....", "...."];
        check(&nothing, &nothing, 0.0, 0.0);
        check(&nothing, &["....", ".#..", "...."], 5.0, 5.0);
        check(&["####", "####", "####"], &nothing, 5.0, 5.0);
        check(&["#...", "....", "...."], &["....", "....", "...#"], 13.0_f64.sqrt(), 13.0_f64.sqrt());
        check(&["##..", "##..", "...."], &["##..", "##..", "...."], 0.0, 0.0);
        // From left to right 0 and 0, back 0, 0 and 1: of these the 95 % point lies nine tenths of the way to 1.
        check(&["##..", "....", "...."], &["###.", "....", "...."], 0.9, 0.2);
        // A hole has a border too.
        check(
            &["#####", "#####", "#####", "#####", "#####"],
            &["#####", "#####", "##.##", "#####", "#####"],
            // The four pixels beside the hole lie one pixel from the frame: of 20 sorted values the 95 % point is 1.
            1.0,
            4.0 / 36.0,
        );
    }

    /// Every pair of border pixels looked at, every distance sorted.
    fn brute_force(prediction: &[bool], truth: &[bool], width: usize) -> Boundary {
        let ends = |lesion: &[bool], at: usize| {
            let (x, y) = ((at % width) as i64, (at / width) as i64);
            let height = (lesion.len() / width) as i64;
            let is_lesion = |x: i64, y: i64| {
                (0..width as i64).contains(&x)
                    && (0..height).contains(&y)
                    && lesion[(y * width as i64 + x) as usize]
            };
            [(x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1)].iter().any(|&(x, y)| !is_lesion(x, y))
        };
        let border = |lesion: &[bool]| -> Vec<usize> {
            (0..lesion.len()).filter(|&at| lesion[at] && ends(lesion, at)).collect()
        };
        let (a, b) = (border(prediction), border(truth));
        let apart = |a: usize, b: usize| {
            ((a % width).abs_diff(b % width) as f64).hypot((a / width).abs_diff(b / width) as f64)
        };
        let directed = |from: &[usize], to: &[usize]| -> Vec<f64> {
            let nearest = |&a: &usize| to.iter().map(|&b| apart(a, b)).fold(f64::INFINITY, f64::min);
            let mut all: Vec<f64> = from.iter().map(nearest).collect();
            all.sort_by(f64::total_cmp);
            all
        };
        let percentile = |sorted: &[f64]| {
            let place = 0.95 * (sorted.len() - 1) as f64;
            let (low, high) = (sorted[place as usize], sorted[place.ceil() as usize]);
            low * (1.0 - place.fract()) + high * place.fract()
        };
        let (there, back) = (directed(&a, &b), directed(&b, &a));
        let sum: f64 = there.iter().chain(&back).sum();
        Boundary {
            hd95: percentile(&there).max(percentile(&back)),
            assd: sum / (there.len() + back.len()) as f64,
        }
    }

    proptest! {
        #[test]
        fn agrees_with_looking_at_every_pair(
            width in 1..10_usize,
            height in 1..10_usize,
            share in 0.05..1.0_f64,
            draws in proptest::collection::vec((0.0..1.0_f64, 0.0..1.0_f64), 100),
        ) {
            let pixels = &draws[..width * height];
            let mut prediction: Vec<bool> = pixels.iter().map(|(draw, _)| *draw < share).collect();
            let mut truth: Vec<bool> = pixels.iter().map(|(_, draw)| *draw < share).collect();
            // The empty ones have a rule of their own.
            (prediction[0], truth[width * height - 1]) = (true, true);
            let (found, expect) =
                (Boundary::between(&prediction, &truth, width), brute_force(&prediction, &truth, width));
            prop_assert!((found.hd95 - expect.hd95).abs() < 1e-12, "{:?} {:?}", found, expect);
            prop_assert!((found.assd - expect.assd).abs() < 1e-12, "{:?} {:?}", found, expect);
            prop_assert_eq!(found, Boundary::between(&truth, &prediction, width));
        }
    }
}
