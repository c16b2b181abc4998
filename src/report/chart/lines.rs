//! Curves over a common axis.

use plotters::prelude::{Circle, Color, IntoDrawingArea, LineSeries, SVGBackend};

use super::frame::{self, Drawn};
use super::theme::{self, SCALE, SIZE};
use crate::report::error::ReportError;

/// Where no curve has more points, each has a dot.
const DOTTED: usize = 12;

/// A chart of curves.
pub(in crate::report) struct LineChart {
    /// What is shown, for those who can't see it and for messages.
    pub description: String,
    pub x: Axis,
    pub y: Axis,
    pub series: Vec<Series>,
}

/// An axis.
pub(in crate::report) struct Axis {
    /// What stands beside it, with the unit.
    pub label: String,
    /// The range; `None` for that of the values.
    pub range: Option<(f64, f64)>,
    /// True for an axis that holds whole numbers only.
    pub whole: bool,
}

/// One curve.
pub(in crate::report) struct Series {
    /// Index of its look; curves of one variant share it.
    pub style: usize,
    pub points: Vec<(f64, f64)>,
}

impl Axis {
    pub fn new(label: impl Into<String>) -> Self {
        Self { label: label.into(), range: None, whole: false }
    }

    pub fn whole(label: impl Into<String>) -> Self {
        Self { whole: true, ..Self::new(label) }
    }

    pub fn within(label: impl Into<String>, from: f64, to: f64) -> Self {
        Self { range: Some((from, to)), ..Self::new(label) }
    }
}

impl LineChart {
    /// The chart as inline SVG.
    ///
    /// # Errors
    /// When plotters can't draw it.
    pub fn svg(&self) -> Result<String, ReportError> {
        frame::svg(&self.description, SIZE, |svg| self.draw(svg))
    }

    fn draw(&self, svg: &mut String) -> Drawn {
        let root = SVGBackend::with_string(svg, (SIZE.0 * SCALE, SIZE.1 * SCALE)).into_drawing_area();
        let points = || self.series.iter().flat_map(|series| series.points.iter().copied());
        let (x0, x1) = self.x.limits(points().map(|(x, _)| x), 0.0);
        let (y0, y1) = self.y.limits(points().map(|(_, y)| y), 0.06);
        let mut chart = frame::framed(&root).build_cartesian_2d(x0..x1, y0..y1)?;
        let y_digits = digits(y1 - y0);
        let x_digits = digits(x1 - x0);
        let mut mesh = chart.configure_mesh();
        frame::meshed(&mut mesh);
        mesh.x_labels(8)
            .x_label_formatter(&|value| self.x.tick(*value, x_digits))
            .y_label_formatter(&|value| self.y.tick(*value, y_digits))
            .x_desc(self.x.label.as_str())
            .y_desc(self.y.label.as_str())
            .draw()?;
        // A few dots among long curves would read as a mark of their own.
        let dotted = self.series.iter().all(|series| series.points.len() <= DOTTED);
        for series in &self.series {
            let colour = theme::series(series.style);
            chart.draw_series(LineSeries::new(
                series.points.iter().copied(),
                colour.stroke_width(7 * SCALE / 4),
            ))?;
            if dotted {
                let dot = |point: &(f64, f64)| Circle::new(*point, 3 * SCALE, colour.filled());
                chart.draw_series(series.points.iter().map(dot))?;
            }
        }
        root.present()
    }
}

impl Axis {
    /// The range of the axis, never empty, with some room around the values.
    pub(super) fn limits(&self, values: impl Iterator<Item = f64>, room: f64) -> (f64, f64) {
        if let Some(range) = self.range {
            return range;
        }
        limits(values, room, self.whole)
    }

    fn tick(&self, value: f64, digits: usize) -> String {
        if !self.whole {
            return tick(value, digits);
        }
        let near = value.round();
        if (value - near).abs() < 1e-6 { format!("{near:.0}") } else { String::new() }
    }
}

/// A range that holds the finite values, never empty, with a share of it as room around them.
pub(super) fn limits(values: impl Iterator<Item = f64>, room: f64, whole: bool) -> (f64, f64) {
    let (low, high) = values
        .filter(|value| value.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    if low > high {
        return (0.0, 1.0);
    }
    let span = high - low;
    if span <= high.abs() * 1e-9 {
        let half = if whole { 0.5 } else { (high.abs() * 0.1).max(1e-6) };
        return (low - half, high + half);
    }
    (low - span * room, high + span * room)
}

/// A number beside a tick; the minus sign is as wide as the plus.
pub(super) fn tick(value: f64, digits: usize) -> String {
    format!("{value:.digits$}").replace('-', "\u{2212}")
}

/// Decimal places that tell a handful of ticks apart.
pub(super) fn digits(span: f64) -> usize {
    (1.0 - span.log10().floor()).clamp(0.0, 6.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(points: Vec<(f64, f64)>) -> LineChart {
        LineChart {
            description: "Loss".to_owned(),
            x: Axis::whole("epoch"),
            y: Axis::new("loss"),
            series: vec![Series { style: 0, points }],
        }
    }

    #[test]
    fn a_curve_has_labels_and_no_colour_of_its_own() {
        let svg = chart(vec![(1.0, 3.0), (2.0, 2.0), (3.0, 1.5)]).svg().unwrap();
        for part in ["epoch", "loss", "stroke s0", "fill text", "<title>Loss</title>"] {
            assert!(svg.contains(part), "{part} in {svg}");
        }
        assert!(!svg.contains("=\"#"), "{svg}");
    }

    #[test]
    fn one_epoch_none_and_nan_are_drawn_too() {
        for points in
            [vec![(1.0, 3.0)], vec![], vec![(1.0, f64::NAN), (2.0, 1.0)], vec![(1.0, 0.0), (2.0, 0.0)]]
        {
            let svg = chart(points.clone()).svg().unwrap();
            assert!(svg.ends_with("</svg>\n"), "{points:?}");
        }
    }

    #[test]
    fn ticks_of_whole_axes_are_whole() {
        let axis = Axis::whole("epoch");
        assert_eq!((axis.tick(2.0, 1), axis.tick(2.5, 1)), ("2".to_owned(), String::new()));
        assert_eq!(Axis::new("x").tick(-0.5, 1), "\u{2212}0.5");
    }
}
