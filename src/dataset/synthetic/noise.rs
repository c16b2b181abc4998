//! Smooth random fields over the plane, made of a hash of lattice points.

/// A random field; two seeds give two independent fields.
#[derive(Clone, Copy, Debug)]
pub(super) struct Noise(u64);

impl Noise {
    /// The field of `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The hash of a lattice point (two rounds of the finaliser of `SplitMix64`, the seed between them).
    fn hash(self, x: i32, y: i32) -> u64 {
        let z = u64::from(x as u32) << 32 | u64::from(y as u32);
        let z = (z ^ (z >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9).wrapping_add(self.0);
        let z = (z ^ (z >> 29)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 32)
    }

    /// Two numbers in `[0, 1)` that belong to a lattice point.
    fn pair(self, x: i32, y: i32) -> (f64, f64) {
        let hash = self.hash(x, y);
        let scale = 1.0 / (1_u64 << 32) as f64;
        ((hash >> 32) as f64 * scale, (hash & 0xFFFF_FFFF) as f64 * scale)
    }

    /// Four numbers in `[0, 1)` for the lattice point, with no smoothness between points.
    pub fn grains(self, x: i32, y: i32) -> [f64; 4] {
        let hash = self.hash(x, y);
        std::array::from_fn(|part| (hash >> (16 * part) & 0xFFFF) as f64 / 65_536.0)
    }

    /// Gradient noise: smooth, 0 on the lattice, nearly always within -1..1, features about 1 wide.
    pub fn at(self, x: f64, y: f64) -> f64 {
        let (ix, iy) = (floor(x), floor(y));
        let (dx, dy) = (x - f64::from(ix), y - f64::from(iy));
        let corner = |ox: i32, oy: i32| {
            let (gx, gy) = self.pair(ix.wrapping_add(ox), iy.wrapping_add(oy));
            (2.0 * gx - 1.0) * (dx - f64::from(ox)) + (2.0 * gy - 1.0) * (dy - f64::from(oy))
        };
        let (u, v) = (ease(dx), ease(dy));
        let upper = mix(corner(0, 0), corner(1, 0), u);
        let lower = mix(corner(0, 1), corner(1, 1), u);
        1.8 * mix(upper, lower, v)
    }

    /// Fractal noise: `octaves` fields, each twice as fine and half as strong as the one before.
    pub fn fractal(self, x: f64, y: f64, octaves: u32) -> f64 {
        let (mut sum, mut scale, mut strength) = (0.0, 1.0, 1.0);
        for octave in 0..octaves {
            // Lattices that coincide would leave a point where all octaves vanish.
            let shift = 17.31 * f64::from(octave);
            sum += strength * self.at(scale * x + shift, scale * y - shift);
            scale *= 2.0;
            strength *= 0.5;
        }
        sum
    }

    /// Distances to the nearest and second nearest of randomly placed points, about one in each unit square.
    pub fn cells(self, x: f64, y: f64) -> (f64, f64) {
        let (ix, iy) = (floor(x), floor(y));
        let (mut first, mut second) = (f64::MAX, f64::MAX);
        for oy in -1..=1 {
            for ox in -1..=1 {
                let (cx, cy) = (ix.wrapping_add(ox), iy.wrapping_add(oy));
                let (px, py) = self.pair(cx, cy);
                let (dx, dy) = (f64::from(cx) + px - x, f64::from(cy) + py - y);
                let square = dx * dx + dy * dy;
                if square < first {
                    (first, second) = (square, first);
                } else if square < second {
                    second = square;
                }
            }
        }
        (first.sqrt(), second.sqrt())
    }
}

/// `a` at 0, `b` at 1.
pub(super) fn mix(a: f64, b: f64, t: f64) -> f64 {
    a + (b - a) * t
}

/// 0 up to `low`, 1 from `high` on, smooth between.
pub(super) fn step(low: f64, high: f64, x: f64) -> f64 {
    let t = ((x - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// The largest integer not above `x`; `f64::floor` is a call into the C library without SSE 4.1.
fn floor(x: f64) -> i32 {
    let truncated = x as i32;
    truncated - i32::from(f64::from(truncated) > x)
}

/// From 0 to 1 with two derivatives that vanish at both ends.
fn ease(t: f64) -> f64 {
    t * t * t * (t * (t * 6.0 - 15.0) + 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_centred_continuous_and_independent() {
        let (one, other) = (Noise::new(0x1234_5678_9ABC_DEF0), Noise::new(0xFEDC_BA98_7654_3210));
        let points: Vec<(f64, f64)> =
            (0..10_000).map(|i| (1.37 * f64::from(i % 100), 1.73 * f64::from(i / 100))).collect();
        let mean = |values: &dyn Fn(f64, f64) -> f64| {
            points.iter().map(|&(x, y)| values(x, y)).sum::<f64>() / points.len() as f64
        };
        assert!(mean(&|x, y| one.at(x, y)).abs() < 0.05);
        let spread = mean(&|x, y| one.at(x, y).powi(2));
        assert!(spread > 0.02 && spread < 0.5, "{spread}");
        // 10,000 points apart by more than a lattice cell: the correlation of independent fields is about 0.01.
        assert!(mean(&|x, y| one.at(x, y) * other.at(x, y)).abs() < 0.05 * spread);
        assert!(mean(&|x, y| (one.at(x + 1e-6, y) - one.at(x, y)).abs()) < 1e-5);
    }

    #[test]
    fn the_nearest_cell_is_nearer_than_the_second() {
        let noise = Noise::new(3);
        for i in 0..1000 {
            let (first, second) = noise.cells(0.37 * f64::from(i), -0.11 * f64::from(i));
            assert!(first <= second && first < 1.5, "{first} {second}");
        }
    }
}
