//! What papers claim, as data, and how our protocol differs from theirs.

mod claims;
mod deviation;
mod error;
mod file;
mod network;

pub use claims::{Cell, Claims, Evidence, Paper, Quantity, Row, Table};
pub use deviation::{Deviation, ImagesOrigin, Origin, Status, register};
pub use error::ClaimError;
pub use file::{load, parse};
