//! What a network costs, counted from its executed graph.

mod count;

pub use count::{Cost, of};
