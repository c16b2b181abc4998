//! A mistake in a claims file.

use std::ops::Range;

use toml::Spanned;

/// A value that can't be meant, and where it stands.
pub(super) struct Fault {
    pub at: Range<usize>,
    pub message: String,
}

impl Fault {
    pub fn at<T>(value: &Spanned<T>, message: impl Into<String>) -> Self {
        Self { at: value.span(), message: message.into() }
    }
}

/// Names as a list for a message.
pub(super) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().collect::<Vec<_>>().join(", ")
}
