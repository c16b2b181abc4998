//! Checkpoints on disk: two generations, each with a hash, so that a damaged newest one costs an epoch, not a run.
//!
//! A file is the training's bytes followed by a trailer: a mark, the number of complete epochs, and the
//! SHA-256 of everything before it.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::{StoreError, atomic};

const MARK: &[u8; 8] = b"EGECKPT1";
const TRAILER: usize = MARK.len() + size_of::<u64>() + 32;

/// A checkpoint as found on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Epochs that were complete when it was saved.
    pub epochs_done: usize,
    /// The training's own bytes.
    pub payload: Vec<u8>,
    /// What was wrong with the newest checkpoint, where this is the one before.
    pub warning: Option<String>,
}

/// Saves a checkpoint in `folder`; the last one becomes the one before, and that one goes.
///
/// # Errors
/// When it can't be written.
pub fn save(folder: &Path, payload: &[u8], epochs_done: usize) -> Result<(), StoreError> {
    let mut bytes = Vec::with_capacity(payload.len() + TRAILER);
    bytes.extend_from_slice(payload);
    bytes.extend_from_slice(MARK);
    bytes.extend_from_slice(&(epochs_done as u64).to_le_bytes());
    let hash = Sha256::digest(&bytes);
    bytes.extend_from_slice(&hash);
    Ok(atomic::replace_keeping(&last(folder), &previous(folder), &bytes)?)
}

/// The newest whole checkpoint in `folder`, if there is any.
///
/// # Errors
/// When checkpoints exist and none of them is whole, or they can't be read.
pub fn load(folder: &Path) -> Result<Option<Checkpoint>, StoreError> {
    let damage = match open(&last(folder))? {
        Found::Whole(checkpoint) => return Ok(Some(checkpoint)),
        Found::Damaged(message) => Some(message),
        // Nothing was saved yet, or a process died between the two renames.
        Found::Missing => None,
    };
    match (open(&previous(folder))?, damage) {
        (Found::Whole(checkpoint), damage) => {
            let warning = damage.map(|message| {
                let (path, epoch) = (last(folder), checkpoint.epochs_done);
                format!("{}: {message}; going on from the one before it, after epoch {epoch}", path.display())
            });
            Ok(Some(Checkpoint { warning, ..checkpoint }))
        }
        (_, Some(message)) => Err(StoreError::Damaged {
            path: last(folder),
            message: format!("{message}, and there is no whole checkpoint before it"),
        }),
        (Found::Damaged(message), None) => Err(StoreError::Damaged { path: previous(folder), message }),
        (Found::Missing, None) => Ok(None),
    }
}

/// As [`load`], for a training that goes on: what is damaged is removed, or the next save would put it in the place
/// of the whole one before it, and a process that dies then would leave none.
///
/// # Errors
/// As [`load`], and when a damaged file can't be removed.
pub fn take_up(folder: &Path) -> Result<Option<Checkpoint>, StoreError> {
    let found = load(folder);
    match &found {
        Ok(Some(Checkpoint { warning: Some(_), .. })) => atomic::remove(&last(folder))?,
        Err(StoreError::Damaged { .. }) => {
            atomic::remove(&last(folder))?;
            atomic::remove(&previous(folder))?;
        }
        _ => {}
    }
    found
}

fn last(folder: &Path) -> PathBuf {
    folder.join("last.ckpt")
}

fn previous(folder: &Path) -> PathBuf {
    folder.join("previous.ckpt")
}

enum Found {
    Missing,
    Damaged(String),
    Whole(Checkpoint),
}

