//! One try to bring the rest of an archive from one host.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use super::FetchError;
use super::agent::Client;
use super::fault::{Fault, FaultKind};
use super::journal::Journal;
use super::partial::Partial;
use super::transfer::{self, Ask, Head, Piece};
use crate::dataset::lock::{Archive, Bytes};

/// How often a wait for the host looks whether to stop.
const LOOK: Duration = Duration::from_millis(100);

/// What one try came to.
pub(super) enum Tried {
    /// Every byte is there.
    Whole,
    /// The host, or the way to it, failed.
    Fault(Fault),
}

/// What a try tells of.
pub(super) trait Watch {
    /// True once the user wants to stop.
    fn stop(&self) -> bool;
    /// Bytes that are there, of all where that is known.
    fn progress(&mut self, done: u64, all: Option<u64>);
    /// Something the user should know.
    fn note(&mut self, text: String);
}

/// Asks `url` for what `partial` lacks, and adds it.
///
/// # Errors
/// [`FetchError::Interrupted`], and what the file system does. What came before is kept.
pub(super) fn rest(
    client: &Client,
    url: &str,
    archive: &Archive,
    partial: &mut Partial,
    watch: &mut dyn Watch,
) -> Result<Tried, FetchError> {
    let from_here = partial.journal.url == url;
    // Another host has marks of its own; there the checksum of the whole has to tell whether the halves fit.
    let elsewhere =
        !from_here && partial.journal.total.is_some() && archive.checksums().iter().any(|sum| sum.2);
    let validator = if from_here { partial.journal.validator().map(str::to_owned) } else { None };
    if partial.bytes() > 0 && validator.is_none() && !elsewhere {
        watch.note(format!("{}: the host gives no mark to go on by; starting again", archive.name));
        partial.restart()?;
    }
    let ask = Ask {
        url: url.to_owned(),
        from: partial.bytes(),
        validator,
        proxy: client.proxy(url).map(str::to_owned),
    };
    let pieces = transfer::start(client.agent(url), ask);
    let head = match next(&pieces, watch) {
        Some(Piece::Head(head)) => head,
        Some(Piece::Failed(fault)) => return Ok(Tried::Fault(fault)),
        Some(Piece::Bytes(_) | Piece::End) => return Ok(Tried::Fault(nonsense("bytes before an answer"))),
        None => return Err(FetchError::Interrupted),
    };
    if let Some(fault) = begin(&head, url, archive, partial, watch)? {
        return Ok(Tried::Fault(fault));
    }
    let (all, most) = (partial.journal.total, archive.bytes.most());
    loop {
        match next(&pieces, watch) {
            Some(Piece::Bytes(bytes)) => {
                if partial.bytes() + bytes.len() as u64 > all.unwrap_or(most) {
                    partial.restart()?;
                    return Ok(Tried::Fault(nonsense("it sends more bytes than it should")));
                }
                partial.add(&bytes)?;
                watch.progress(partial.bytes(), all);
            }
            Some(Piece::End) => break,
            Some(Piece::Failed(fault)) => {
                partial.sync()?;
                return Ok(Tried::Fault(fault));
            }
            Some(Piece::Head(_)) => return Ok(Tried::Fault(nonsense("two answers"))),
            None => {
                partial.sync()?;
                return Err(FetchError::Interrupted);
            }
        }
    }
    partial.sync()?;
    match all {
        Some(all) if partial.bytes() < all => {
            let message = format!("the connection ended after {} of {all} bytes", partial.bytes());
            Ok(Tried::Fault(Fault::new(FaultKind::Passing, message)))
        }
        _ => Ok(Tried::Whole),
    }
}

/// The next piece; none once the user wants to stop.
fn next(pieces: &Receiver<Piece>, watch: &dyn Watch) -> Option<Piece> {
    while !watch.stop() {
        match pieces.recv_timeout(LOOK) {
            Ok(piece) => return Some(piece),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                return Some(Piece::Failed(Fault::new(FaultKind::Passing, "the connection was lost")));
            }
        }
    }
    None
}

fn nonsense(what: &str) -> Fault {
    Fault::new(FaultKind::Passing, format!("the host's answer makes no sense: {what}"))
}

/// Judges the host's answer and prepares the partial file for the bytes that follow it, if they may.
fn begin(
    head: &Head,
    url: &str,
    archive: &Archive,
    partial: &mut Partial,
    watch: &mut dyn Watch,
) -> Result<Option<Fault>, FetchError> {
    match head.status {
        200 => {
            if partial.bytes() > 0 {
                let changed = head.etag != partial.journal.etag && head.etag.is_some();
                let why = if changed && partial.journal.url == url {
                    "the file at the host is another one now"
                } else {
                    "the host sends it from the beginning"
                };
                watch.note(format!("{}: {why}; starting again", archive.name));
                partial.restart()?;
            }
            let journal = Journal {
                url: url.to_owned(),
                total: head.length,
                etag: head.etag.clone(),
                last_modified: head.last_modified.clone(),
            };
            if let Some(fault) = wrong_size(archive, head.length) {
                return Ok(Some(fault));
            }
            partial.note(journal)?;
            Ok(None)
        }
        206 => {
            let Some((first, total)) = head.range else {
                return Ok(Some(nonsense("a part that doesn't say which one it is")));
            };
            if let Some(fault) = wrong_size(archive, total) {
                return Ok(Some(fault));
            }
            let other_mark = partial.journal.url == url && head.etag != partial.journal.etag;
            let other_size = total.is_some() && total != partial.journal.total;
            if other_mark || other_size {
                watch.note(format!(
                    "{}: the file at the host is another one now; starting again",
                    archive.name
                ));
                partial.restart()?;
                return Ok(Some(Fault::new(FaultKind::Passing, "the file at the host is another one now")));
            }
            if first != partial.bytes() {
                return Ok(Some(nonsense(&format!(
                    "bytes from {first}, where those from {} were asked for",
                    partial.bytes()
                ))));
            }
            // Bytes that were joined from two hosts belong to the one that goes on.
            let journal = Journal {
                url: url.to_owned(),
                total: partial.journal.total.or(total),
                etag: head.etag.clone(),
                last_modified: head.last_modified.clone(),
            };
            partial.note(journal)?;
            Ok(None)
        }
        416 => {
            watch.note(format!("{}: the host has no bytes from there on; starting again", archive.name));
            partial.restart()?;
            Ok(Some(Fault::new(FaultKind::Passing, "the host has fewer bytes than are here")))
        }
        status => Ok(Some(Fault::status(status, head.retry_after))),
    }
}

/// A host that announces another size than the archive can have isn't listened to.
fn wrong_size(archive: &Archive, total: Option<u64>) -> Option<Fault> {
    let total = total?;
    let wrong = match archive.bytes {
        Bytes::Exact(bytes) => total != bytes,
        Bytes::About(_) => total > archive.bytes.most(),
    };
    let about = if matches!(archive.bytes, Bytes::About(_)) { "about " } else { "" };
    let expected = archive.bytes.number();
    wrong.then(|| {
        Fault::new(FaultKind::Refused, format!("it announces {total} bytes, {about}{expected} are expected"))
    })
}
