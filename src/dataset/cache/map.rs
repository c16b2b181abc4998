//! A file as memory: the one unsafe line outside the kernels.

use std::io;

use memmap2::Mmap;

/// Maps a whole file for reading.
///
/// # Errors
/// When the system refuses, or the file is empty.
#[expect(
    unsafe_code,
    reason = "a file of gigabytes is shared by all runs of a machine without reading it twice"
)]
pub(super) fn read_only(file: &fs_err::File) -> io::Result<Mmap> {
    // SAFETY: the bytes stay as they are while mapped. ege-bench replaces a cache only by renaming another
    // file over it, which leaves the mapped one alone; every checksum is verified through the map itself.
    unsafe { Mmap::map(file.file()) }
}
