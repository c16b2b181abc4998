//! Tables, charts and the page: everything that a reader sees, from counts and events.

mod against;
mod chart;
mod conclusion;
mod contrast;
mod error;
mod export;
mod findings;
mod input;
mod judged;
mod limits;
mod manifest;
mod outline;
mod page;
mod speaker;
mod table;
mod uncertain;
mod variant;
mod write;

pub use conclusion::Conclusion;
pub use error::ReportError;
pub use input::{GalleryItem, LeakItem, NetworkCost, ReportInput, ReportRun};
pub use manifest::{Manifest, ReportFile};
pub use write::{Sink, Written, write};
