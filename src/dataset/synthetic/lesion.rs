//! The inside of a lesion: several colours, a pigment pattern, and a border that fades.

use super::color::{self, Color};
use super::noise::{Noise, mix, step};
use super::outline::Outline;
use super::skin::Skin;
use crate::random::Stream;

/// Main colours, from reddish and light brown to nearly black; neighbours blend.
const BROWNS: [Color; 6] = [
    [190.0, 118.0, 108.0],
    [176.0, 116.0, 78.0],
    [148.0, 88.0, 54.0],
    [112.0, 62.0, 40.0],
    [78.0, 44.0, 34.0],
    [44.0, 30.0, 30.0],
];

/// Colours of single regions: blue-grey veil, red, nearly black, pale regression.
const ACCENTS: [Color; 4] =
    [[112.0, 104.0, 112.0], [170.0, 82.0, 72.0], [34.0, 24.0, 26.0], [206.0, 176.0, 164.0]];

/// The texture of the pigment.
#[derive(Clone, Copy, Debug)]
enum Pattern {
    /// Dark lines around light holes.
    Network,
    /// Dark round clods.
    Globules,
    /// Cloudy.
    Homogeneous,
}

/// A lesion on its skin.
#[derive(Clone, Debug)]
pub(super) struct Lesion {
    outline: Outline,
    light: Color,
    dark: Color,
    accent: Color,
    accent_from: f64,
    opacity: f64,
    softness: f64,
    clouds: Noise,
    regions: Noise,
    texture: Noise,
    texture_wave: f64,
    texture_strength: f64,
    pattern: Pattern,
}

impl Lesion {
    /// Draws a lesion on `skin`.
    pub fn draw(stream: &mut Stream, skin: &Skin) -> Self {
        let outline = Outline::draw(stream);
        let main = color::between(&BROWNS, stream);
        // A lesion lighter than its skin would be invisible.
        let main =
            color::scale(main, (0.72 * color::brightness(skin.tone()) / color::brightness(main)).min(1.0));
        // Pigment lies under the skin, so a part of the skin's tone shows in its light parts.
        let light = color::mix(main, skin.tone(), stream.range(0.15, 0.45));
        let dark = color::scale(main, stream.range(0.45, 0.85));
        let accent = ACCENTS[stream.below(ACCENTS.len() as u64) as usize];
        let pattern = match stream.below(3) {
            0 => Pattern::Network,
            1 => Pattern::Globules,
            _ => Pattern::Homogeneous,
        };
        let mut field = || Noise::new(stream.below(u64::MAX));
        let (clouds, regions, texture) = (field(), field(), field());
        Self {
            outline,
            light,
            dark,
            accent,
            accent_from: stream.range(0.1, 1.1),
            // A quarter is faint: an easy set would tell no network from another.
            opacity: if stream.chance(0.25) { stream.range(0.35, 0.6) } else { stream.range(0.6, 1.0) },
            softness: stream.range(0.04, 0.2),
            clouds,
            regions,
            texture,
            texture_wave: stream.range(14.0, 30.0),
            texture_strength: stream.range(0.08, 0.32),
            pattern,
        }
    }

    /// The colour at a point, over the skin's colour there, and whether the point is inside.
    pub fn paint(&self, skin: Color, x: f64, y: f64) -> (Color, bool) {
        let level = self.outline.level(x, y);
        let cover = self.opacity * step(-self.softness, self.softness, level);
        if cover == 0.0 {
            return (skin, false);
        }
        let wave = 1.0 / self.outline.scale().max(0.3);
        let clouds = self.clouds.fractal(2.0 * wave * x, 2.0 * wave * y, 3);
        let depth = (0.25 + 0.6 * level.clamp(0.0, 1.0) + 0.55 * clouds).clamp(0.0, 1.0);
        let mut pigment = color::mix(self.light, self.dark, depth);
        let region = self.regions.fractal(1.5 * wave * x + 5.0, 1.5 * wave * y, 2);
        pigment = color::mix(
            pigment,
            self.accent,
            0.7 * step(self.accent_from, self.accent_from + 0.7, region + 0.3 * level),
        );
        pigment = color::scale(pigment, 1.0 - self.texture_strength * self.texture(x, y));
        (color::mix(skin, pigment, cover), level > 0.0)
    }

    /// How dark the pattern makes a point, in 0..1.
    fn texture(&self, x: f64, y: f64) -> f64 {
        // Bent, so that no lattice shows.
        let bend = 0.7 * self.clouds.at(0.3 * self.texture_wave * x, 0.3 * self.texture_wave * y);
        let (u, v) = (self.texture_wave * x + bend, self.texture_wave * y - bend);
        match self.pattern {
            Pattern::Network => {
                let (first, second) = self.texture.cells(u, v);
                1.0 - step(0.0, 0.5, second - first)
            }
            Pattern::Globules => 1.0 - step(0.15, 0.4, self.texture.cells(u, v).0),
            Pattern::Homogeneous => mix(0.5, 1.0, self.texture.fractal(0.6 * u, 0.6 * v, 3)).clamp(0.0, 1.0),
        }
    }
}
