//! Points over two axes.

use plotters::coord::ranged1d::{AsRangedCoord, Ranged, ValueFormatter};
use plotters::prelude::{Circle, Color, IntoDrawingArea, IntoLogRange, PathElement, SVGBackend};

use super::frame::{self, Drawn};
use super::lines::{Axis, digits, limits, tick};
use super::theme::{self, SCALE, SIZE};
use crate::report::error::ReportError;

/// A chart of points.
pub(in crate::report) struct ScatterChart {
    /// What is shown, for those who can't see it and for messages.
    pub description: String,
    pub x: Axis,
    pub y: Axis,
    /// True for a logarithmic horizontal axis, whose values must be positive.
    pub logarithmic: bool,
    /// True to draw where both coordinates are equal.
    pub diagonal: bool,
    pub groups: Vec<Scatter>,
}

/// Points that look alike.
pub(in crate::report) struct Scatter {
    /// Index of their look.
    pub style: usize,
    /// True for rings instead of dots.
    pub hollow: bool,
    /// Radius in CSS pixels.
    pub dot: u32,
    pub points: Vec<(f64, f64)>,
    /// Vertical intervals, one a point, or none.
    pub ranges: Vec<(f64, f64)>,
    /// Labels, one a point, or none; those that would cover an earlier one are left out.
    pub labels: Vec<String>,
}

impl ScatterChart {
    /// The chart as inline SVG.
    ///
    /// # Errors
    /// When plotters can't draw it.
    pub fn svg(&self) -> Result<String, ReportError> {
        let xs = || self.groups.iter().flat_map(|group| group.points.iter().map(|(x, _)| *x));
        frame::svg(&self.description, SIZE, |svg| {
            if self.logarithmic {
                let bounds = |(low, high): (f64, f64), x: f64| (low.min(x), high.max(x));
                let (low, high) = xs().fold((f64::INFINITY, 0.0), bounds);
                self.draw(svg, ((low / 1.6)..(high * 2.5)).log_scale(), &decimal)
            } else {
                let (x0, x1) = self.x.limits(xs(), 0.04);
                self.draw(svg, x0..x1, &|x| tick(x, digits(x1 - x0)))
            }
        })
    }

    fn draw<X>(&self, svg: &mut String, x: X, x_tick: &dyn Fn(f64) -> String) -> Drawn
    where
        X: AsRangedCoord<Value = f64>,
        X::CoordDescType: Ranged<ValueType = f64> + ValueFormatter<f64>,
    {
        let root = SVGBackend::with_string(svg, (SIZE.0 * SCALE, SIZE.1 * SCALE)).into_drawing_area();
        let values = self.groups.iter().flat_map(|group| {
            let ranges = group.ranges.iter().flat_map(|(low, high)| [*low, *high]);
            group.points.iter().map(|(_, y)| *y).chain(ranges)
        });
        let (y0, y1) = self.y.range.unwrap_or_else(|| limits(values, 0.08, false));
        let mut chart = frame::framed(&root).build_cartesian_2d(x, y0..y1)?;
        let mut mesh = chart.configure_mesh();
        frame::meshed(&mut mesh);
        mesh.x_labels(6)
            .x_label_formatter(&|value| x_tick(*value))
            .y_label_formatter(&|value| tick(*value, digits(y1 - y0)))
            .x_desc(self.x.label.as_str())
            .y_desc(self.y.label.as_str())
            .draw()?;
        if self.diagonal {
            let corners = [(y0, y0), (y1, y1)];
            chart.draw_series([PathElement::new(corners, theme::axis())])?;
        }
        let mut boxes: Vec<[i32; 4]> = Vec::new();
        for group in &self.groups {
            let colour = theme::series(group.style);
            let thick = colour.stroke_width(3 * SCALE / 2);
            let style = if group.hollow { thick } else { colour.filled() };
            for ((x, _), (low, high)) in group.points.iter().zip(&group.ranges) {
                chart.draw_series([PathElement::new([(*x, *low), (*x, *high)], thick)])?;
            }
            chart.draw_series(
                group.points.iter().map(|point| Circle::new(*point, group.dot * SCALE, style)),
            )?;
            for (point, label) in group.points.iter().zip(&group.labels) {
                let (x, y) = chart.backend_coord(point);
                if let Some(at) = place(&mut boxes, (x, y), label) {
                    root.draw_text(label, &theme::small(), at)?;
                }
            }
        }
        root.present()
    }
}

/// Where a label stands beside its point, right, left, above or below; `None` where it would cover an earlier one.
fn place(boxes: &mut Vec<[i32; 4]>, (x, y): (i32, i32), label: &str) -> Option<(i32, i32)> {
    let scale = SCALE as i32;
    // An average letter of the small type is 6 px wide; a line is 13 px high.
    let (width, height, gap) = (6 * scale * label.chars().count() as i32, 13 * scale, 7 * scale);
    let right_edge = SIZE.0 as i32 * scale;
    let corners = [
        (x + gap, y - height / 2),
        (x - gap - width, y - height / 2),
        (x - width / 2, y - gap - height),
        (x - width / 2, y + gap),
    ];
    let free = |(left, top): &(i32, i32)| {
        let fits = *left >= 60 * scale && left + width <= right_edge && *top >= 0;
        let apart = |other: &[i32; 4]| {
            left + width <= other[0] || other[2] <= *left || top + height <= other[1] || other[3] <= *top
        };
        fits && boxes.iter().all(apart)
    };
    let (left, top) = corners.into_iter().find(free)?;
    boxes.push([left, top, left + width, top + height]);
    Some((left, top))
}

/// A tick of a logarithmic axis without needless zeros.
fn decimal(value: f64) -> String {
    if value >= 1.0 { format!("{value:.0}") } else { format!("{value:.3}").trim_end_matches('0').to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_ranges_and_labels_are_drawn() {
        for logarithmic in [false, true] {
            let chart = ScatterChart {
                description: "IoU against parameters".to_owned(),
                x: Axis::new("parameters"),
                y: Axis::new("IoU"),
                logarithmic,
                diagonal: !logarithmic,
                groups: vec![Scatter {
                    style: 1,
                    hollow: true,
                    dot: 3,
                    points: vec![(0.05, 79.8), (7.77, 77.0)],
                    ranges: vec![(79.0, 80.5), (76.0, 78.0)],
                    labels: vec!["small".to_owned(), "large".to_owned()],
                }],
            };
            let svg = chart.svg().unwrap();
            for part in ["small", "large", "parameters", "class=\"stroke s1\""] {
                assert!(svg.contains(part), "{part} in {svg}");
            }
            assert!(!svg.contains("=\"#"), "{svg}");
        }
    }

    #[test]
    fn labels_cover_no_other() {
        let mut boxes = Vec::new();
        let at = (1600, 800);
        let places: Vec<_> = (0..5).map(|_| place(&mut boxes, at, "label")).collect();
        assert!(places[..4].iter().all(Option::is_some) && places[4].is_none(), "{places:?}");
    }

    #[test]
    fn ticks_of_logarithmic_axes_have_no_needless_zeros() {
        for (value, expect) in [(0.05, "0.05"), (0.1, "0.1"), (10.0, "10")] {
            assert_eq!(decimal(value), expect);
        }
    }
}
