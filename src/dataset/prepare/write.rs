//! Pairs through all threads into one cache, in the order of their ids.

use std::path::Path;

use super::budget::Budget;
use super::in_order::in_order;
use super::journal::{Line, Plan};
use super::pair::{self, Checked, Files, Ready};
use super::unfinished::Unfinished;
use crate::dataset::cache::{Record, Source};
use crate::dataset::decode::MaskValues;
use crate::dataset::entry::Pair;
use crate::dataset::{DatasetError, PairProblem, Preparation, atomic};

/// Bytes that are decoded at one time, whatever the number of threads: seven photographs of 6,000x4,000 pixels.
const DECODED: u64 = 512 << 20;

/// What is to be prepared, and where.
pub(in crate::dataset) struct Order<'a> {
    /// The data set's name.
    pub dataset: &'a str,
    /// Size and kernel.
    pub preparation: Preparation,
    /// What the values of masks mean.
    pub masks: &'a MaskValues,
    /// The cache to write.
    pub path: &'a Path,
    /// Where the files come from, as it is told.
    pub from: &'a Path,
}

/// A pair that stands in the cache already, or is to be written there.
enum Piece {
    Known(Line),
    Ready(Box<Ready>),
}

/// Writes the cache of `pairs`, which are sorted by id, and answers its digest with what `origin` made of the files.
///
/// A command that was killed left what it had prepared; it is taken over where every checksum, of the cache and of the
/// files, is right. The cache is the same bit by bit, on any number of threads and however often it was interrupted.
///
/// After a problem, one of `problems` included, only the other files are checked.
///
/// # Errors
/// [`DatasetError::Pairs`] with every problem of every file, in which case nothing is left; [`DatasetError::Busy`] when
/// another process prepares the same; what `origin` answers; what the file system does, in which case the same command
/// goes on.
pub(in crate::dataset) fn write<T>(
    order: &Order<'_>,
    pairs: &[Pair],
    mut problems: Vec<PairProblem>,
    progress: &mut dyn FnMut(usize, usize),
    origin: impl FnOnce(&[Checked]) -> Result<(Source, T), DatasetError>,
) -> Result<(String, T), DatasetError> {
    let &Order { preparation, path, from, .. } = order;
    atomic::clear_unfinished(path)?;
    let mut unfinished = if problems.is_empty() {
        Some(Unfinished::open(path, &Plan::new(order, pairs), preparation)?)
    } else {
        None
    };
    let found = prepare(order, pairs, unfinished.as_mut(), progress)?;
    let (mut records, mut checked) = (Vec::with_capacity(pairs.len()), Vec::with_capacity(pairs.len()));
    for found in found {
        match found {
            Ok(Line { record, checked: files }) => {
                records.push(record);
                checked.push(files);
            }
            Err(found) => problems.extend(found),
        }
    }
    match unfinished {
        Some(unfinished) if problems.is_empty() => {
            let (source, answer) = origin(&checked)?;
            Ok((unfinished.finish(records, source)?, answer))
        }
        unfinished => {
            if let Some(unfinished) = unfinished {
                unfinished.remove();
            }
            problems.sort_unstable();
            Err(DatasetError::Pairs { folder: from.to_owned(), problems })
        }
    }
}

/// What a cache of `pairs` would say of each, without writing one.
///
/// # Errors
/// [`DatasetError::Pairs`] with every problem of every file, `problems` included.
pub(in crate::dataset) fn records(
    order: &Order<'_>,
    pairs: &[Pair],
    mut problems: Vec<PairProblem>,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Vec<Record>, DatasetError> {
    let mut records = Vec::with_capacity(pairs.len());
    for found in prepare(order, pairs, None, progress)? {
        match found {
            Ok(Line { record, .. }) => records.push(record),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() {
        return Ok(records);
    }
    problems.sort_unstable();
    Err(DatasetError::Pairs { folder: order.from.to_owned(), problems })
}

/// What is found of each pair; those that are new are written, as long as all are right.
fn prepare(
    order: &Order<'_>,
    pairs: &[Pair],
    mut unfinished: Option<&mut Unfinished>,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Vec<Result<Line, Vec<PairProblem>>>, DatasetError> {
    let budget = Budget::new(DECODED);
    // Threads look at what is known while this one writes.
    let known = unfinished.as_deref().map(Unfinished::known);
    let work = |index: usize| {
        let pair: &Pair = &pairs[index];
        let files = Files::read(pair)?;
        let sha256 = files.sha256();
        if let Some(line) = known.as_ref().and_then(|known| known.find(index, &pair.id, &sha256)) {
            return Ok(Piece::Known(line));
        }
        pair::ready(pair, &files, sha256, order, &budget).map(|ready| Piece::Ready(Box::new(ready)))
    };
    let mut found = Vec::with_capacity(pairs.len());
    in_order(pairs.len(), rayon::current_num_threads(), work, |index, piece| {
        found.push(match piece {
            Ok(Piece::Known(line)) => Ok(line),
            Ok(Piece::Ready(ready)) => {
                let line = Line { record: ready.record.clone(), checked: ready.checked.clone() };
                if let Some(unfinished) = &mut unfinished {
                    unfinished.push(index, *ready)?;
                }
                Ok(line)
            }
            Err(problems) => {
                // Nothing will be kept.
                unfinished = None;
                Err(problems)
            }
        });
        progress(index + 1, pairs.len());
        Ok::<_, std::io::Error>(())
    })?;
    Ok(found)
}
