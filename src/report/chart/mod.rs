//! Charts as SVG, drawn by plotters and coloured by the page's style sheet.

mod frame;
mod histogram;
mod intervals;
mod lines;
mod scatter;
mod theme;

pub(super) use histogram::Histogram;
pub(super) use intervals::{Interval, IntervalChart};
pub(super) use lines::{Axis, LineChart, Series};
pub(super) use scatter::{Scatter, ScatterChart};
pub(super) use theme::STYLES;
