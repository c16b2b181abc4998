//! The digest of a set of images.

use sha2::{Digest, Sha256};

pub(super) use crate::digest::{hexadecimal, sha256};

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
