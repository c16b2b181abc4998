//! Pairs through all threads into one cache, in the order of their ids.

use std::path::Path;

use rayon::prelude::*;

use super::pair::{self, Checked};
use crate::dataset::cache::{Source, Writer};
use crate::dataset::entry::Pair;
use crate::dataset::{DatasetError, PairProblem, atomic};

/// Pairs that are decoded before the next are: bounds the memory, while every thread has enough to do.
const CHUNK: usize = 64;

/// What is to be prepared, and where.
pub(in crate::dataset) struct Order<'a> {
    /// The data set's name.
    pub dataset: &'a str,
    /// Height and width of the prepared images in pixels.
    pub size: usize,
    /// The cache to write.
    pub path: &'a Path,
    /// Where the files come from, as it is told.
    pub from: &'a Path,
}

/// Writes the cache of `pairs`, which are sorted by id, and answers its digest with what `origin` made of the files.
///
/// After a problem, one of `problems` included, only the other files are checked.
///
/// # Errors
/// [`DatasetError::Pairs`] with every problem of every file, in which case nothing is written; what `origin`
/// answers; what the file system does.
pub(in crate::dataset) fn write<T>(
    order: &Order<'_>,
    pairs: &[Pair],
    mut problems: Vec<PairProblem>,
    progress: &mut dyn FnMut(usize, usize),
    origin: impl FnOnce(&[Checked]) -> Result<(Source, T), DatasetError>,
) -> Result<(String, T), DatasetError> {
    let &Order { dataset, size, path, from } = order;
    atomic::clear_unfinished(path)?;
    atomic::replace(path, |file| {
        let mut writer = Writer::begin(file, size)?;
        let mut checked = Vec::with_capacity(pairs.len());
        for (chunk, done) in pairs.chunks(CHUNK).zip((0..).step_by(CHUNK)) {
            let ready: Vec<_> = chunk.par_iter().map(|pair| pair::ready(pair, size)).collect();
            for ready in ready {
                match ready {
                    Ok(ready) => {
                        if problems.is_empty() {
                            writer.push(ready.record, &ready.image, &ready.mask)?;
                        }
                        checked.push(ready.checked);
                    }
                    Err(found) => problems.extend(found),
                }
            }
            progress(done + chunk.len(), pairs.len());
        }
        if !problems.is_empty() {
            problems.sort_unstable();
            return Err(DatasetError::Pairs { folder: from.to_owned(), problems });
        }
        let (source, answer) = origin(&checked)?;
        let digest = writer.finish(dataset, source)?;
        Ok((digest, answer))
    })
}
