//! The outline of a mask as an SVG path.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A corner between pixels: column and row.
type Corner = (usize, usize);

/// The outlines of all regions and holes of a mask `[height, width]`, in pixel units.
///
/// The path runs through the middles of the pixels' edges, so that it neither grows nor shrinks a region and
/// slanted borders look slanted.
pub(super) fn path(mask: &[bool], width: usize) -> String {
    let mut path = String::new();
    for ring in rings(mask, width) {
        let middles: Vec<(f64, f64)> = ring
            .iter()
            .zip(ring.iter().cycle().skip(1))
            .map(|(from, to)| {
                (f64::midpoint(from.0 as f64, to.0 as f64), f64::midpoint(from.1 as f64, to.1 as f64))
            })
            .collect();
        for (at, (x, y)) in without_straights(&middles).into_iter().enumerate() {
            let _ = write!(path, "{}{x} {y}", if at == 0 { 'M' } else { 'L' });
        }
        path.push('Z');
    }
    path
}

/// Closed walks along pixel edges with the lesion on the right.
fn rings(mask: &[bool], width: usize) -> Vec<Vec<Corner>> {
    let height = mask.len().checked_div(width).unwrap_or(0);
    let inside = |x: usize, y: usize| x < width && y < height && mask[y * width + x];
    let mut edges: BTreeMap<Corner, Vec<Corner>> = BTreeMap::new();
    let mut edge = |from: Corner, to: Corner| edges.entry(from).or_default().push(to);
    for y in 0..height {
        for x in (0..width).filter(|x| inside(*x, y)) {
            if y == 0 || !inside(x, y - 1) {
                edge((x, y), (x + 1, y));
            }
            if !inside(x + 1, y) {
                edge((x + 1, y), (x + 1, y + 1));
            }
            if !inside(x, y + 1) {
                edge((x + 1, y + 1), (x, y + 1));
            }
            if x == 0 || !inside(x - 1, y) {
                edge((x, y + 1), (x, y));
            }
        }
    }
    let mut rings = Vec::new();
    while let Some((&start, _)) = edges.first_key_value() {
        let mut ring = Vec::new();
        let mut at = start;
        // Every corner has as many edges in as out, so a walk ends where it began.
        while let Some(next) = leave(&mut edges, at) {
            ring.push(at);
            at = next;
        }
        rings.push(ring);
    }
    rings
}

/// Takes an edge that leaves the corner, if there is one.
fn leave(edges: &mut BTreeMap<Corner, Vec<Corner>>, at: Corner) -> Option<Corner> {
    let next = edges.get_mut(&at)?.pop();
    if edges.get(&at).is_some_and(Vec::is_empty) {
        edges.remove(&at);
    }
    next
}

/// The ring without points that lie on a straight line between their neighbours.
fn without_straights(ring: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let n = ring.len();
    let turns = |at: usize| {
        let ((x0, y0), (x1, y1), (x2, y2)) = (ring[(at + n - 1) % n], ring[at], ring[(at + 1) % n]);
        ((x1 - x0) * (y2 - y1) - (x2 - x1) * (y1 - y0)).abs() > 1e-9
    };
    (0..n).filter(|at| turns(*at)).map(|at| ring[at]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rows: &[&str], expect: &str) {
        let mask: Vec<bool> = rows.iter().flat_map(|row| row.bytes()).map(|byte| byte == b'#').collect();
        assert_eq!(path(&mask, rows[0].len()), expect, "{rows:?}");
    }

    #[test]
    fn outlines() {
        check(&["..", ".."], "");
        check(&["...", ".#.", "..."], "M1.5 1L2 1.5L1.5 2L1 1.5Z");
        // Touching the image's border closes along it.
        check(&["##", "##"], "M0.5 0L1.5 0L2 0.5L2 1.5L1.5 2L0.5 2L0 1.5L0 0.5Z");
        assert_eq!(path(&[], 0), "");
    }

    #[test]
    fn a_hole_has_its_own_ring() {
        let mask: Vec<bool> =
            "###\n#.#\n###".bytes().filter(|byte| *byte != b'\n').map(|byte| byte == b'#').collect();
        assert_eq!(path(&mask, 3).matches('Z').count(), 2);
    }

    #[test]
    fn every_edge_is_walked_once() {
        let mask = [true, false, false, true];
        assert_eq!(rings(&mask, 2).iter().map(Vec::len).sum::<usize>(), 8);
    }
}
