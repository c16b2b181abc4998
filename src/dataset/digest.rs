//! The digest of a set of images.

use sha2::{Digest, Sha256};

use super::Preparation;

pub(super) use crate::digest::{hexadecimal, sha256};

/// The digest of images: of the size, of the kernel where it isn't the default, and of one line
/// `id image-sha256 mask-sha256` for each pair.
///
/// Two sets with the same digest hold the same ids and the same bytes, wherever they came from.
pub(super) fn content<'a>(
    preparation: Preparation,
    pairs: impl Iterator<Item = (&'a str, &'a str, &'a str)>,
) -> String {
    let Preparation { size, resize } = preparation;
    let mut hash = Sha256::new();
    hash.update(format!("size {size}\n"));
    if !resize.is_default() {
        hash.update(format!("resize {}\n", resize.name()));
    }
    for (id, image, mask) in pairs {
        hash.update(format!("{id} {image} {mask}\n"));
    }
    hexadecimal(&hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::settings::Resize;

    #[test]
    fn content_tells_size_order_and_roles_apart() {
        let content = |size: usize, pairs: Vec<_>| content(size.into(), pairs.into_iter());
        let base = content(32, vec![("a", "1", "2")]);
        for other in [
            content(64, vec![("a", "1", "2")]),
            content(32, vec![("a", "2", "1")]),
            content(32, vec![("b", "1", "2")]),
            content(32, vec![("a", "1", "2"), ("b", "1", "2")]),
            super::content(Preparation { size: 32, resize: Resize::Area }, [("a", "1", "2")].into_iter()),
        ] {
            assert_ne!(base, other);
        }
    }
}
