//! Segmentation metrics from integer counts of pixels.

mod counts;
mod definition;

pub use counts::Counts;
pub use definition::{Definition, UnknownDefinition};
