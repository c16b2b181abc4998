//! What is known of a partial archive, so that a later process goes on with it and with no other.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{FetchError, disk};

/// Whose bytes the partial file has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Journal {
    /// The address that gave them.
    pub url: String,
    /// The size of the whole, where the host told it.
    pub total: Option<u64>,
    /// The host's mark for these very bytes.
    pub etag: Option<String>,
    /// The host's date of these bytes.
    pub last_modified: Option<String>,
}

impl Journal {
    /// What was noted beside a partial file; none where nothing usable is.
    pub fn read(path: &Path) -> Option<Self> {
        serde_json::from_slice(&fs_err::read(path).ok()?).ok()
    }

    /// Notes it.
    ///
    /// # Errors
    /// What the file system does.
    pub fn write(&self, path: &Path) -> Result<(), FetchError> {
        let text = serde_json::to_vec(self).map_err(std::io::Error::other)?;
        Ok(disk::write_note(path, &text)?)
    }

    /// What a host must confirm before it sends the rest: a strong mark, else a date. A weak mark (`W/`) says that two
    /// files mean the same, not that they have the same bytes.
    pub fn validator(&self) -> Option<&str> {
        let strong = self.etag.as_deref().filter(|etag| !etag.starts_with("W/"));
        strong.or(self.last_modified.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_names_the_very_bytes_validates() {
        let date = "Wed, 25 Nov 2026 00:00:00 GMT".to_owned();
        for (etag, last_modified, expect) in [
            (Some("\"a\"".to_owned()), Some(date.clone()), Some("\"a\"")),
            (Some("W/\"a\"".to_owned()), Some(date.clone()), Some(date.as_str())),
            (Some("W/\"a\"".to_owned()), None, None),
            (None, None, None),
        ] {
            let journal = Journal { etag, last_modified, ..Journal::default() };
            assert_eq!(journal.validator(), expect);
        }
    }

    #[test]
    fn a_journal_is_read_as_it_was_written_and_damage_is_no_journal() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        assert_eq!(Journal::read(&path), None);
        let journal = Journal { url: "http://a/b.zip".into(), total: Some(7), ..Journal::default() };
        journal.write(&path).unwrap();
        assert_eq!(Journal::read(&path), Some(journal));
        fs_err::write(&path, "{").unwrap();
        assert_eq!(Journal::read(&path), None);
    }
}
