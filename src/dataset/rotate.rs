//! Rotation by nearest neighbour with the arithmetic of torchvision, so that the same pixels are picked.
//!
//! The authors rotate a 64-bit tensor by `torchvision.transforms.functional.rotate` (their `utils.py`,
//! `myRandomRotation`): an affine grid in -1..1 made by a matrix product, then `grid_sample` without aligned
//! corners. At angles such as 45 degrees source positions fall on the middle between two pixels up to the
//! last bit, so the order of operations below is theirs, a fused multiply-add included.

/// What stands in a rotated image where nothing of the source image lies.
pub const OUTSIDE: u32 = u32::MAX;

/// The inverse rotation, scaled from pixels about the centre to -1..1: what x and y of a source are for each x and
/// each y of the rotated image.
struct Inverse {
    x_of_x: f64,
    x_of_y: f64,
    y_of_x: f64,
    y_of_y: f64,
}

impl Inverse {
    fn new(height: usize, width: usize, angle: f64) -> Self {
        let (h, w) = (height as f64, width as f64);
        let (sin, cos) = (-angle).to_radians().sin_cos();
        Self {
            x_of_x: cos / (0.5 * w),
            x_of_y: sin / (0.5 * w),
            y_of_x: -sin / (0.5 * h),
            y_of_y: cos / (0.5 * h),
        }
    }
}

/// A pixel's distance from the centre of so many.
fn centred(index: usize, pixels: usize) -> f64 {
    index as f64 - 0.5 * pixels as f64 + 0.5
}

/// For each pixel of an image rotated counter-clockwise by `angle` degrees about its centre, the index of the
/// source pixel, or [`OUTSIDE`].
pub(super) fn sources(height: usize, width: usize, angle: f64) -> Vec<u32> {
    let (h, w) = (height as f64, width as f64);
    let Inverse { x_of_x, x_of_y, y_of_x, y_of_y } = Inverse::new(height, width, angle);
    let mut sources = Vec::with_capacity(height * width);
    for row in 0..height {
        let y = centred(row, height);
        for column in 0..width {
            let x = centred(column, width);
            let source_x = unnormalize(y.mul_add(x_of_y, x * x_of_x), w);
            let source_y = unnormalize(y.mul_add(y_of_y, x * y_of_x), h);
            let inside = source_x > -1.0 && source_x < w && source_y > -1.0 && source_y < h;
            // -0.0 passes the test and casts to 0.
            sources.push(if inside { source_y as u32 * width as u32 + source_x as u32 } else { OUTSIDE });
        }
    }
    sources
}

/// A rotation as sums, for a device without a fused multiply-add.
///
/// A source's position in -1..1 is, for x (0) and for y (1), `rows[row] + rests[row] + columns[column]`, rounded once: the
/// product of a row and a coefficient is exactly `rows + rests`.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    /// Of each row the rounded product.
    pub rows: [Vec<f64>; 2],
    /// Of each row what rounding took from it.
    pub rests: [Vec<f64>; 2],
    /// Of each column.
    pub columns: [Vec<f64>; 2],
}

impl Turn {
    pub(super) fn new(height: usize, width: usize, angle: f64) -> Self {
        let inverse = Inverse::new(height, width, angle);
        let (of_x, of_y) = ([inverse.x_of_x, inverse.y_of_x], [inverse.x_of_y, inverse.y_of_y]);
        let ys = || (0..height).map(|row| centred(row, height));
        Self {
            rows: of_y.map(|factor| ys().map(|y| y * factor).collect()),
            rests: of_y.map(|factor| ys().map(|y| y.mul_add(factor, -(y * factor))).collect()),
            columns: of_x.map(|factor| (0..width).map(|column| centred(column, width) * factor).collect()),
        }
    }
}

/// From -1..1 to the nearest pixel, half to even.
fn unnormalize(position: f64, pixels: f64) -> f64 {
    ((position + 1.0) * (0.5 * pixels) - 0.5).round_ties_even()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::digest::sha256;

    #[test]
    fn right_angles_permute_a_square() {
        let size = 6;
        let at = |row: usize, column: usize| (row * size + column) as u32;
        let (zero, quarter, half) = (sources(6, 6, 0.0), sources(6, 6, 90.0), sources(6, 6, 180.0));
        for row in 0..size {
            for column in 0..size {
                let index = row * size + column;
                assert_eq!(zero[index], at(row, column));
                // Counter-clockwise: what was at the right is now on top.
                assert_eq!(quarter[index], at(column, size - 1 - row));
                assert_eq!(half[index], at(size - 1 - row, size - 1 - column));
            }
        }
    }

    #[test]
    fn corners_of_a_tilted_square_are_outside() {
        let sources = sources(32, 32, 45.0);
        assert_eq!(sources[0], OUTSIDE);
        assert_ne!(sources[16 * 32 + 16], OUTSIDE);
        // A square and its copy tilted by 45 degrees share 2 (sqrt 2 - 1) = 82.8 % of their area.
        let inside = sources.iter().filter(|&&source| source != OUTSIDE).count() as f64 / 1024.0;
        assert!((inside - 0.828).abs() < 0.02, "{inside}");
    }

    /// Torchvision's choice (`tests/parity/augment.py`): SHA-256 of the indices as little-endian `u32`. The angles
    /// of 45 degrees, and 90 of a width that differs from the height by an odd number, are full of ties.
    #[test]
    fn the_same_pixels_are_picked_as_by_torchvision() {
        let mut cases = 0;
        for line in include_str!("../../tests/parity/augment.txt").lines() {
            let Some(case) = line.strip_prefix("rotate ") else { continue };
            let [height, width, angle, expect] = case.split(' ').collect::<Vec<_>>()[..] else {
                panic!("{line}");
            };
            let sources = sources(height.parse().unwrap(), width.parse().unwrap(), angle.parse().unwrap());
            let bytes: Vec<u8> = sources.into_iter().flat_map(u32::to_le_bytes).collect();
            assert_eq!(sha256(&bytes), expect, "{line}");
            cases += 1;
        }
        assert_eq!(cases, 55);
    }
}
