//! Opens a cache and verifies every byte of it; or only looks at what it says of itself.

use std::path::{Path, PathBuf};

use memmap2::Mmap;
use rayon::prelude::*;

use super::format::{self, FORMAT, HEADER_BYTES, Header, Metadata, Record};
use super::map;
use crate::dataset::error::import_command;
use crate::dataset::folder::Place;
use crate::dataset::{DatasetError, Images, Origin, Preparation, digest, lock};
use crate::experiment::settings::Resize;

/// The prepared images of a data set, mapped from its cache.
#[derive(Debug)]
pub struct Cache {
    map: Mmap,
    path: PathBuf,
    preparation: Preparation,
    ids: Vec<String>,
    digest: String,
    metadata: Metadata,
    mend: String,
    origin: Origin,
}

/// A cache that is looked for.
#[derive(Clone, Debug)]
pub(in crate::dataset) struct Wanted {
    /// The data set that it must be of.
    pub dataset: String,
    /// Size and kernel that it must have.
    pub preparation: Preparation,
    /// Where it lies.
    pub path: PathBuf,
    /// The command that makes it.
    pub mend: String,
}

impl Wanted {
    /// The cache of a data set of `datasets.lock`.
    pub fn of(dataset: &str, preparation: Preparation, data_dir: &Path) -> Self {
        Self {
            dataset: dataset.to_owned(),
            preparation,
            path: format::path(dataset, preparation, data_dir),
            mend: import_command(dataset, preparation),
        }
    }
}

impl Cache {
    /// The cache's file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The known copy of `datasets.lock` that was imported, if it was one.
    pub fn source_copy(&self) -> Option<&str> {
        (!self.metadata.source_copy.is_empty()).then_some(&*self.metadata.source_copy)
    }

    /// Tree hash of the folder that was imported.
    pub fn source_sha256(&self) -> &str {
        &self.metadata.source_sha256
    }

    /// The size of its images, and the kernel that resized them.
    pub fn preparation(&self) -> Preparation {
        self.preparation
    }

    /// Bytes of the file.
    pub fn bytes(&self) -> u64 {
        self.map.len() as u64
    }

    /// What the files of a user's folder were when they were read; none for other images.
    pub(in crate::dataset) fn stamp(&self) -> Option<&str> {
        self.metadata.stamp.as_deref()
    }

    /// Where the user's folder lay that it is of, and how it was read; none for other images.
    pub(in crate::dataset) fn place(&self) -> Option<&Place> {
        self.metadata.place.as_ref()
    }

    /// The pairs with their checksums, sorted by id.
    pub(in crate::dataset) fn records(&self) -> &[Record] {
        &self.metadata.pairs
    }

    /// Verifies the checksum of every image and mask.
    ///
    /// # Errors
    /// [`DatasetError::Checksum`] with the first damaged pair in the order of ids, whichever thread finds one first.
    pub fn verify(&mut self) -> Result<(), DatasetError> {
        let checked = |what: &str, id: &str, expected: &str, bytes: &[u8]| {
            let found = digest::sha256(bytes);
            if found == expected {
                return Ok(());
            }
            let what = format!("{}: {what} {id}", self.path.display());
            let (expected, mend) = (expected.to_owned(), Some(self.mend.clone()));
            Err(DatasetError::Checksum { what, expected, found, mend })
        };
        let pairs = &self.metadata.pairs;
        pairs
            .par_iter()
            .enumerate()
            .map(|(index, pair)| {
                checked("image", &pair.id, &pair.image_sha256, self.image_bytes(index))?;
                checked("mask", &pair.id, &pair.mask_sha256, self.mask_bytes(index))
            })
            .find_first(Result::is_err)
            .unwrap_or(Ok(()))?;
        self.origin.masks_binary = (0..pairs.len())
            .into_par_iter()
            .all(|index| self.mask_bytes(index).iter().all(|&grey| matches!(grey, 0 | 255)));
        Ok(())
    }

    fn image_bytes(&self, index: usize) -> &[u8] {
        let bytes = 3 * self.preparation.size * self.preparation.size;
        &self.map[HEADER_BYTES + index * bytes..][..bytes]
    }

    fn mask_bytes(&self, index: usize) -> &[u8] {
        let bytes = self.preparation.size * self.preparation.size;
        &self.map[HEADER_BYTES + (3 * self.ids.len() + index) * bytes..][..bytes]
    }
}

impl Images for Cache {
    fn ids(&self) -> &[String] {
        &self.ids
    }

    fn size(&self) -> usize {
        self.preparation.size
    }

    fn resize(&self) -> Resize {
        self.preparation.resize
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

/// Opens the cache of `dataset` below `data_dir` and verifies its checksums.
///
/// # Errors
/// [`DatasetError::Missing`] when there is none; [`DatasetError::Cache`], [`DatasetError::Checksum`] or
/// [`DatasetError::NewerFormat`] when it can't be used; each with the command that mends it as its hint.
pub fn open(
    dataset: &str,
    preparation: impl Into<Preparation>,
    data_dir: &Path,
) -> Result<Cache, DatasetError> {
    let mut cache = glance(dataset, preparation, data_dir)?;
    cache.verify()?;
    Ok(cache)
}

/// Opens the cache of `dataset` below `data_dir` and verifies what it says of itself: header, length and metadata. Images
/// and masks are not looked at.
///
/// # Errors
/// As [`open`].
pub fn glance(
    dataset: &str,
    preparation: impl Into<Preparation>,
    data_dir: &Path,
) -> Result<Cache, DatasetError> {
    look(&Wanted::of(dataset, preparation.into(), data_dir))
}

/// As [`glance`], wherever the cache lies.
///
/// # Errors
/// As [`open`].
pub(in crate::dataset) fn look(wanted: &Wanted) -> Result<Cache, DatasetError> {
    let Wanted { dataset, preparation, path, mend } = wanted.clone();
    let file = match fs_err::File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(DatasetError::Missing { dataset, preparation, path });
        }
        Err(error) => return Err(error.into()),
    };
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
    let size = preparation.size;
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
    let text = &map[map.len() - header.metadata_bytes as usize..];
    let (expected, found) = (digest::hexadecimal(&header.metadata_sha256), digest::sha256(text));
    if found != expected {
        let what = format!("{}: metadata", path.display());
        return Err(DatasetError::Checksum { what, expected, found, mend: Some(mend) });
    }
    let metadata: Metadata =
        serde_json::from_slice(text).map_err(|error| unfit(format!("metadata: {error}")))?;
    let pairs = &metadata.pairs;
    if metadata.dataset != dataset || pairs.len() as u64 != header.count {
        return Err(unfit(format!("holds {} pairs of {}", pairs.len(), metadata.dataset)));
    }
    if metadata.resize != preparation.resize {
        let (found, wanted) = (metadata.resize.name(), preparation.resize.name());
        return Err(unfit(format!("was resized by {found}, not by {wanted}")));
    }
    if !pairs.is_sorted_by(|a, b| a.id < b.id) {
        return Err(unfit("metadata: the ids are not sorted".to_owned()));
    }
    let sums = pairs.iter().map(|p| (p.id.as_str(), p.image_sha256.as_str(), p.mask_sha256.as_str()));
    let digest = digest::content(preparation, sums);
    let ids = pairs.iter().map(|pair| pair.id.clone()).collect();
    let origin = origin(&metadata, size);
    Ok(Cache { map, path, preparation, ids, digest, metadata, mend, origin })
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
