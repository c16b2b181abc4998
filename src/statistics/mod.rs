//! Numbers about numbers: what several seeds say together.

mod summary;

pub use summary::Summary;
