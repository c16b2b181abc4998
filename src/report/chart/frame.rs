//! What all charts share: the drawing area, its margins, axes and grid, and what becomes of an error.

use plotters::chart::{ChartBuilder, MeshStyle};
use plotters::coord::Shift;
use plotters::coord::ranged1d::Ranged;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind};
use plotters::prelude::DrawingBackend;

use super::theme::{self, SCALE, themed};
use crate::report::error::ReportError;

/// What drawing comes to.
pub(super) type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

/// The inline SVG of a size in CSS pixels that `draw` draws, described for those who can't see it and for messages.
///
/// # Errors
/// When plotters can't draw it.
pub(super) fn svg(
    description: &str,
    size: (u32, u32),
    draw: impl FnOnce(&mut String) -> Drawn,
) -> Result<String, ReportError> {
    let mut svg = String::new();
    draw(&mut svg)
        .map_err(|error| ReportError::Chart { chart: description.to_owned(), message: error.to_string() })?;
    Ok(themed(&svg, description, size))
}

/// A chart with the usual margins, its axes' labels and descriptions at the left and below.
pub(super) fn framed<'b, DB: DrawingBackend>(root: &DrawingArea<DB, Shift>) -> ChartBuilder<'_, 'b, DB> {
    let mut builder = ChartBuilder::on(root);
    builder
        .margin_top(8 * SCALE)
        .margin_right(14 * SCALE)
        .x_label_area_size(44 * SCALE)
        .y_label_area_size(66 * SCALE);
    builder
}

/// Grid lines for `y` alone, about six of them, and the page's styles.
pub(super) fn meshed<X: Ranged, Y: Ranged, DB: DrawingBackend>(mesh: &mut MeshStyle<'_, '_, X, Y, DB>) {
    mesh.disable_x_mesh()
        .light_line_style(plotters::style::TRANSPARENT)
        .bold_line_style(theme::grid())
        .axis_style(theme::axis())
        .set_all_tick_mark_size(4 * SCALE)
        .y_labels(6)
        .label_style(theme::text())
        .axis_desc_style(theme::text());
}
