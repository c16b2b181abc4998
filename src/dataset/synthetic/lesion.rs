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
    [[96.0, 98.0, 116.0], [168.0, 66.0, 58.0], [34.0, 24.0, 26.0], [206.0, 176.0, 164.0]];

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
            accent_from: stream.range(0.15, 0.9),
            opacity: 1.0 - 0.55 * stream.unit() * stream.unit(),
            softness: stream.range(0.04, 0.2),
            clouds,
            regions,
            texture,
            texture_wave: stream.range(9.0, 20.0),
            texture_strength: stream.range(0.1, 0.45),
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
        let clouds = self.clouds.fractal(2.0 * wave * x, 2.0 * wave * y, 4);
        let depth = (0.25 + 0.6 * level.clamp(0.0, 1.0) + 0.55 * clouds).clamp(0.0, 1.0);
        let mut pigment = color::mix(self.light, self.dark, depth);
        let region = self.regions.fractal(1.5 * wave * x + 5.0, 1.5 * wave * y, 3);
        pigment = color::mix(
            pigment,
            self.accent,
            0.8 * step(self.accent_from, self.accent_from + 0.25, region + 0.3 * level),
        );
        pigment = color::scale(pigment, 1.0 - self.texture_strength * self.texture(x, y));
        (color::mix(skin, pigment, cover), level > 0.0)
    }

    /// How dark the pattern makes a point, in 0..1.
    fn texture(&self, x: f64, y: f64) -> f64 {
        let (u, v) = (self.texture_wave * x, self.texture_wave * y);
        match self.pattern {
            Pattern::Network => {
                let (first, second) = self.texture.cells(u, v);
                1.0 - step(0.05, 0.35, second - first)
            }
            Pattern::Globules => 1.0 - step(0.15, 0.4, self.texture.cells(u, v).0),
            Pattern::Homogeneous => mix(0.5, 1.0, self.texture.fractal(0.6 * u, 0.6 * v, 3)).clamp(0.0, 1.0),
        }
    }
}
