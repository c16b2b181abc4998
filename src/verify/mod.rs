//! Whether executions of one run agree: bit by bit, and where bits aren't promised, how far apart they land.

mod bits;
mod comparison;
mod left;
mod meter;
mod verdict;
mod weights;

pub use bits::{f64_bits, ulps_f32, ulps_f64};
pub use comparison::{Comparison, CountsDifference, EventDifference, Part, compare};
pub use left::Left;
pub use meter::{Meter, Spreads};
pub use verdict::{Refused, Verdict, judge};
pub use weights::{Share, TensorDifference, WeightsDifference, compare_weights};
