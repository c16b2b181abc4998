//! How many values fall where.

use plotters::prelude::{Color, IntoDrawingArea, Rectangle, SVGBackend};

use super::frame::{self, Drawn};
use super::theme::{self, SCALE, SIZE};
use crate::report::error::ReportError;

/// Bins of equal width over `[0, 100]`.
const BINS: usize = 20;

/// A histogram of percentages.
pub(in crate::report) struct Histogram {
    /// What is shown, for those who can't see it and for messages.
    pub description: String,
    pub x_label: String,
    pub y_label: String,
    /// In `[0, 100]`.
    pub values: Vec<f64>,
}

impl Histogram {
    /// The chart as inline SVG.
    ///
    /// # Errors
    /// When plotters can't draw it.
    pub fn svg(&self) -> Result<String, ReportError> {
        frame::svg(&self.description, SIZE, |svg| self.draw(svg))
    }

    fn draw(&self, svg: &mut String) -> Drawn {
        let root = SVGBackend::with_string(svg, (SIZE.0 * SCALE, SIZE.1 * SCALE)).into_drawing_area();
        let bins = bins(&self.values);
        let top = bins.iter().copied().max().unwrap_or(0).max(1) as f64 * 1.08;
        let mut chart = frame::framed(&root).build_cartesian_2d(0.0..100.0, 0.0..top)?;
        let mut mesh = chart.configure_mesh();
        frame::meshed(&mut mesh);
        mesh.x_labels(11)
            .x_label_formatter(&|value| format!("{value:.0}"))
            .y_label_formatter(&|value| {
                if (value - value.round()).abs() < 1e-6 { format!("{value:.0}") } else { String::new() }
            })
            .x_desc(self.x_label.as_str())
            .y_desc(self.y_label.as_str())
            .draw()?;
        let width = 100.0 / BINS as f64;
        chart.draw_series(bins.iter().enumerate().filter(|(_, n)| **n > 0).map(|(bin, n)| {
            let (from, to) = (bin as f64 * width, (bin + 1) as f64 * width);
            let gap = 0.08 * width;
            Rectangle::new([(from + gap, 0.0), (to - gap, *n as f64)], theme::series(0).filled())
        }))?;
        root.present()
    }
}

/// Values in each bin; 100 falls into the last.
fn bins(values: &[f64]) -> [usize; BINS] {
    let mut bins = [0; BINS];
    for value in values {
        let bin = (value / 100.0 * BINS as f64).clamp(0.0, (BINS - 1) as f64) as usize;
        bins[bin] += 1;
    }
    bins
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_falls_into_one_bin() {
        let bins = bins(&[0.0, 4.99, 5.0, 99.0, 100.0]);
        assert_eq!((bins[0], bins[1], bins[19]), (2, 1, 2));
        assert_eq!(bins.iter().sum::<usize>(), 5);
    }
}
