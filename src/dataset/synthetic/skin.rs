//! The skin around a lesion: tone, texture, creases and spots that are no lesion.

use super::color::{self, Color};
use super::noise::{Noise, step};
use super::outline::direction;
use crate::random::Stream;

/// Tones of skin under a dermatoscope, from cool and pale over pink and tan to brown; neighbours blend.
const TONES: [Color; 7] = [
    [206.0, 200.0, 212.0],
    [232.0, 214.0, 205.0],
    [226.0, 178.0, 170.0],
    [214.0, 160.0, 138.0],
    [206.0, 168.0, 132.0],
    [178.0, 128.0, 100.0],
    [146.0, 100.0, 78.0],
];

/// A patch of skin.
#[derive(Clone, Debug)]
pub(super) struct Skin {
    tone: Color,
    blotch: Noise,
    blotch_strength: f64,
    redness: Noise,
    redness_strength: f64,
    crease: Noise,
    crease_axis: (f64, f64),
    crease_strength: f64,
    spots: Noise,
    spot_strength: f64,
}

impl Skin {
    /// Draws a patch.
    pub fn draw(stream: &mut Stream) -> Self {
        let mut field = || Noise::new(stream.below(u64::MAX));
        let (blotch, redness, crease, spots) = (field(), field(), field(), field());
        Self {
            tone: color::between(&TONES, stream),
            blotch,
            blotch_strength: stream.range(0.02, 0.07),
            redness,
            redness_strength: stream.range(4.0, 22.0),
            crease,
            crease_axis: direction(stream),
            crease_strength: stream.range(0.0, 0.05),
            spots,
            spot_strength: if stream.chance(0.5) { stream.range(0.05, 0.35) } else { 0.0 },
        }
    }

    /// The tone without texture.
    pub fn tone(&self) -> Color {
        self.tone
    }

    /// The colour at a point of the frame.
    pub fn color(&self, x: f64, y: f64) -> Color {
        let blotch = self.blotch.fractal(2.2 * x, 2.2 * y, 3);
        let red = self.redness_strength * self.redness.fractal(1.4 * x, 1.4 * y, 2);
        let (along, across) = (
            self.crease_axis.0 * x + self.crease_axis.1 * y,
            self.crease_axis.0 * y - self.crease_axis.1 * x,
        );
        // A ridge of noise stretched along one direction reads as a crease.
        let crease = 1.0 - self.crease.at(5.0 * along, 16.0 * across).abs();
        let light = 1.0 + self.blotch_strength * blotch - self.crease_strength * crease * crease * crease;
        let mut color = color::scale(self.tone, light);
        color[0] += 0.3 * red;
        color[1] -= 0.6 * red;
        color[2] -= 0.4 * red;
        if self.spot_strength > 0.0 {
            let (nearest, _) = self.spots.cells(2.3 * x, 2.3 * y);
            let spot = self.spot_strength * (1.0 - step(0.03, 0.16, nearest));
            color = color::mix(color, [color[0] * 0.72, color[1] * 0.55, color[2] * 0.45], spot);
        }
        color
    }
}
