//! Opens a cache, which verifies every byte of it.

use std::path::{Path, PathBuf};

use memmap2::Mmap;
use rayon::prelude::*;

use super::format::{self, FORMAT, HEADER_BYTES, Header, Metadata};
use super::map;
use crate::dataset::error::import_command;
use crate::dataset::{DatasetError, Images, Origin, digest, lock};

/// The prepared images of a data set, mapped from its cache.
#[derive(Debug)]
pub struct Cache {
    map: Mmap,
    path: PathBuf,
    size: usize,
    ids: Vec<String>,
    digest: String,
    source_copy: String,
    source_sha256: String,
    origin: Origin,
}

impl Cache {
    /// The cache's file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The known copy of `datasets.lock` that was imported, if it was one.
    pub fn source_copy(&self) -> Option<&str> {
        (!self.source_copy.is_empty()).then_some(&*self.source_copy)
    }

    /// Tree hash of the folder that was imported.
    pub fn source_sha256(&self) -> &str {
        &self.source_sha256
    }

    fn image_bytes(&self, index: usize) -> &[u8] {
        let bytes = 3 * self.size * self.size;
        &self.map[HEADER_BYTES + index * bytes..][..bytes]
    }

    fn mask_bytes(&self, index: usize) -> &[u8] {
        let bytes = self.size * self.size;
        &self.map[HEADER_BYTES + (3 * self.ids.len() + index) * bytes..][..bytes]
    }
}

impl Images for Cache {
    fn ids(&self) -> &[String] {
        &self.ids
    }

    fn size(&self) -> usize {
        self.size
    }

    fn image(&self, index: usize) -> &[u8] {
        self.image_bytes(index)
    }

    fn mask(&self, index: usize) -> &[u8] {
        self.mask_bytes(index)
    }

    fn digest(&self) -> &str {
        &self.digest
    }

    fn origin(&self) -> Option<Origin> {
        Some(self.origin.clone())
    }
}

/// Opens the cache of `dataset` at `size` below `data_dir` and verifies its checksums.
///
/// # Errors
/// [`DatasetError::Missing`] when there is none; [`DatasetError::Cache`], [`DatasetError::Checksum`] or
/// [`DatasetError::NewerFormat`] when it can't be used; each with the command that mends it as its hint.
pub fn open(dataset: &str, size: usize, data_dir: &Path) -> Result<Cache, DatasetError> {
    let path = format::path(dataset, size, data_dir);
    let file = match fs_err::File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(DatasetError::Missing { dataset: dataset.to_owned(), size, path });
        }
        Err(error) => return Err(error.into()),
    };
    let mend = import_command(dataset, size);
    let unfit = |problem: String| DatasetError::Cache { path: path.clone(), problem, mend: mend.clone() };
    // An empty file can't be mapped.
    if file.metadata()?.len() < HEADER_BYTES as u64 {
        return Err(unfit("is cut short: the header is missing".to_owned()));
    }
    let map = map::read_only(&file).map_err(|error| unfit(format!("can't be mapped: {error}")))?;
    let header = Header::decode(&map).ok_or_else(|| unfit("is not a cache of ege-bench".to_owned()))?;
    if header.format > FORMAT {
        return Err(DatasetError::NewerFormat { path, found: header.format, supported: FORMAT, mend });
    }
    if header.size != size as u64 {
        return Err(unfit(format!("holds images of {0}x{0}, not {size}x{size}", header.size)));
    }
    if header.file_bytes() != Some(map.len() as u64) {
        return Err(unfit(format!(
            "has {} bytes where its header tells of {} pairs with {} bytes of metadata: it was cut or changed",
            map.len(),
            header.count,
            header.metadata_bytes
        )));
    }
    let checked = |what: String, expected: &str, bytes: &[u8]| {
        let found = digest::sha256(bytes);
        if found == expected {
            return Ok(());
        }
        let what = format!("{}: {what}", path.display());
        Err(DatasetError::Checksum { what, expected: expected.to_owned(), found, mend: Some(mend.clone()) })
    };
    let text = &map[map.len() - header.metadata_bytes as usize..];
    checked("metadata".to_owned(), &digest::hexadecimal(&header.metadata_sha256), text)?;
    let metadata: Metadata =
        serde_json::from_slice(text).map_err(|error| unfit(format!("metadata: {error}")))?;
    if metadata.dataset != dataset || metadata.pairs.len() as u64 != header.count {
        return Err(unfit(format!("holds {} pairs of {}", metadata.pairs.len(), metadata.dataset)));
    }
    let pairs = &metadata.pairs;
    let origin = origin(&metadata, size);
    let mut cache = Cache {
        map,
        path: path.clone(),
        size,
        ids: pairs.iter().map(|pair| pair.id.clone()).collect(),
        digest: digest::content(
            size,
            pairs.iter().map(|p| (p.id.as_str(), p.image_sha256.as_str(), p.mask_sha256.as_str())),
        ),
        source_copy: metadata.source_copy,
        source_sha256: metadata.source_sha256,
        origin,
    };
    if !cache.ids.is_sorted_by(|a, b| a < b) {
        return Err(unfit("metadata: the ids are not sorted".to_owned()));
    }
    // The first damaged pair in the order of ids, whichever thread finds one first.
    pairs
        .par_iter()
        .enumerate()
        .map(|(index, pair)| {
            checked(format!("image {}", pair.id), &pair.image_sha256, cache.image_bytes(index))?;
            checked(format!("mask {}", pair.id), &pair.mask_sha256, cache.mask_bytes(index))
        })
        .find_first(Result::is_err)
        .unwrap_or(Ok(()))?;
    cache.origin.masks_binary = (0..cache.ids.len())
        .into_par_iter()
        .all(|index| cache.mask_bytes(index).iter().all(|&grey| matches!(grey, 0 | 255)));
    Ok(cache)
}

/// What metadata and `datasets.lock` say of the folder that was imported; its masks are still to be looked at.
fn origin(metadata: &Metadata, size: usize) -> Origin {
    let known = lock::builtin()
        .dataset
        .get(&metadata.dataset)
        .and_then(|dataset| dataset.prepared.get_key_value(&metadata.source_copy));
    let pairs = metadata.pairs.len();
    let told =
        |text: fn(&lock::Prepared) -> &String| known.map(|(_, copy)| text(copy).clone()).unwrap_or_default();
    Origin {
        copy: known.map(|(name, _)| name.clone()),
        images: told(|copy| &copy.images),
        masks: told(|copy| &copy.masks),
        deviation: told(|copy| &copy.deviation),
        pairs,
        // Every pair of a known copy has the copy's size.
        resized: metadata
            .resized
            .or_else(|| known.map(|(_, copy)| if copy.size == size { 0 } else { pairs })),
        masks_binary: false,
    }
}
