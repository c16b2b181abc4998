//! What papers claim, as data.

/// A claims file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Claims {}
