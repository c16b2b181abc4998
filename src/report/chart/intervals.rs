//! Values with their intervals, one below the other.

use plotters::prelude::{ChartBuilder, Circle, Color, Cross, IntoDrawingArea, PathElement, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::frame::{self, Drawn};
use super::lines::{digits, limits, tick};
use super::theme::{self, SCALE, SIZE};
use crate::report::error::ReportError;

/// A chart of values with intervals, a row each.
pub(in crate::report) struct IntervalChart {
    /// What is shown, for those who can't see it and for messages.
    pub description: String,
    /// What stands below the axis, with the unit.
    pub label: String,
    pub rows: Vec<Interval>,
}

/// A value with its interval.
pub(in crate::report) struct Interval {
    pub label: String,
    pub value: f64,
    pub low: f64,
    pub high: f64,
    /// True for a filled dot.
    pub filled: bool,
    /// What somebody claims, marked by a cross.
    pub claimed: Option<f64>,
}

/// Width of a chart with labels at its left.
const WIDTH: u32 = 2 * SIZE.0;
/// Room for the labels.
const LABELS: u32 = 300;
/// Height of a row.
const ROW: u32 = 26;

impl IntervalChart {
    /// The chart as inline SVG.
    ///
    /// # Errors
    /// When plotters can't draw it.
    pub fn svg(&self) -> Result<String, ReportError> {
        let size = (WIDTH, ROW * self.rows.len() as u32 + 64);
        frame::svg(&self.description, size, |svg| self.draw(svg, size))
    }

    fn draw(&self, svg: &mut String, size: (u32, u32)) -> Drawn {
        let root = SVGBackend::with_string(svg, (size.0 * SCALE, size.1 * SCALE)).into_drawing_area();
        let values = self.rows.iter().flat_map(|row| [Some(row.low), Some(row.high), row.claimed, Some(0.0)]);
        let (x0, x1) = limits(values.flatten(), 0.05, false);
        let rows = self.rows.len() as f64;
        let mut chart = ChartBuilder::on(&root)
            .margin_top(8 * SCALE)
            .margin_right(14 * SCALE)
            .margin_left(LABELS * SCALE)
            .x_label_area_size(44 * SCALE)
            .build_cartesian_2d(x0..x1, rows..0.0)?;
        chart
            .configure_mesh()
            .disable_y_mesh()
            .disable_y_axis()
            .light_line_style(plotters::style::TRANSPARENT)
            .bold_line_style(theme::grid())
            .axis_style(theme::axis())
            .x_labels(9)
            .x_label_formatter(&|value| tick(*value, digits(x1 - x0)))
            .label_style(theme::text())
            .axis_desc_style(theme::text())
            .x_desc(self.label.as_str())
            .draw()?;
        chart.draw_series([PathElement::new([(0.0, 0.0), (0.0, rows)], theme::axis())])?;
        let colour = theme::series(0);
        for (at, row) in self.rows.iter().enumerate() {
            let y = at as f64 + 0.5;
            let line = [(row.low, y), (row.high, y)];
            chart.draw_series([PathElement::new(line, colour.stroke_width(7 * SCALE / 4))])?;
            let dot = if row.filled { colour.filled() } else { colour.stroke_width(7 * SCALE / 4) };
            chart.draw_series([Circle::new((row.value, y), 4 * SCALE, dot)])?;
            if let Some(claimed) = row.claimed {
                let style = theme::series(1).stroke_width(7 * SCALE / 4);
                chart.draw_series([Cross::new((claimed, y), 4 * SCALE, style)])?;
            }
            let style = theme::text().pos(Pos::new(HPos::Right, VPos::Center));
            let (left, middle) = chart.backend_coord(&(x0, y));
            root.draw_text(&row.label, &style, (left - 8 * SCALE as i32, middle))?;
        }
        root.present()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_its_label_interval_and_claim() {
        let row = |label: &str, filled, claimed| Interval {
            label: label.to_owned(),
            value: 1.0,
            low: 0.5,
            high: 1.5,
            filled,
            claimed,
        };
        let chart = IntervalChart {
            description: "Differences".to_owned(),
            label: "points".to_owned(),
            rows: vec![row("a \u{2212} b", true, Some(2.0)), row("c \u{2212} b", false, None)],
        };
        let svg = chart.svg().unwrap();
        for part in ["a \u{2212} b", "c \u{2212} b", "points", "class=\"fill s0\"", "class=\"stroke s1\""] {
            assert!(svg.contains(part), "{part} in {svg}");
        }
        assert!(!svg.contains("=\"#"), "{svg}");
    }
}
