//! What trained networks' counts say together: metrics over seeds and images with their intervals, and one network
//! against another on the same images.

mod paired;
mod sample;

pub use paired::{Paired, Standing, paired};
pub use sample::{Sample, SampleError};

/// Level of every interval and test: 95 %, two-sided.
pub const LEVEL: f64 = 0.95;

/// Power at which the smallest detectable difference is told.
pub const POWER: f64 = 0.8;
