//! What a network costs, counted from its executed graph.

mod convention;
mod count;
mod layers;

pub use convention::{Convention, Counted};
pub use count::{Cost, Count, of};
pub use layers::Layer;
