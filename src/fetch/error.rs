//! Why archives aren't fetched, told with what was found and what can be done.

use std::path::PathBuf;

use crate::dataset::DatasetError;

/// Why archives aren't fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// What was asked for isn't there to be asked for.
    #[error("{0}")]
    Usage(String),
    /// The data set's licence wasn't accepted yet.
    #[error("the licence {licence} of {dataset} isn't accepted yet: {text}")]
    Licence {
        /// The data set.
        dataset: String,
        /// The licence's SPDX identifier.
        licence: String,
        /// Where its text can be read.
        text: String,
    },
    /// The disk has too little room.
    #[error("{} bytes are needed in {}, and {} are available", grouped(*needed), folder.display(), grouped(*available))]
    Space {
        /// Where the archives would lie.
        folder: PathBuf,
        /// Bytes that are still to be written.
        needed: u64,
        /// Bytes that this user may write there.
        available: u64,
    },
    /// Another process fetches the data set.
    #[error("{}: another process fetches this data set", folder.display())]
    Locked {
        /// Where the archives lie.
        folder: PathBuf,
    },
    /// The user stopped it.
    #[error("interrupted")]
    Interrupted,
    /// No host could be reached.
    #[error("{archive}: {problem}")]
    Network {
        /// The archive.
        archive: String,
        /// What each host answered.
        problem: String,
        /// What the user can do.
        hint: String,
        /// True where no archive can be fetched from these hosts: it isn't about this one.
        no_way: bool,
    },
    /// What was fetched isn't what the lock says.
    #[error(transparent)]
    Mismatch(Box<Mismatch>),
    /// Some archives couldn't be fetched; the others were.
    #[error("{} archives couldn't be fetched:{}", .0.len(), lines(.0))]
    Several(Vec<FetchError>),
    /// The data folder refused; the message names the path.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The lock file or the data set.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
}

/// Bytes that aren't what the lock says.
#[derive(Debug, thiserror::Error)]
#[error(
    "{archive}: {kind} is {found}, expected {expected} ({origin}); what was fetched is kept as {}",
    kept.display()
)]
pub struct Mismatch {
    /// The archive.
    pub archive: String,
    /// Which checksum, or `bytes`.
    pub kind: &'static str,
    /// What it is.
    pub found: String,
    /// What it should be.
    pub expected: String,
    /// Who says so.
    pub origin: String,
    /// Where the bytes are now.
    pub kept: PathBuf,
}

impl FetchError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Licence { dataset, licence, .. } => Some(format!(
                "read it, then accept it once: `ege-bench data fetch {dataset} --accept-licence {licence}`"
            )),
            Self::Space { .. } => Some(
                "free some, or put the data elsewhere with `--data DIR`, or fetch less with `--part PART`".into(),
            ),
            Self::Locked { .. } => Some("wait for it, or stop it: what it has is kept".into()),
            Self::Network { hint, .. } => Some(hint.clone()),
            Self::Mismatch(_) => Some(
                "the same command fetches it anew, `--mirror URL` from elsewhere; if the bytes stay the same, \
                 the publisher changed the archive or the recorded checksum is wrong"
                    .into(),
            ),
            Self::Several(errors) => errors.iter().find_map(Self::hint),
            Self::Dataset(error) => error.hint(),
            Self::Io(error) if error.kind() == std::io::ErrorKind::StorageFull => {
                Some("what was fetched is kept: free some space, and the same command goes on".into())
            }
            Self::Usage(_) | Self::Interrupted | Self::Io(_) => None,
        }
    }
}

/// Digits in groups of three.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn lines(errors: &[FetchError]) -> String {
    errors.iter().fold(String::new(), |text, error| text + "\n  " + &error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_grouped() {
        for (number, expect) in [(0, "0"), (999, "999"), (1000, "1,000"), (11_165_358_566, "11,165,358,566")]
        {
            assert_eq!(grouped(number), expect);
        }
    }

    #[test]
    fn the_licence_is_told_with_the_command_that_accepts_it() {
        let error = FetchError::Licence {
            dataset: "isic2017".into(),
            licence: "CC0-1.0".into(),
            text: "https://example.org/cc0".into(),
        };
        assert_eq!(
            error.to_string(),
            "the licence CC0-1.0 of isic2017 isn't accepted yet: https://example.org/cc0"
        );
        assert!(error.hint().unwrap().ends_with("`ege-bench data fetch isic2017 --accept-licence CC0-1.0`"));
    }
}
