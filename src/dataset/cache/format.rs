//! The cache's layout: header, images `[n, h, w, 3]`, masks `[n, h, w]`, metadata as JSON; integers are
//! little-endian.
//!
//! The header holds the checksum of the metadata and the metadata those of every image and mask, so that one
//! damaged byte anywhere is found and the image that it belongs to is named.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::dataset::Preparation;
use crate::dataset::folder::Place;
use crate::experiment::settings::Resize;

/// First bytes of every cache.
pub(super) const MAGIC: [u8; 8] = *b"EGECACHE";

/// Format that this version writes, and the latest that it reads.
pub(super) const FORMAT: u32 = 1;

/// Bytes of the header.
pub(super) const HEADER_BYTES: usize = 72;

/// Where the cache of `dataset` lies below `data_dir`; the kernel that goes without saying isn't said.
pub fn path(dataset: &str, preparation: Preparation, data_dir: &Path) -> PathBuf {
    data_dir.join(dataset).join(format!("{dataset}-{}.cache", preparation.name()))
}

/// The fixed first bytes of a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Format of what follows.
    pub format: u32,
    /// Number of pairs.
    pub count: u64,
    /// Height and width in pixels.
    pub size: u64,
    /// Bytes of the metadata.
    pub metadata_bytes: u64,
    /// SHA-256 of the metadata.
    pub metadata_sha256: [u8; 32],
}

impl Header {
    /// The header as bytes: magic, format, four zero bytes, count, size, length and checksum of the metadata.
    pub fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&self.format.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.count.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.size.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.metadata_bytes.to_le_bytes());
        bytes[40..].copy_from_slice(&self.metadata_sha256);
        bytes
    }

    /// The header at the start of `file`; none where it is shorter or doesn't begin as a cache does.
    pub fn decode(file: &[u8]) -> Option<Self> {
        let bytes = file.get(..HEADER_BYTES).filter(|bytes| bytes.starts_with(&MAGIC))?;
        let number = |at: usize| bytes[at..at + 8].iter().rev().fold(0, |n, &byte| n << 8 | u64::from(byte));
        let mut metadata_sha256 = [0; 32];
        metadata_sha256.copy_from_slice(&bytes[40..]);
        Some(Self {
            // The four bytes after the format are zero.
            format: number(8) as u32,
            count: number(16),
            size: number(24),
            metadata_bytes: number(32),
            metadata_sha256,
        })
    }

    /// Bytes of one mask; an image has three times as many.
    pub fn mask_bytes(&self) -> Option<u64> {
        self.size.checked_mul(self.size)
    }

    /// Bytes of the whole file; none where the header's numbers overflow.
    pub fn file_bytes(&self) -> Option<u64> {
        let pixels = self.mask_bytes()?.checked_mul(4)?.checked_mul(self.count)?;
        pixels.checked_add(self.metadata_bytes)?.checked_add(HEADER_BYTES as u64)
    }
}

/// What a cache says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Metadata {
    /// The data set's name in `datasets.lock`.
    pub dataset: String,
    /// Version of the ege-bench that wrote it.
    pub version: String,
    /// Tree hash of the folder that was imported.
    pub source_sha256: String,
    /// The known copy that the folder was; empty for any other.
    pub source_copy: String,
    /// Pairs that the import resized; caches of earlier versions don't say.
    #[serde(default)]
    pub resized: Option<usize>,
    /// The kernel that resized them; caches of earlier versions, and most of today's, are of the default.
    #[serde(default, skip_serializing_if = "Resize::is_default")]
    pub resize: Resize,
    /// For a folder of the user's: SHA-256 of what its files were when they were read (`folder::stamp`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stamp: Option<String>,
    /// For a folder of the user's: where it lay and how it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The pairs, sorted by id.
    pub pairs: Vec<Record>,
}

/// One pair of a cache.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::dataset) struct Record {
    /// The pair's id.
    pub id: String,
    /// SHA-256 of the image's bytes in the cache.
    pub image_sha256: String,
    /// SHA-256 of the mask's bytes in the cache.
    pub mask_sha256: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_survives_its_bytes() {
        let header =
            Header { format: 3, count: 2150, size: 256, metadata_bytes: 1 << 40, metadata_sha256: [7; 32] };
        assert_eq!(Header::decode(&header.encode()), Some(header));
        assert_eq!(Header::decode(&header.encode()[..71]), None);
        assert_eq!(Header::decode(&[0; 100]), None);
        assert_eq!(Header { size: u64::MAX, ..header }.file_bytes(), None);
    }
}
