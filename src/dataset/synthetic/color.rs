//! Colours as red, green and blue in 0..255.

use super::noise;
use crate::random::Stream;

/// Red, green and blue in 0..255, not yet rounded.
pub(super) type Color = [f64; 3];

/// `a` at 0, `b` at 1.
pub(super) fn mix(a: Color, b: Color, t: f64) -> Color {
    std::array::from_fn(|channel| noise::mix(a[channel], b[channel], t))
}

/// Each channel multiplied by `factor`.
pub(super) fn scale(color: Color, factor: f64) -> Color {
    color.map(|channel| channel * factor)
}

/// Brightness in 0..255: green counts most, as in an eye.
pub(super) fn brightness(color: Color) -> f64 {
    0.3 * color[0] + 0.6 * color[1] + 0.1 * color[2]
}

/// A colour between two neighbours of `palette`, which has at least two entries.
pub(super) fn between(palette: &[Color], stream: &mut Stream) -> Color {
    let first = stream.below(palette.len() as u64 - 1) as usize;
    mix(palette[first], palette[first + 1], stream.unit())
}
