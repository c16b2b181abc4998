//! Segmentation metrics from integer counts of pixels, and from distances between borders.

mod boundary;
mod counts;
mod definition;
mod distance;
mod score;

pub use boundary::Boundary;
pub use counts::Counts;
pub use definition::{Definition, UnknownDefinition};
pub use score::Score;
