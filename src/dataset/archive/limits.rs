//! What an archive may hold at most.

use crate::dataset::entry::LARGEST_FILE;

/// Limits of an archive; all of them leave the official ones room.
#[derive(Clone, Copy, Debug)]
pub(in crate::dataset) struct Limits {
    /// Entries, folders included. The largest official archive has some 5,200.
    pub entries: u64,
    /// Bytes of an entry, unpacked.
    pub entry: u64,
    /// Bytes of all entries, unpacked. The largest official archive has 11 billion.
    pub total: u64,
    /// How many times as large as packed an entry of more than [`Limits::SMALL`] may be unpacked; deflate reaches 1032.
    pub ratio: u64,
    /// Bytes of a name.
    pub name: usize,
}

impl Limits {
    /// Bytes up to which an entry may have any ratio: it can't fill the memory.
    pub const SMALL: u64 = 1 << 20;

    /// The limits of what users bring.
    pub const DEFAULT: Self =
        Self { entries: 100_000, entry: LARGEST_FILE, total: 256 << 30, ratio: 200, name: 512 };
}
