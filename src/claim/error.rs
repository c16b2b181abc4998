//! What can be wrong with a claims file.

use std::io;
use std::path::PathBuf;

/// Why a claims file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// The file can't be read.
    #[error("can't read claims file `{}`: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file isn't TOML, or has a key or type that no claims file has.
    #[error("{}:{line}:{column}: {}", path.display(), source.message())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What the TOML reader says; only its sentence is shown, since the place stands before it.
        source: Box<toml::de::Error>,
    },
    /// A value that can't be meant.
    #[error("{}:{line}:{column}: {message}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What was found and what is allowed.
        message: String,
    },
}

impl ClaimError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Read { .. } => Some("claims files stand in `claims/` beside `experiments/`".to_owned()),
            Self::Syntax { .. } | Self::Invalid { .. } => None,
        }
    }
}

/// Line and column, both from 1, of a byte position; the column counts characters.
pub(super) fn position(text: &str, byte: usize) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(byte)];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::position;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let text = "a = 1\nµ = \"±\" x";
        for (byte, expect) in [(0, (1, 1)), (4, (1, 5)), (6, (2, 1)), (8, (2, 2)), (99, (2, 10))] {
            assert_eq!(position(text, byte), expect, "byte {byte}");
        }
    }
}
