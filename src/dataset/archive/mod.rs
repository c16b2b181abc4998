//! Zip archives as if somebody hostile had written them: checked as a whole, then read entry by entry into memory.

mod check;
mod file;
mod limits;
mod member;
mod name;

pub(super) use file::Archive;
pub(super) use member::probe;
