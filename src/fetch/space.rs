//! Whether the disk has room for what is to come.

use std::path::Path;

use super::FetchError;

/// Bytes that stay free beside the archives.
const RESERVE: u64 = 64 << 20;

/// Refuses where fewer than `needed` bytes are available for `folder`, which needn't exist yet.
///
/// # Errors
/// [`FetchError::Space`] with both numbers; what the file system does.
pub(super) fn require(folder: &Path, needed: u64) -> Result<(), FetchError> {
    let existing = folder.ancestors().map(|f| if f.as_os_str().is_empty() { Path::new(".") } else { f });
    let existing = existing.into_iter().find(|folder| folder.is_dir()).unwrap_or(Path::new("."));
    let available = fs4::available_space(existing)?;
    if needed > 0 && needed.saturating_add(RESERVE) > available {
        return Err(FetchError::Space { folder: folder.to_owned(), needed, available });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_told_with_both_numbers() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b");
        assert!(require(&deep, 0).is_ok());
        assert!(require(&deep, 1).is_ok());
        let Err(FetchError::Space { needed, available, .. }) = require(&deep, u64::MAX) else {
            panic!("no disk has room for so much");
        };
        assert!(needed == u64::MAX && available > 0);
    }
}
