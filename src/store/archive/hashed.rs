//! Bytes that are hashed and counted while they pass.

use std::fmt::Write as _;
use std::io::{self, Read};

use sha2::{Digest, Sha256};

/// A reader that hashes what is read through it.
pub(super) struct Hashed<R> {
    inner: R,
    hash: Sha256,
    bytes: u64,
}

impl<R: Read> Hashed<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, hash: Sha256::new(), bytes: 0 }
    }

    /// How many bytes passed, and their SHA-256 in hexadecimal digits.
    pub(super) fn finish(self) -> (u64, String) {
        let digits = self.hash.finalize().iter().fold(String::new(), |mut digits, byte| {
            // Writing to a string can't fail.
            let _ = write!(digits, "{byte:02x}");
            digits
        });
        (self.bytes, digits)
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hash.update(&buffer[..read]);
        self.bytes += read as u64;
        Ok(read)
    }
}

/// Length of what can be read, and its SHA-256.
///
/// # Errors
/// When it can't be read.
pub(super) fn digest(reader: impl Read) -> io::Result<(u64, String)> {
    let mut hashed = Hashed::new(reader);
    io::copy(&mut hashed, &mut io::sink())?;
    Ok(hashed.finish())
}

#[cfg(test)]
mod tests {
    use super::digest;

    #[test]
    fn bytes_are_counted_and_hashed() {
        let (bytes, hash) = digest(&b"abc"[..]).unwrap();
        assert_eq!(bytes, 3);
        assert_eq!(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
