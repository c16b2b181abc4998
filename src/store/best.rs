//! `best.safetensors`, the weights of the selected epoch, and `best.sha256`, by which damage to them is noticed.
//!
//! A process that dies between the two files leaves a hash that doesn't fit; it also leaves no checkpoint of that
//! epoch, so the epoch is trained again and writes both. The hash is read only where the weights are used.

use std::io::ErrorKind;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::{StoreError, atomic};

const WEIGHTS: &str = "best.safetensors";
const HASH: &str = "best.sha256";

/// Replaces the weights and their hash.
///
/// # Errors
/// When they can't be written.
pub(super) fn write(folder: &Path, weights: &[u8]) -> Result<(), StoreError> {
    atomic::write(&folder.join(WEIGHTS), weights)?;
    Ok(atomic::write(&folder.join(HASH), line(weights).as_bytes())?)
}

/// The weights; those of an earlier version, which kept no hash, are taken as they are.
///
/// # Errors
/// When there are none, they can't be read, or don't have their hash.
pub(super) fn read(folder: &Path) -> Result<Vec<u8>, StoreError> {
    let path = folder.join(WEIGHTS);
    let weights = match fs_err::read(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(StoreError::Damaged { path, message: "the best weights are gone".into() });
        }
        weights => weights?,
    };
    let hash = match fs_err::read(folder.join(HASH)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(weights),
        hash => hash?,
    };
    if hash != line(&weights).as_bytes() {
        return Err(StoreError::Damaged {
            path,
            message: format!("the weights' hash isn't the one in {HASH}"),
        });
    }
    Ok(weights)
}

/// What `sha256sum` prints of the weights, so that `sha256sum --check` reads it.
fn line(weights: &[u8]) -> String {
    let hash = Sha256::digest(weights);
    let digits = hash.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let digits: String = digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect();
    format!("{digits}  {WEIGHTS}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read after `harm` did its worst.
    fn check(harm: impl Fn(&Path), expect: Result<&[u8], &str>) {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), b"old").unwrap();
        write(folder.path(), b"abc").unwrap();
        harm(folder.path());
        match (read(folder.path()), expect) {
            (Ok(weights), Ok(expect)) => assert_eq!(weights, expect),
            (Err(error), Err(expect)) => assert!(error.to_string().contains(expect), "{error}"),
            (got, expect) => panic!("got {got:?}, expected {expect:?}"),
        }
    }

    #[test]
    fn weights_are_those_that_were_written() {
        let put = |name: &'static str, bytes: &'static [u8]| {
            move |folder: &Path| fs_err::write(folder.join(name), bytes).unwrap()
        };
        let remove =
            |name: &'static str| move |folder: &Path| fs_err::remove_file(folder.join(name)).unwrap();
        check(|_| (), Ok(b"abc"));
        check(put(WEIGHTS, b"abC"), Err("best.safetensors: the weights' hash isn't the one in best.sha256"));
        check(put(WEIGHTS, b""), Err("best.sha256"));
        check(put(HASH, b""), Err("best.sha256"));
        check(remove(WEIGHTS), Err("best.safetensors: the best weights are gone"));
        check(remove(HASH), Ok(b"abc"));
    }

    #[test]
    fn the_hash_is_as_sha256sum_writes_it() {
        let expect = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  best.safetensors\n";
        assert_eq!(line(b"abc"), expect);
    }
}
