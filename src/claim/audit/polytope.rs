//! Points that satisfy linear inequalities in three unknowns.

/// `a · x >= b`.
#[derive(Clone, Copy, Debug)]
pub(super) struct AtLeast {
    pub a: [f64; 3],
    pub b: f64,
}

/// Rounding of the vertices' coordinates, which are of the order of 1.
const EPSILON: f64 = 1e-12;

/// A point that satisfies all of them, as far from the borders as the mean of the corners is; `None` where there is none.
///
/// The region must be bounded. Every corner is where three of the planes meet, so all triples are tried: a table's
/// row gives a dozen planes at most.
pub(super) fn inside(planes: &[AtLeast]) -> Option<[f64; 3]> {
    let mut sum = [0.0; 3];
    let mut corners = 0_u32;
    for (first, p) in planes.iter().enumerate() {
        for (second, q) in planes.iter().enumerate().skip(first + 1) {
            for r in &planes[second + 1..] {
                let Some(x) = meet([p, q, r]) else { continue };
                if planes.iter().all(|plane| dot(plane.a, x) >= plane.b - EPSILON) {
                    (0..3).for_each(|axis| sum[axis] += x[axis]);
                    corners += 1;
                }
            }
        }
    }
    (corners > 0).then(|| sum.map(|sum| sum / f64::from(corners)))
}

/// Where three planes meet (Cramer's rule); `None` where they don't in one point.
fn meet(planes: [&AtLeast; 3]) -> Option<[f64; 3]> {
    let rows = planes.map(|plane| plane.a);
    let volume = dot(rows[0], cross(rows[1], rows[2]));
    let scale: f64 = rows.iter().map(|row| dot(*row, *row).sqrt()).product();
    if volume.abs() <= 1e-12 * scale {
        return None;
    }
    let mut x = [0.0; 3];
    for (at, plane) in planes.iter().enumerate() {
        let normal = cross(rows[(at + 1) % 3], rows[(at + 2) % 3]);
        (0..3).for_each(|axis| x[axis] += plane.b * normal[axis] / volume);
    }
    Some(x)
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_least(a: [f64; 3], b: f64) -> AtLeast {
        AtLeast { a, b }
    }

    #[test]
    fn a_cube_has_its_middle_and_nothing_has_none() {
        let axes = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        let mut cube: Vec<AtLeast> = axes.iter().map(|axis| at_least(*axis, 0.0)).collect();
        cube.extend(axes.iter().map(|axis| at_least(axis.map(|value| -value), -1.0)));
        let middle = inside(&cube).expect("a cube has corners");
        assert!(middle.iter().all(|value| (value - 0.5).abs() < 1e-12), "{middle:?}");
        cube.push(at_least([1.0, 1.0, 1.0], 3.5));
        assert_eq!(inside(&cube), None);
        cube.pop();
        // A flat region: an equality as two inequalities.
        cube.push(at_least([1.0, 0.0, 0.0], 0.25));
        cube.push(at_least([-1.0, 0.0, 0.0], -0.25));
        let flat = inside(&cube).expect("a face has corners");
        assert!((flat[0] - 0.25).abs() < 1e-12, "{flat:?}");
    }
}
