//! Tables, charts and the page.

mod input;

pub use input::{GalleryItem, ReportInput, ReportRun};
