//! What the dermatoscope adds: uneven light, reflections, bubbles in the gel, a dark rim, and sensor noise.

use super::canvas::Canvas;
use super::color;
use super::noise::{Noise, step};
use super::outline::direction;
use crate::random::Stream;

/// Part of the images with a dark rim.
const RIM_FREQUENCY: f64 = 0.4;

/// Light that falls off to one side and from a centre outwards, with a cast of colour.
pub(super) fn light(canvas: &mut Canvas, stream: &mut Stream) {
    let (dx, dy) = direction(stream);
    let slope = stream.range(0.0, 0.16);
    let falloff = stream.range(0.0, 0.16);
    let center = (stream.range(-0.4, 0.4), stream.range(-0.4, 0.4));
    let cast: [f64; 3] = std::array::from_fn(|_| stream.range(0.95, 1.05));
    canvas.change(|x, y, pixel| {
        let (u, v) = (x - center.0, y - center.1);
        let factor = 1.0 + slope * (dx * x + dy * y) - falloff * (u * u + v * v);
        std::array::from_fn(|channel| pixel[channel] * factor * cast[channel])
    });
}

/// Small reflections and bubbles: bright points, and rings that are bright on one side.
pub(super) fn reflections(canvas: &mut Canvas, stream: &mut Stream) {
    let points = if stream.chance(0.4) { stream.below(14) } else { 0 };
    for _ in 0..points {
        let at = (stream.range(-1.0, 1.0), stream.range(-1.0, 1.0));
        let (dx, dy) = direction(stream);
        let length = stream.range(0.0, 0.03);
        let end = (at.0 + length * dx, at.1 + length * dy);
        canvas.stroke(&[at, end], stream.range(0.008, 0.03), [250.0; 3], stream.range(0.3, 0.9));
    }
    let bubbles = if stream.chance(0.15) { 1 + stream.below(3) } else { 0 };
    for _ in 0..bubbles {
        let (cx, cy) = (stream.range(-1.0, 1.0), stream.range(-1.0, 1.0));
        let radius = stream.range(0.03, 0.12);
        let (lx, ly) = direction(stream);
        let strength = stream.range(0.15, 0.5);
        canvas.change(|x, y, pixel| {
            let (dx, dy) = ((x - cx) / radius, (y - cy) / radius);
            let distance = (dx * dx + dy * dy).sqrt();
            if distance > 1.4 {
                return pixel;
            }
            let ring = 1.0 - step(0.0, 0.22, (distance - 1.0).abs());
            let lit = 0.5 + 0.5 * (dx * lx + dy * ly);
            let shine = strength * ring * lit;
            color::mix(color::scale(pixel, 1.0 - 0.2 * ring), [250.0; 3], shine.clamp(0.0, 1.0))
        });
    }
}

/// The dark rim of the lens.
pub(super) fn rim(canvas: &mut Canvas, stream: &mut Stream) {
    if !stream.chance(RIM_FREQUENCY) {
        return;
    }
    let center = (stream.range(-0.12, 0.12), stream.range(-0.12, 0.12));
    let radius = stream.range(1.0, 1.35);
    let blur = stream.range(0.03, 0.3);
    let depth = stream.range(0.6, 1.0);
    canvas.change(|x, y, pixel| {
        let (u, v) = (x - center.0, y - center.1);
        let dark = depth * step(radius, radius + blur, (u * u + v * v).sqrt());
        color::mix(pixel, [12.0, 10.0, 14.0], dark)
    });
}

/// Noise of the sensor: grains of one pixel, mostly of brightness.
pub(super) fn grain(canvas: &mut Canvas, stream: &mut Stream) {
    let strength = stream.range(2.0, 9.0);
    let field = Noise::new(stream.below(u64::MAX));
    let half = 0.5 * canvas.size() as f64;
    canvas.change(|x, y, pixel| {
        let (column, row) = (((x + 1.0) * half) as i32, ((y + 1.0) * half) as i32);
        let grains = field.grains(column, row).map(|grain| strength * (grain - 0.5));
        std::array::from_fn(|channel| pixel[channel] + 1.4 * grains[3] + 0.8 * grains[channel])
    });
}
