//! Segmentation metrics from integer counts of pixels.

mod counts;

pub use counts::Counts;
