//! Charts as SVG, drawn by plotters and coloured by the page's style sheet.

mod histogram;
mod lines;
mod theme;

pub(super) use histogram::Histogram;
pub(super) use lines::{Axis, LineChart, Series};
pub(super) use theme::STYLES;
