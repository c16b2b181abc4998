//! From pairs of files to a cache: decoded, checked, resized, written.

mod pair;
mod write;

pub(super) use pair::Checked;
pub(super) use write::{Order, write};
