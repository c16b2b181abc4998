//! Where what stands in a cache, and what is written when all of its pairs stand there.

use std::io::{Seek, SeekFrom, Write};
use std::ops::Range;

use sha2::{Digest, Sha256};

use super::format::{FORMAT, HEADER_BYTES, Header, Metadata, Record};
use crate::dataset::folder::Place;
use crate::dataset::{DatasetError, Preparation, digest};

/// Where the images of a cache came from.
#[derive(Clone, Debug, Default)]
pub(in crate::dataset) struct Source {
    /// The data set's name.
    pub dataset: String,
    /// Tree hash of the files.
    pub sha256: String,
    /// The known copy that they were; empty for any other.
    pub copy: String,
    /// Pairs that had another size and were resized.
    pub resized: usize,
    /// What the files of a user's folder were when they were read.
    pub stamp: Option<String>,
    /// Where a user's folder lay and how it was read.
    pub place: Option<Place>,
}

/// Where pairs stand.
#[derive(Clone, Copy, Debug)]
pub(in crate::dataset) struct Layout {
    /// Number of pairs.
    pub count: usize,
    /// Their size and kernel.
    pub preparation: Preparation,
}

impl Layout {
    fn mask_bytes(self) -> u64 {
        (self.preparation.size * self.preparation.size) as u64
    }

    /// The bytes of image `index`.
    pub fn image(self, index: usize) -> Range<u64> {
        let bytes = 3 * self.mask_bytes();
        let start = HEADER_BYTES as u64 + index as u64 * bytes;
        start..start + bytes
    }

    /// The bytes of mask `index`; masks stand after all images.
    pub fn mask(self, index: usize) -> Range<u64> {
        let start = self.image(self.count).start + index as u64 * self.mask_bytes();
        start..start + self.mask_bytes()
    }
}

/// Writes metadata and header around the pairs that stand in `file`; answers the content's digest.
///
/// # Errors
/// When the file can't be written.
pub(in crate::dataset) fn seal(
    file: &mut fs_err::File,
    layout: Layout,
    records: Vec<Record>,
    source: Source,
) -> Result<String, DatasetError> {
    let Layout { count, preparation } = layout;
    let sums = records.iter().map(|p| (p.id.as_str(), p.image_sha256.as_str(), p.mask_sha256.as_str()));
    let digest = digest::content(preparation, sums);
    let metadata = serde_json::to_vec(&Metadata {
        dataset: source.dataset,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        source_sha256: source.sha256,
        source_copy: source.copy,
        resized: Some(source.resized),
        resize: preparation.resize,
        stamp: source.stamp,
        place: source.place,
        pairs: records,
    })
    .map_err(std::io::Error::from)?;
    let end = layout.mask(count).start;
    file.seek(SeekFrom::Start(end))?;
    file.write_all(&metadata)?;
    file.set_len(end + metadata.len() as u64)?;
    let header = Header {
        format: FORMAT,
        count: count as u64,
        size: preparation.size as u64,
        metadata_bytes: metadata.len() as u64,
        metadata_sha256: Sha256::digest(&metadata).into(),
    };
    file.seek(SeekFrom::Start(0))?;
    file.write_all(&header.encode())?;
    Ok(digest)
}
