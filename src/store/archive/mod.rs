//! Finished runs as one portable file: a gzip-compressed tar whose first entry, `manifest.json`, names every other
//! one with its size and SHA-256.
//!
//! The same runs give the same bytes: entries are sorted, and carry no time, owner or mode of a machine. There are
//! never images in an archive; predicted masks and checkpoints only on request.

mod hashed;
mod manifest;
mod pack;
mod unpack;

pub use manifest::{ARCHIVE_FORMAT, ArchiveFile, ArchiveRun, MANIFEST, Manifest};
pub use pack::{Contents, pack};
pub use unpack::{Kept, Unpacked, unpack};
