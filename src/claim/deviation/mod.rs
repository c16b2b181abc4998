//! The register of every known difference between the paper, the authors' code and what runs here.

mod entry;
mod images;
mod own;
mod register;
mod released;

pub use entry::{Deviation, Origin, Status};
pub use images::ImagesOrigin;
pub use register::register;