fn open(path: &Path) -> Result<Found, StoreError> {
    let mut bytes = match fs_err::read(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Found::Missing),
        bytes => bytes?,
    };
    let Some(payload_len) = bytes.len().checked_sub(TRAILER) else {
        return Ok(Found::Damaged(format!("only {} bytes are left of the checkpoint", bytes.len())));
    };
    let (content, hash) = bytes.split_at(bytes.len() - 32);
    if Sha256::digest(content).as_slice() != hash {
        return Ok(Found::Damaged("the checkpoint's bytes don't match its hash".into()));
    }
    let (mark, epochs) = content[payload_len..].split_at(MARK.len());
    if mark != MARK {
        return Ok(Found::Damaged("the file is not a checkpoint of this format".into()));
    }
    let epochs = epochs.try_into().map(u64::from_le_bytes).expect("the trailer keeps 8 bytes for the epochs");
    bytes.truncate(payload_len);
    Ok(Found::Whole(Checkpoint { epochs_done: epochs as usize, payload: bytes, warning: None }))
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Found {
        fn epochs(self) -> Option<usize> {
            match self {
                Self::Whole(checkpoint) => Some(checkpoint.epochs_done),
                _ => None,
            }
        }
    }

    /// Saves epochs 1..=`saved`, then lets `harm` do its worst, and says which epoch is loaded.
    fn check(saved: usize, harm: impl Fn(&Path), expect: Result<Option<usize>, &str>, warns: bool) {
        let folder = tempfile::tempdir().unwrap();
        for epoch in 1..=saved {
            save(folder.path(), format!("payload {epoch}").as_bytes(), epoch).unwrap();
        }
        harm(folder.path());
        match (load(folder.path()), expect) {
            (Ok(found), Ok(expect)) => {
                assert_eq!(found.as_ref().map(|checkpoint| checkpoint.epochs_done), expect);
                if let Some(found) = found {
                    assert_eq!(found.payload, format!("payload {}", found.epochs_done).as_bytes());
                    assert_eq!(found.warning.is_some(), warns);
                }
            }
            (Err(error), Err(expect)) => assert!(error.to_string().contains(expect), "{error}"),
            (got, expect) => panic!("got {got:?}, expected {expect:?}"),
        }
    }

    fn flip(path: &Path) {
        let mut bytes = fs_err::read(path).unwrap();
        bytes[3] ^= 1;
        fs_err::write(path, bytes).unwrap();
    }

    #[test]
    fn the_newest_whole_checkpoint_is_found() {
        let cut = |path: &Path, len: usize| {
            let bytes = fs_err::read(path).unwrap();
            fs_err::write(path, &bytes[..len]).unwrap();
        };
        check(0, |_| (), Ok(None), false);
        check(1, |_| (), Ok(Some(1)), false);
        check(3, |_| (), Ok(Some(3)), false);
        check(3, |folder| flip(&last(folder)), Ok(Some(2)), true);
        check(3, |folder| cut(&last(folder), 20), Ok(Some(2)), true);
        check(3, |folder| cut(&last(folder), 50), Ok(Some(2)), true);
        check(3, |folder| fs_err::remove_file(last(folder)).unwrap(), Ok(Some(2)), false);
        check(3, |folder| flip(&previous(folder)), Ok(Some(3)), false);
        check(1, |folder| flip(&last(folder)), Err("no whole checkpoint"), false);
        check(
            2,
            |folder| {
                flip(&last(folder));
                flip(&previous(folder));
            },
            Err("no whole checkpoint"),
            false,
        );
    }

    #[test]
    fn a_damaged_checkpoint_never_takes_the_place_of_a_whole_one() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        for epoch in 1..=3 {
            save(folder, b"payload", epoch).unwrap();
        }
        flip(&last(folder));
        assert_eq!(take_up(folder).unwrap().unwrap().epochs_done, 2);
        // The first half of the next save is all that its process lives to do.
        assert!(!last(folder).exists());
        assert_eq!(load(folder).unwrap().unwrap().epochs_done, 2);
        save(folder, b"payload", 3).unwrap();
        assert_eq!(open(&previous(folder)).unwrap().epochs(), Some(2));
        flip(&last(folder));
        flip(&previous(folder));
        assert!(matches!(take_up(folder), Err(StoreError::Damaged { .. })));
        assert_eq!(take_up(folder).unwrap(), None);
    }
}
