//! The exact Euclidean distance transform, in time linear in the pixels (Meijster, Roerdink & Hesselink 2000).

/// For each pixel, the squared distance to the nearest marked one, in pixels squared.
///
/// Integers throughout, so exact. Without any marked pixel, every value is larger than any distance in the image.
pub(super) fn squared_distances(marked: &[bool], width: usize) -> Vec<u32> {
    let height = marked.len() / width.max(1);
    let rows = down_columns(marked, width, height);
    let mut squared = Vec::with_capacity(marked.len());
    let mut envelope = Envelope { parabolas: Vec::with_capacity(width) };
    for heights in rows.chunks(width.max(1)) {
        envelope.fit(heights);
        envelope.read(heights, &mut squared);
    }
    squared
}

/// For each pixel, the distance to the nearest marked one in its column; `width + height` where there is none.
fn down_columns(marked: &[bool], width: usize, height: usize) -> Vec<i64> {
    let none = (width + height) as i64;
    let mut rows: Vec<i64> = marked.iter().map(|&here| if here { 0 } else { none }).collect();
    for at in width..rows.len() {
        rows[at] = rows[at].min(rows[at - width] + 1);
    }
    for at in (0..rows.len().saturating_sub(width)).rev() {
        rows[at] = rows[at].min(rows[at + width] + 1);
    }
    rows
}

/// The lower envelope of the parabolas `(x - at)² + height²` over a row.
struct Envelope {
    /// Those that are lowest somewhere, from the left: where each stands, and the first x at which it is lowest.
    parabolas: Vec<(i64, i64)>,
}

impl Envelope {
    fn fit(&mut self, heights: &[i64]) {
        self.parabolas.clear();
        let last = heights.len() as i64 - 1;
        let value = |x: i64, at: i64| (x - at).pow(2) + heights[at as usize].pow(2);
        for at in 0..=last {
            while let Some(&(left, from)) = self.parabolas.last() {
                if value(from, left) <= value(from, at) {
                    break;
                }
                self.parabolas.pop();
            }
            match self.parabolas.last() {
                None => self.parabolas.push((at, 0)),
                Some(&(left, _)) => {
                    // The last x where the left one isn't above this one; this one is lowest from the next on.
                    let rise =
                        at.pow(2) - left.pow(2) + heights[at as usize].pow(2) - heights[left as usize].pow(2);
                    let from = rise.div_euclid(2 * (at - left)) + 1;
                    if from <= last {
                        self.parabolas.push((at, from));
                    }
                }
            }
        }
    }

    fn read(&self, heights: &[i64], squared: &mut Vec<u32>) {
        let ends = self.parabolas.iter().skip(1).map(|&(_, from)| from).chain([heights.len() as i64]);
        for (&(at, from), end) in self.parabolas.iter().zip(ends) {
            let height = heights[at as usize].pow(2);
            squared.extend((from..end).map(|x| ((x - at).pow(2) + height) as u32));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn brute_force(marked: &[bool], width: usize) -> Vec<u32> {
        let nearest = |from: usize| {
            let places = (0..marked.len()).filter(|&to| marked[to]);
            places
                .map(|to| {
                    let (dx, dy) = ((from % width).abs_diff(to % width), (from / width).abs_diff(to / width));
                    (dx * dx + dy * dy) as u32
                })
                .min()
        };
        (0..marked.len()).map(|from| nearest(from).unwrap_or(u32::MAX)).collect()
    }

    proptest! {
        #[test]
        fn every_distance_is_the_shortest(
            width in 1..12_usize,
            height in 1..12_usize,
            share in 0.0..1.0_f64,
            draws in proptest::collection::vec(0.0..1.0_f64, 144),
        ) {
            let mut marked: Vec<bool> = draws[..width * height].iter().map(|&draw| draw < share * share).collect();
            marked[0] |= marked.iter().all(|&here| !here);
            prop_assert_eq!(squared_distances(&marked, width), brute_force(&marked, width));
        }
    }

    #[test]
    fn without_a_marked_pixel_all_are_far() {
        assert!(squared_distances(&[false; 12], 4).into_iter().all(|squared| squared > 3 * 3 + 2 * 2));
        assert_eq!(squared_distances(&[], 4), Vec::<u32>::new());
    }
}
