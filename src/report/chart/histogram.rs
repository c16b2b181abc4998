//! How many values fall where.

use plotters::prelude::{ChartBuilder, Color, DrawingAreaErrorKind, IntoDrawingArea, Rectangle, SVGBackend};

use super::theme::{self, SCALE, SIZE, themed};
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
        let mut svg = String::new();
        self.draw(&mut svg).map_err(|error| ReportError::Chart {
            chart: self.description.clone(),
            message: error.to_string(),
        })?;
        Ok(themed(&svg, &self.description))
    }

    fn draw(&self, svg: &mut String) -> Result<(), DrawingAreaErrorKind<std::io::Error>> {
        let root = SVGBackend::with_string(svg, (SIZE.0 * SCALE, SIZE.1 * SCALE)).into_drawing_area();
        let bins = bins(&self.values);
        let top = bins.iter().copied().max().unwrap_or(0).max(1) as f64 * 1.08;
        let mut chart = ChartBuilder::on(&root)
            .margin_top(8 * SCALE)
            .margin_right(14 * SCALE)
            .x_label_area_size(44 * SCALE)
            .y_label_area_size(66 * SCALE)
            .build_cartesian_2d(0.0..100.0, 0.0..top)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(plotters::style::TRANSPARENT)
            .bold_line_style(theme::grid())
            .axis_style(theme::axis())
            .set_all_tick_mark_size(4 * SCALE)
            .x_labels(11)
            .y_labels(6)
            .x_label_formatter(&|value| format!("{value:.0}"))
            .y_label_formatter(&|value| {
                if (value - value.round()).abs() < 1e-6 { format!("{value:.0}") } else { String::new() }
            })
            .label_style(theme::text())
            .axis_desc_style(theme::text())
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
