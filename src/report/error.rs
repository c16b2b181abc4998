//! What can go wrong while a report is made.

use std::io;
use std::path::PathBuf;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A table can't be built or exported.
    #[error("can't make table `{table}`: {source}")]
    Table {
        /// The table's name.
        table: &'static str,
        /// Why.
        source: polars::error::PolarsError,
    },
    /// A chart can't be drawn.
    #[error("can't draw chart `{chart}`: {message}")]
    Chart {
        /// The chart's title.
        chart: String,
        /// Why.
        message: String,
    },
    /// An image of the gallery can't be encoded.
    #[error("can't encode image `{image}` ({size}x{size}, {bytes} bytes): {source}")]
    Image {
        /// The image's id.
        image: String,
        /// Its height and width.
        size: usize,
        /// Number of bytes found.
        bytes: usize,
        /// Why.
        source: image::ImageError,
    },
    /// A file can't be written.
    #[error("can't write `{}`: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}
