//! An image under work, and strokes over it.

use std::collections::BTreeMap;

use super::color::{self, Color};

/// A square image in a frame that reaches from -1 to 1 in both directions.
#[derive(Clone, Debug)]
pub(super) struct Canvas {
    size: usize,
    pixels: Vec<Color>,
}

impl Canvas {
    /// A canvas whose pixels are `paint(x, y)` at their middles.
    pub fn new(size: usize, mut paint: impl FnMut(f64, f64) -> Color) -> Self {
        let mut pixels = Vec::with_capacity(size * size);
        for row in 0..size {
            for column in 0..size {
                pixels.push(paint(position(column, size), position(row, size)));
            }
        }
        Self { size, pixels }
    }

    /// Height and width in pixels.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Replaces each pixel by `change(x, y, pixel)`.
    pub fn change(&mut self, mut change: impl FnMut(f64, f64, Color) -> Color) {
        for (index, pixel) in self.pixels.iter_mut().enumerate() {
            let (row, column) = (index / self.size, index % self.size);
            *pixel = change(position(column, self.size), position(row, self.size), *pixel);
        }
    }

    /// Draws a line of `width` (in the frame) through `points`, at most `opacity` opaque.
    pub fn stroke(&mut self, points: &[(f64, f64)], width: f64, ink: Color, opacity: f64) {
        let half = 0.5 * self.size as f64;
        // Thinner than a pixel a line gets paler, not thinner.
        let radius = (0.5 * width * half).max(0.5);
        let opacity = opacity * (0.5 * width * half / radius).min(1.0);
        let points: Vec<_> =
            points.iter().map(|&(x, y)| ((x + 1.0) * half - 0.5, (y + 1.0) * half - 0.5)).collect();
        // Where two pieces meet, a pixel is covered once: by the piece that covers more of it.
        let mut cover = BTreeMap::new();
        for ends in points.windows(2) {
            self.cover(&mut cover, ends[0], ends[1], radius);
        }
        for (index, cover) in cover {
            self.pixels[index] = color::mix(self.pixels[index], ink, opacity * cover);
        }
    }

    /// Raises `cover` to how much of each pixel near the segment a pen of `radius` pixels covers.
    fn cover(&self, cover: &mut BTreeMap<usize, f64>, from: (f64, f64), to: (f64, f64), radius: f64) {
        let last = self.size as f64 - 1.0;
        let reach = radius + 1.0;
        let span = |a: f64, b: f64| {
            let (low, high) = (a.min(b) - reach, a.max(b) + reach);
            // Nothing where the segment lies outside of the image.
            if high < 0.0 || low > last { 0..0 } else { low.max(0.0) as usize..high.min(last) as usize + 1 }
        };
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let square = dx * dx + dy * dy;
        for row in span(from.1, to.1) {
            for column in span(from.0, to.0) {
                let (px, py) = (column as f64 - from.0, row as f64 - from.1);
                let along = if square > 0.0 { ((px * dx + py * dy) / square).clamp(0.0, 1.0) } else { 0.0 };
                let (ex, ey) = (px - along * dx, py - along * dy);
                let here = (radius + 0.5 - (ex * ex + ey * ey).sqrt()).clamp(0.0, 1.0);
                if here > 0.0 {
                    let cell = cover.entry(row * self.size + column).or_insert(0.0);
                    *cell = here.max(*cell);
                }
            }
        }
    }

    /// The image as `[height, width, 3]` bytes.
    pub fn bytes(&self) -> Vec<u8> {
        self.pixels.iter().flatten().map(|channel| (channel + 0.5).clamp(0.0, 255.0) as u8).collect()
    }
}

/// The middle of a pixel in the frame.
pub(super) fn position(index: usize, size: usize) -> f64 {
    2.0 * (index as f64 + 0.5) / size as f64 - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stroke_covers_its_line_and_nothing_else() {
        let mut canvas = Canvas::new(16, |_, _| [0.0; 3]);
        // From beyond the left edge to beyond the right one, along the middle of row 4, two pixels wide.
        let y = position(4, 16);
        canvas.stroke(&[(-3.0, y), (3.0, y)], 0.25, [255.0; 3], 1.0);
        let bytes = canvas.bytes();
        let row = |row: usize| bytes[(row * 16 + 7) * 3];
        assert_eq!([row(2), row(3), row(4), row(5), row(6)], [0, 128, 255, 128, 0]);
        canvas.stroke(&[(5.0, 5.0), (9.0, 9.0)], 0.25, [255.0; 3], 1.0);
        assert_eq!(canvas.bytes(), bytes);
    }
}
