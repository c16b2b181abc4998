//! The shape of a lesion: an ellipse with a fractal border, bent by a random field.

use super::noise::Noise;
use crate::random::Stream;

/// Lesion area as a part of the image, at these parts of the images: near the ISIC 2017 masks, whose quartiles
/// are 0.05, 0.13 and 0.28, without the smallest and the largest.
const AREA_QUANTILES: [(f64, f64); 7] =
    [(0.0, 0.02), (0.1, 0.035), (0.25, 0.065), (0.5, 0.16), (0.75, 0.3), (0.9, 0.47), (1.0, 0.68)];

/// Harmonics of the border; their amplitudes fall with a power of their number.
const HARMONICS: usize = 10;

/// No border reaches so many radii: 1 for the circle, at most 0.3 for the fractal edge and 0.6 for the
/// harmonics.
const FARTHEST: f64 = 2.0;

/// Points a side of the grid on which the size is fitted to the area.
const FIT_GRID: usize = 48;

/// A closed outline in a frame that reaches from -1 to 1 in both directions.
#[derive(Clone, Debug)]
pub(super) struct Outline {
    center: (f64, f64),
    axis: (f64, f64),
    stretch: f64,
    radius: f64,
    harmonics: [(f64, f64); HARMONICS],
    bend: [Noise; 2],
    bend_strength: f64,
    edge: Noise,
    edge_strength: f64,
    /// Wavelengths of the fields follow this radius.
    scale: f64,
}

impl Outline {
    /// Draws an outline.
    pub fn draw(stream: &mut Stream) -> Self {
        let area = quantile(stream.unit());
        // A circle of that area in the frame of area 4.
        let scale = (4.0 * area / std::f64::consts::PI).sqrt();
        let freedom = 0.7 * (1.0 - scale).max(0.05);
        let center = (stream.range(-freedom, freedom), stream.range(-freedom, freedom));
        let irregularity = stream.range(0.04, 0.16);
        let mut harmonics = [(0.0, 0.0); HARMONICS];
        for (harmonic, number) in harmonics.iter_mut().zip(2_u32..) {
            let number = f64::from(number);
            let amplitude = 2.0 * irregularity / (number * number.sqrt());
            *harmonic = (amplitude * stream.range(-1.0, 1.0), amplitude * stream.range(-1.0, 1.0));
        }
        let mut field = || Noise::new(stream.below(u64::MAX));
        let (bend, edge) = ([field(), field()], field());
        let mut outline = Self {
            center,
            axis: direction(stream),
            stretch: stream.range(1.0, 1.3),
            radius: scale,
            harmonics,
            bend,
            bend_strength: stream.range(0.05, 0.3),
            edge,
            edge_strength: stream.range(0.03, 0.2),
            scale,
        };
        outline.fit(area);
        outline
    }

    /// 1 at the centre, 0 on the border, negative outside, in units of the radius.
    pub fn level(&self, x: f64, y: f64) -> f64 {
        let (distance, axis) = self.bent(x, y);
        if distance > FARTHEST * self.radius {
            return 1.0 - FARTHEST;
        }
        self.reach(x, y, axis) - distance / self.radius
    }

    /// A length in the frame that grows with the lesion.
    pub fn scale(&self) -> f64 {
        self.scale
    }

    /// Distance from the centre and direction (none at the centre itself), bent and without the stretch.
    fn bent(&self, x: f64, y: f64) -> (f64, Option<(f64, f64)>) {
        let (u, v) = (0.9 * x / self.scale, 0.9 * y / self.scale);
        let bend = |field: Noise| self.bend_strength * self.scale * field.fractal(u, v, 2);
        let (dx, dy) = (x + bend(self.bend[0]) - self.center.0, y + bend(self.bend[1]) - self.center.1);
        let (cos, sin) = self.axis;
        let along = (cos * dx + sin * dy) / self.stretch;
        let across = (cos * dy - sin * dx) * self.stretch;
        let distance = (along * along + across * across).sqrt();
        (distance, (distance > 0.0).then(|| (along / distance, across / distance)))
    }

    /// How far the border reaches in a direction, in units of the radius: less than [`FARTHEST`].
    fn reach(&self, x: f64, y: f64, direction: Option<(f64, f64)>) -> f64 {
        let (u, v) = (2.5 * x / self.scale, 2.5 * y / self.scale);
        let mut reach = 1.0 + self.edge_strength * self.edge.fractal(u, v, 4).clamp(-1.5, 1.5);
        if let Some(unit) = direction {
            // Powers of the unit vector are cosine and sine of the multiples of its angle.
            let mut power = unit;
            for (cosine, sine) in self.harmonics {
                power = (power.0 * unit.0 - power.1 * unit.1, power.0 * unit.1 + power.1 * unit.0);
                reach += cosine * power.0 + sine * power.1;
            }
        }
        reach.max(0.1)
    }

    /// Sets the radius so that the lesion covers `area` of the frame: a point is inside once the radius
    /// exceeds distance / reach, so the radius is a quantile of that ratio.
    fn fit(&mut self, area: f64) {
        let position = |i: usize| 2.0 * (i as f64 + 0.5) / FIT_GRID as f64 - 1.0;
        let mut needed: Vec<f64> = (0..FIT_GRID * FIT_GRID)
            .map(|i| {
                let (x, y) = (position(i % FIT_GRID), position(i / FIT_GRID));
                let (distance, axis) = self.bent(x, y);
                distance / self.reach(x, y, axis)
            })
            .collect();
        needed.sort_by(f64::total_cmp);
        self.radius = needed[(area * needed.len() as f64) as usize];
    }
}

fn quantile(part: f64) -> f64 {
    let upper = AREA_QUANTILES.partition_point(|&(p, _)| p <= part).clamp(1, AREA_QUANTILES.len() - 1);
    let ((p0, a0), (p1, a1)) = (AREA_QUANTILES[upper - 1], AREA_QUANTILES[upper]);
    a0 + (a1 - a0) * (part - p0) / (p1 - p0)
}

/// A unit vector of random direction.
pub(super) fn direction(stream: &mut Stream) -> (f64, f64) {
    loop {
        let (x, y) = (stream.range(-1.0, 1.0), stream.range(-1.0, 1.0));
        let length = (x * x + y * y).sqrt();
        if length > 0.05 && length < 1.0 {
            return (x / length, y / length);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random;

    #[test]
    fn the_area_is_the_one_drawn() {
        for number in 0..20 {
            let mut stream = random::stream(0, "outline", 0, &number.to_string());
            let area = quantile(stream.clone().unit());
            let outline = Outline::draw(&mut stream);
            let position = |i: usize| 2.0 * (i as f64 + 0.5) / 200.0 - 1.0;
            let inside = (0..200 * 200)
                .filter(|&i| outline.level(position(i % 200), position(i / 200)) > 0.0)
                .count() as f64
                / 40_000.0;
            assert!((inside - area).abs() < 0.01, "{number}: {inside}, {area} drawn");
        }
    }

    #[test]
    fn quantiles_are_interpolated() {
        let check = |part, expect: f64| {
            assert!((quantile(part) - expect).abs() < 1e-12, "{part}: {}", quantile(part));
        };
        check(0.0, 0.02);
        check(0.5, 0.16);
        check(0.95, 0.575);
        check(1.0, 0.68);
    }
}
