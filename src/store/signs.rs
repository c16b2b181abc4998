//! What a run folder's files say without being opened: whether they changed, and when somebody last worked on it.

use std::path::Path;
use std::time::SystemTime;

use super::RunFolder;

/// Length and time of a file's last change: the same stamp, the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Bytes.
    pub length: u64,
    /// When it was last written.
    pub modified: SystemTime,
}

/// A run folder as seen from outside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signs {
    /// Of `run.json`; none where there is none.
    pub record: Option<Stamp>,
    /// Of `events.jsonl`; none where there is none.
    pub events: Option<Stamp>,
}

impl RunFolder {
    /// What the run's record and epochs look like from outside. It takes no lock and reads no file, so that a thousand
    /// runs can be looked at every second.
    pub fn signs(&self) -> Signs {
        let of = |name: &str| stamp(&self.path().join(name));
        Signs { record: of("run.json"), events: of("events.jsonl") }
    }

    /// When a file was last written that whoever works on the run writes; none where nobody ever did.
    pub fn last_sign(&self) -> Option<SystemTime> {
        let names = ["lock", "lease.json", "run.json", "log.txt", "events.jsonl", "checkpoint/last.ckpt"];
        names.iter().filter_map(|name| Some(stamp(&self.path().join(name))?.modified)).max()
    }
}

/// A file that can't be asked is as good as none: whoever reads it is told why.
fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = fs_err::metadata(path).ok()?;
    Some(Stamp { length: metadata.len(), modified: metadata.modified().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Results;

    #[test]
    fn a_folder_that_is_not_there_gives_no_sign() {
        let root = tempfile::tempdir().unwrap();
        let folder = Results::new(root.path()).run("a");
        assert_eq!(folder.signs(), Signs::default());
        assert_eq!(folder.last_sign(), None);
    }

    #[test]
    fn what_is_written_is_seen() {
        let root = tempfile::tempdir().unwrap();
        let folder = Results::new(root.path()).run("a");
        let begun = SystemTime::now() - std::time::Duration::from_secs(1);
        let mut events = folder.event_writer().unwrap();
        let before = folder.signs();
        assert!(folder.last_sign().unwrap() > begun);
        events.append_text("{}").unwrap();
        let after = folder.signs();
        assert_ne!(before.events, after.events);
        assert_eq!((after.record, after.events), (None, folder.signs().events));
    }
}
