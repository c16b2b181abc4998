//! Whether the bytes of an archive are those that the lock speaks of.

use std::path::Path;

use super::sums::Total;
use crate::dataset::lock::{Archive, Bytes, Checksum};

/// What a comparison of a whole file with the lock gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// It has every checksum of these names, and none that is sure differs.
    Right {
        /// Names of checksums that agree; empty where none is known.
        checked: Vec<String>,
        /// What is told of doubtful checksums that differ.
        notes: Vec<String>,
    },
    /// It differs.
    Wrong {
        /// Which checksum, or `bytes`.
        kind: &'static str,
        /// What it is.
        found: String,
        /// What it should be.
        expected: String,
    },
}

/// Compares a whole file with what the lock says of it.
pub(super) fn judge(archive: &Archive, total: &Total) -> Judgement {
    if let Bytes::Exact(bytes) = archive.bytes
        && bytes != total.bytes
    {
        return Judgement::Wrong {
            kind: "bytes",
            found: total.bytes.to_string(),
            expected: bytes.to_string(),
        };
    }
    let (mut checked, mut notes) = (Vec::new(), Vec::new());
    for (kind, expected, sure) in archive.checksums() {
        let found = match kind {
            Checksum::Md5 => &total.md5,
            Checksum::Sha256 => &total.sha256,
        };
        let name = kind.name();
        if found == expected {
            if !checked.iter().any(|there| there == name) {
                checked.push(name.to_owned());
            }
        } else if sure {
            return Judgement::Wrong { kind: name, found: found.clone(), expected: expected.to_owned() };
        } else {
            notes.push(format!("{}: {name} is {found}, not the doubtful {expected}", archive.name));
        }
    }
    Judgement::Right { checked, notes }
}

/// The name under which wrong bytes are kept: they are no archive any more, and don't replace one another.
pub(super) fn quarantine_name(path: &Path, sha256: &str) -> std::path::PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".quarantine-{}", &sha256[..sha256.len().min(12)]));
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::lock;

    fn test_input() -> Archive {
        let archives = &lock::builtin().dataset("isic2018").unwrap().archives;
        archives.iter().find(|archive| archive.name == "ISIC2018_Task1-2_Test_Input.zip").unwrap().clone()
    }

    #[test]
    fn doubt_is_told_and_a_sure_difference_is_wrong() {
        let archive = test_input();
        let total = Total {
            md5: "0".repeat(32),
            sha256: archive.sha256.clone().unwrap(),
            bytes: archive.bytes.number(),
        };
        let Judgement::Right { checked, notes } = judge(&archive, &total) else { panic!("only md5 differs") };
        assert_eq!(checked, ["sha256"]);
        assert!(notes[0].contains("not the doubtful 0a9ba80e1aee58716fbfcdde7131c45a"), "{notes:?}");
        let wrong = |total: &Total| match judge(&archive, total) {
            Judgement::Wrong { kind, .. } => kind,
            Judgement::Right { .. } => "right",
        };
        assert_eq!(wrong(&Total { bytes: 1, ..total.clone() }), "bytes");
        assert_eq!(wrong(&Total { sha256: "0".repeat(64), ..total.clone() }), "sha256");
        // What was seen before is as good as what was published.
        let mut seen = archive.clone();
        seen.sha256 = None;
        seen.seen = Some(lock::Seen { sha256: "1".repeat(64), bytes: 1, date: "2026-11-25".into() });
        assert!(matches!(judge(&seen, &total), Judgement::Wrong { kind: "sha256", .. }));
    }
}
