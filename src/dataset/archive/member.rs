//! One entry of an archive, and its bytes.

use std::io::Read;

use flate2::read::DeflateDecoder;
use rawzip::{CompressionMethod, ReaderAt, ZipArchive, ZipArchiveEntryWayfinder};

use super::check;
use super::limits::Limits;

/// A file in an archive that was checked.
#[derive(Clone, Debug)]
pub(in crate::dataset) struct Member {
    /// Its path inside, with `/`.
    pub name: String,
    pub(super) place: ZipArchiveEntryWayfinder,
    pub(super) method: CompressionMethod,
}

/// All bytes of the member, no more than the archive says that it has.
///
/// # Errors
/// A sentence that says how it isn't what the archive says.
pub(super) fn read<R: ReaderAt>(zip: &ZipArchive<R>, member: &Member) -> Result<Vec<u8>, String> {
    let told = member.place.uncompressed_size_hint();
    let entry = zip.get_entry(member.place).map_err(|error| damaged(&error))?;
    match member.method {
        CompressionMethod::STORE => read_all(entry.verifying_reader(entry.reader()), told),
        CompressionMethod::DEFLATE => {
            read_all(entry.verifying_reader(DeflateDecoder::new(entry.reader())), told)
        }
        other => Err(format!("is packed by method {}, which isn't read", other.as_u16())),
    }
}

fn read_all(reader: impl Read, told: u64) -> Result<Vec<u8>, String> {
    // What the archive tells was limited when it was opened; the memory grows with what really comes.
    let mut bytes = Vec::with_capacity(told.min(Limits::SMALL) as usize);
    reader.take(told + 1).read_to_end(&mut bytes).map_err(|error| format!("can't be unpacked: {error}"))?;
    match bytes.len() as u64 {
        found if found == told => Ok(bytes),
        found if found < told => Err(format!("has {found} bytes, the archive says {told}")),
        _ => Err(format!("has more than the {told} bytes that the archive says")),
    }
}

/// An error of the archive's structure, as it ends a sentence.
pub(super) fn damaged(error: &rawzip::Error) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    let begin = letters.next().map(|letter| letter.to_ascii_lowercase());
    format!("is damaged: {}", begin.into_iter().chain(letters).collect::<String>())
}

/// Names and sizes of all files of an archive that lies in memory, each of them read: what a fuzzer asks.
///
/// # Errors
/// What is wrong with the archive or with its first file that can't be read.
pub(in crate::dataset) fn probe(bytes: &[u8]) -> Result<Vec<(String, usize)>, String> {
    let zip = ZipArchive::from_slice(bytes).map_err(|error| damaged(&error))?;
    let zip = zip.into_reader_archive();
    let members = check::members(&zip, bytes.len() as u64, &Limits::DEFAULT)?;
    let size = |member: &Member| Ok((member.name.clone(), read(&zip, member)?.len()));
    members.iter().map(size).collect()
}
