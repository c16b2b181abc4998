//! Images and masks: where they come from, how they are checked, and the batches made of them. Arrays only.

mod images;
mod split;

pub use images::Images;
pub use split::Split;
