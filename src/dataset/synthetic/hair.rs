//! Hairs over the lens: curved strokes.

use super::canvas::Canvas;
use super::color::{self, Color};
use super::outline::direction;
use crate::random::Stream;

/// Straight pieces that a hair is drawn in.
const PIECES: u32 = 24;

/// Dark, brown and fair hair.
const HAIR: [Color; 4] = [[28.0, 22.0, 22.0], [62.0, 42.0, 32.0], [110.0, 78.0, 54.0], [206.0, 192.0, 172.0]];

/// Draws the hairs of an image: half of the images have none or few, some have many.
pub(super) fn draw(canvas: &mut Canvas, stream: &mut Stream) {
    let density = stream.unit();
    let most = if density < 0.35 {
        0
    } else if density < 0.8 {
        6
    } else {
        28
    };
    let count = stream.below(most + 1);
    let ink = color::between(&HAIR, stream);
    let thickness = stream.range(0.007, 0.017);
    // Hairs of one patch grow in about one direction.
    let grain = direction(stream);
    for _ in 0..count {
        let start = (stream.range(-1.1, 1.1), stream.range(-1.1, 1.1));
        let length = stream.range(0.4, 1.6);
        let turn = stream.range(-0.9, 0.9);
        let axis = (grain.0 - turn * grain.1, grain.1 + turn * grain.0);
        let bend = stream.range(-0.45, 0.45) * length;
        let end = (start.0 + length * axis.0, start.1 + length * axis.1);
        let control = (0.5 * (start.0 + end.0) - bend * axis.1, 0.5 * (start.1 + end.1) + bend * axis.0);
        let points = bezier(start, control, end);
        canvas.stroke(&points, thickness * stream.range(0.6, 1.2), ink, stream.range(0.6, 0.95));
    }
}

/// Points of a quadratic Bézier curve.
fn bezier(start: (f64, f64), control: (f64, f64), end: (f64, f64)) -> Vec<(f64, f64)> {
    (0..=PIECES)
        .map(|piece| {
            let t = f64::from(piece) / f64::from(PIECES);
            let [a, b, c] = [(1.0 - t) * (1.0 - t), 2.0 * t * (1.0 - t), t * t];
            (a * start.0 + b * control.0 + c * end.0, a * start.1 + b * control.1 + c * end.1)
        })
        .collect()
}
