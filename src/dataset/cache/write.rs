//! Writes a cache pair by pair.

use std::io::{BufWriter, Seek, SeekFrom, Write};

use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::format::{FORMAT, HEADER_BYTES, Header, Metadata, Record};
use crate::dataset::{DatasetError, digest};

/// Where the images of a cache came from.
pub(in crate::dataset) struct Source {
    /// Tree hash of the folder.
    pub sha256: String,
    /// The known copy that the folder was; empty for any other.
    pub copy: String,
    /// Pairs that had another size and were resized.
    pub resized: usize,
}

/// A cache that grows in a temporary file.
pub(in crate::dataset) struct Writer<'a> {
    file: BufWriter<&'a mut NamedTempFile>,
    size: usize,
    pairs: Vec<Record>,
    // Masks stand after all images in the file and are a quarter of it.
    masks: Vec<u8>,
}

impl<'a> Writer<'a> {
    /// Begins a cache of `size`x`size` pairs.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn begin(file: &'a mut NamedTempFile, size: usize) -> Result<Self, DatasetError> {
        let mut file = BufWriter::new(file);
        file.write_all(&[0; HEADER_BYTES])?;
        Ok(Self { file, size, pairs: Vec::new(), masks: Vec::new() })
    }

    /// Adds the next pair in the order of ids: `image` as `[size, size, 3]`, `mask` as `[size, size]` bytes.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn push(&mut self, record: Record, image: &[u8], mask: &[u8]) -> Result<(), DatasetError> {
        self.file.write_all(image)?;
        self.masks.extend_from_slice(mask);
        self.pairs.push(record);
        Ok(())
    }

    /// Writes masks, metadata and header; answers the content's digest.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn finish(mut self, dataset: &str, source: Source) -> Result<String, DatasetError> {
        self.file.write_all(&self.masks)?;
        let pairs =
            self.pairs.iter().map(|p| (p.id.as_str(), p.image_sha256.as_str(), p.mask_sha256.as_str()));
        let digest = digest::content(self.size, pairs);
        let count = self.pairs.len() as u64;
        let metadata = serde_json::to_vec(&Metadata {
            dataset: dataset.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            source_sha256: source.sha256,
            source_copy: source.copy,
            resized: Some(source.resized),
            pairs: self.pairs,
        })
        .map_err(std::io::Error::from)?;
        self.file.write_all(&metadata)?;
        let header = Header {
            format: FORMAT,
            count,
            size: self.size as u64,
            metadata_bytes: metadata.len() as u64,
            metadata_sha256: Sha256::digest(&metadata).into(),
        };
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&header.encode())?;
        self.file.flush()?;
        Ok(digest)
    }
}
