//! MD5 and SHA-256 of bytes as they pass.

use md5::Md5;
use sha2::{Digest, Sha256};

use crate::digest::hexadecimal;

/// Checksums of all bytes so far.
#[derive(Clone, Default)]
pub(super) struct Sums {
    md5: Md5,
    sha256: Sha256,
    bytes: u64,
}

/// Size and checksums of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Total {
    /// MD5 in hexadecimal.
    pub md5: String,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
    /// Size in bytes.
    pub bytes: u64,
}

impl Sums {
    /// Takes in the next bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        self.md5.update(bytes);
        self.sha256.update(bytes);
        self.bytes += bytes.len() as u64;
    }

    /// Bytes so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The checksums of what was taken in.
    pub fn total(self) -> Total {
        Total {
            md5: hexadecimal(&self.md5.finalize()),
            sha256: hexadecimal(&self.sha256.finalize()),
            bytes: self.bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_give_the_sums_of_the_whole() {
        let mut sums = Sums::default();
        sums.add(b"a");
        sums.add(b"bc");
        // RFC 1321, appendix A.5, and FIPS 180-2, appendix B.1.
        let total = sums.total();
        assert_eq!(total.md5, "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(total.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(total.bytes, 3);
    }
}
