//! An official archive as `datasets.lock` describes it: what it is, what it must be, and what is inside.

use serde::Deserialize;

/// An official archive.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Archive {
    /// File name, to be found below each base address.
    pub name: String,
    /// The part of the data set that it belongs to.
    pub part: Part,
    /// What it holds of that part.
    pub holds: Holds,
    /// Size of the file.
    pub bytes: Bytes,
    /// MD5 in hexadecimal, where anybody published one.
    pub md5: Option<String>,
    /// SHA-256 in hexadecimal, where anybody published one.
    pub sha256: Option<String>,
    /// Checksums that nobody should rely on: a mismatch is told and refuses nothing.
    #[serde(default)]
    pub doubtful: Vec<Checksum>,
    /// Where size and checksums come from.
    pub origin: String,
    /// The folder inside, which also is the folder that unpacking it leaves.
    pub folder: String,
    /// What stands behind the id in the name of an image of the folder, such as `.jpg`.
    pub ending: String,
    /// Endings of files beside them that are no images of this task.
    #[serde(default)]
    pub skip: Vec<String>,
    /// What a fetch saw.
    pub seen: Option<Seen>,
}

/// A part of a data set as its publisher divides it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Images that the publisher gave for training.
    Training,
    /// Images that the publisher gave for validation.
    Validation,
    /// Images that the publisher gave for the test.
    Test,
}

impl Part {
    /// Every part, in order.
    pub const ALL: [Self; 3] = [Self::Training, Self::Validation, Self::Test];

    /// Its name in `datasets.lock` and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Training => "training",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }
}

/// What an archive or a folder holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Holds {
    /// Photographs.
    Images,
    /// Masks of the lesions.
    Masks,
}

impl Holds {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Images => "images",
            Self::Masks => "masks",
        }
    }
}

/// A kind of checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Checksum {
    /// MD5.
    Md5,
    /// SHA-256.
    Sha256,
}

impl Checksum {
    /// Its name in `datasets.lock`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha256 => "sha256",
        }
    }

    /// Hexadecimal digits of its value.
    pub fn digits(self) -> usize {
        match self {
            Self::Md5 => 32,
            Self::Sha256 => 64,
        }
    }
}

/// What a fetch saw of an archive.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Seen {
    /// SHA-256 in hexadecimal.
    pub sha256: String,
    /// Size in bytes.
    pub bytes: u64,
    /// The day, such as `2026-11-25`.
    pub date: String,
}

/// A file's size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum Bytes {
    /// Known to the byte.
    Exact(u64),
    /// Known roughly.
    About(u64),
}

impl Bytes {
    /// The number, however well it is known.
    pub fn number(self) -> u64 {
        match self {
            Self::Exact(bytes) | Self::About(bytes) => bytes,
        }
    }

    /// Bytes beyond which a file can't be this one: twice a rough size, and a megabyte.
    pub fn most(self) -> u64 {
        match self {
            Self::Exact(bytes) => bytes,
            Self::About(bytes) => bytes.saturating_mul(2).saturating_add(1 << 20),
        }
    }
}

impl Archive {
    /// Each checksum that the file should have, and whether a mismatch refuses it. What an earlier fetch saw is one.
    pub fn checksums(&self) -> Vec<(Checksum, &str, bool)> {
        let sure = |kind: Checksum| !self.doubtful.contains(&kind);
        let published = [(Checksum::Sha256, &self.sha256), (Checksum::Md5, &self.md5)];
        let published =
            published.into_iter().filter_map(|(kind, sum)| Some((kind, sum.as_deref()?, sure(kind))));
        let seen = self.seen.iter().map(|seen| (Checksum::Sha256, seen.sha256.as_str(), true));
        published.chain(seen).collect()
    }

    /// What is wrong with the entry.
    ///
    /// # Errors
    /// A sentence; the name becomes a path and part of an address, so it may be nothing but a plain file name.
    pub(super) fn check(&self) -> Result<(), String> {
        let plain = |name: &str| {
            (1..=200).contains(&name.len())
                && !name.starts_with('.')
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-+".contains(&byte))
        };
        let wrong = |what: &str| Err(format!("archive {:?}: {what}", self.name));
        if !plain(&self.name) || !self.name.to_ascii_lowercase().ends_with(".zip") {
            return wrong("the name is not the plain name of a .zip file");
        }
        if !plain(&self.folder) {
            return wrong("folder is not the plain name of a folder");
        }
        for (kind, sum, _) in self.checksums() {
            let hexadecimal = sum.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
            if sum.len() != kind.digits() || !hexadecimal {
                return wrong(&format!(
                    "{} is not {} lower-case hexadecimal digits",
                    kind.name(),
                    kind.digits()
                ));
            }
        }
        Ok(())
    }
}
