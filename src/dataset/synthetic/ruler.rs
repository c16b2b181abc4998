//! The scale that some dermatoscopes print along a border.

use super::canvas::Canvas;
use super::outline::direction;
use crate::random::Stream;

/// Part of the images that show a scale.
const FREQUENCY: f64 = 0.25;

/// Draws a scale near a border: a base line with ticks, every fifth longer.
pub(super) fn draw(canvas: &mut Canvas, stream: &mut Stream) {
    if !stream.chance(FREQUENCY) {
        return;
    }
    let ink = if stream.chance(0.85) { [46.0, 40.0, 44.0] } else { [226.0, 224.0, 222.0] };
    // The outward direction is snapped towards a side of the frame and tilted a little.
    let (x, y) = direction(stream);
    let outward = if x.abs() > y.abs() { (x.signum(), 0.0) } else { (0.0, y.signum()) };
    let tilt = stream.range(-0.2, 0.2);
    let along = (tilt * outward.0 - outward.1, outward.0 + tilt * outward.1);
    let distance = stream.range(0.72, 0.94);
    let middle = stream.range(-0.4, 0.4);
    let gap = stream.range(0.05, 0.11);
    let ticks = 8 + stream.below(10);
    let origin = (distance * outward.0 + middle * along.0, distance * outward.1 + middle * along.1);
    let half = 0.5 * gap * (ticks - 1) as f64;
    let point = |s: f64, inward: f64| {
        (origin.0 + s * along.0 - inward * outward.0, origin.1 + s * along.1 - inward * outward.1)
    };
    let opacity = stream.range(0.5, 0.95);
    if stream.chance(0.6) {
        canvas.stroke(&[point(-half, 0.0), point(half, 0.0)], 0.008, ink, opacity);
    }
    for tick in 0..ticks {
        let s = gap * tick as f64 - half;
        let length = if tick % 5 == 0 { 0.11 } else { 0.06 };
        canvas.stroke(&[point(s, 0.0), point(s, length)], 0.01, ink, opacity);
    }
}
