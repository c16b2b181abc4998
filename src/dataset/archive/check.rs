//! Whether an archive is one that may be read at all.

use std::collections::HashSet;

use rawzip::{
    CompressionMethod, MAX_CENTRAL_DIRECTORY_RECORD_SIZE, ReaderAt, ZipArchive, ZipFileHeaderRecord,
};

use super::limits::Limits;
use super::member::{Member, damaged};
use super::name;

/// Bits of a Unix mode that say what an entry is, and their values for files and folders; 0 says nothing.
const KIND: u32 = 0o170_000;
const PLAIN: [u32; 3] = [0, 0o100_000, 0o040_000];

/// The files of an archive of `length` bytes, in its order, after every entry was found to be harmless.
///
/// # Errors
/// A sentence with the first entry that isn't.
pub(super) fn members<R: ReaderAt>(
    zip: &ZipArchive<R>,
    length: u64,
    limits: &Limits,
) -> Result<Vec<Member>, String> {
    let told = zip.entries_hint();
    if told > limits.entries {
        return Err(format!("says that it has {told} entries; at most {} are allowed", limits.entries));
    }
    let mut buffer = vec![0; MAX_CENTRAL_DIRECTORY_RECORD_SIZE];
    let mut local = vec![0; 2 * usize::from(u16::MAX)];
    let mut entries = zip.entries(&mut buffer);
    let (mut names, mut members, mut ranges) = (HashSet::new(), Vec::new(), Vec::new());
    let (mut found, mut total) = (0_u64, 0_u64);
    while let Some(entry) = entries.next_entry().map_err(|error| damaged(&error))? {
        found += 1;
        if found > limits.entries {
            return Err(format!("has more than {} entries", limits.entries));
        }
        let raw = entry.file_path().as_bytes();
        let refuse = |what: &str| Err(format!("entry {} {what}", shown(raw)));
        let name = match name::check(raw, limits.name) {
            Ok(name) => name.to_owned(),
            Err(what) => return refuse(what),
        };
        if let Some(what) = unfit(&entry, limits) {
            return refuse(&what);
        }
        total = total.saturating_add(entry.uncompressed_size_hint());
        if total > limits.total {
            return Err(format!("unpacks to more than {} bytes", limits.total));
        }
        let place = zip
            .get_entry(entry.wayfinder())
            .map_err(|error| format!("entry {name:?} {}", damaged(&error)))?;
        let header =
            place.local_header(&mut local).map_err(|error| format!("entry {name:?} {}", damaged(&error)))?;
        if header.file_path().as_bytes() != raw {
            return refuse("has another name where its bytes are");
        }
        if header.flags().is_encrypted() {
            return refuse("is encrypted");
        }
        ranges.push((entry.local_header_offset(), place.compressed_data_range().1, name.clone()));
        if !names.insert(name.clone()) {
            return refuse("is there twice");
        }
        if !entry.is_dir() {
            members.push(Member { name, place: entry.wayfinder(), method: entry.compression_method() });
        }
    }
    if found != told {
        return Err(format!("says that it has {told} entries, and has {found}"));
    }
    apart(ranges, zip.directory_offset().min(length))?;
    Ok(members)
}

/// What is wrong with an entry apart from its name.
fn unfit(entry: &ZipFileHeaderRecord, limits: &Limits) -> Option<String> {
    let (packed, unpacked) = (entry.compressed_size_hint(), entry.uncompressed_size_hint());
    let mode = entry.mode();
    let method = entry.compression_method();
    if entry.flags().is_encrypted() {
        Some("is encrypted".to_owned())
    } else if mode.is_symlink() {
        Some("is a symbolic link".to_owned())
    } else if !PLAIN.contains(&(mode.value() & KIND)) && !entry.is_dir() {
        Some("is neither a file nor a folder".to_owned())
    } else if entry.is_dir() {
        (unpacked > 0).then(|| "is a folder with bytes of its own".to_owned())
    } else if method == CompressionMethod::STORE && packed != unpacked {
        Some(format!("has {packed} bytes, and says that unpacked these are {unpacked}"))
    } else if method != CompressionMethod::STORE && method != CompressionMethod::DEFLATE {
        Some(format!("is packed by method {}; only stored and deflated ones are read", method.as_u16()))
    } else if unpacked > limits.entry {
        Some(format!("unpacks to {unpacked} bytes; at most {} are allowed", limits.entry))
    } else if unpacked > Limits::SMALL && unpacked / packed.max(1) > limits.ratio {
        Some(format!(
            "unpacks from {packed} to {unpacked} bytes, more than {} times as many: a zip bomb",
            limits.ratio
        ))
    } else {
        None
    }
}

/// Refuses entries whose bytes overlap, or reach beyond the `end` of all entries: one packed stream could be unpacked
/// thousands of times.
fn apart(mut ranges: Vec<(u64, u64, String)>, end: u64) -> Result<(), String> {
    ranges.sort_unstable();
    for pair in ranges.windows(2) {
        let [(_, first_end, first), (second_begin, _, second)] = pair else { continue };
        if first_end > second_begin {
            return Err(format!("entries {first:?} and {second:?} share bytes: a zip bomb"));
        }
    }
    match ranges.last() {
        Some((_, last_end, last)) if *last_end > end => {
            Err(format!("entry {last:?} reaches beyond the end of the entries"))
        }
        _ => Ok(()),
    }
}

/// A name from an archive, with nothing in it that a terminal would obey.
fn shown(name: &[u8]) -> String {
    const LONGEST: usize = 120;
    let text = String::from_utf8_lossy(&name[..name.len().min(LONGEST)]);
    format!("{text:?}")
}
