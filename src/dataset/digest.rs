//! SHA-256 in hexadecimal, of bytes and of a set of images.

use sha2::{Digest, Sha256};

/// SHA-256 of `bytes` as 64 lower-case hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// Two lower-case digits a byte.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]])
        .map(char::from)
        .collect()
}

/// The digest of images: of the size and of one line `id image-sha256 mask-sha256` for each pair.
///
/// Two sets with the same digest hold the same ids and the same bytes, wherever they came from.
pub(super) fn content<'a>(size: usize, pairs: impl Iterator<Item = (&'a str, &'a str, &'a str)>) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("size {size}\n"));
    for (id, image, mask) in pairs {
        hash.update(format!("{id} {image} {mask}\n"));
    }
    hexadecimal(&hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sha256_of_abc_is_the_standards() {
        // FIPS 180-2, appendix B.1.
        assert_eq!(sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn content_tells_size_order_and_roles_apart() {
        let base = content(32, [("a", "1", "2")].into_iter());
        for other in [
            content(64, [("a", "1", "2")].into_iter()),
            content(32, [("a", "2", "1")].into_iter()),
            content(32, [("b", "1", "2")].into_iter()),
            content(32, [("a", "1", "2"), ("b", "1", "2")].into_iter()),
        ] {
            assert_ne!(base, other);
        }
    }
}
