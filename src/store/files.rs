//! The files of a run folder, and what each is for.

use std::io;
use std::time::SystemTime;

use walkdir::WalkDir;

use super::atomic::TEMPORARY_PREFIX;
use super::{RunFolder, StoreError};

/// A file of a run folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFile {
    /// Its path from the run folder, with `/` between the parts.
    pub path: String,
    /// Its length.
    pub bytes: u64,
}

/// What a file of a run folder is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// Part of a finished run: its record, its epochs, its counts, its weights and their hash.
    Core,
    /// What it said on the way, or what was measured later; no number of the run is computed from it.
    Log,
    /// Predicted masks of a few images: derived from images that have a licence.
    Mask,
    /// The state that a training goes on from.
    Checkpoint,
    /// Anything else, such as the lock: it means nothing outside of this folder.
    Other,
}

impl FileKind {
    /// What the file at this path from the run folder is for; nothing but plain names of known files has a use.
    pub fn of(path: &str) -> Self {
        match path {
            "run.json" | "events.jsonl" | "counts.jsonl" | "best.safetensors" | "best.sha256" => Self::Core,
            "log.txt" | "noise-floor.json" => Self::Log,
            "checkpoint/last.ckpt" | "checkpoint/previous.ckpt" => Self::Checkpoint,
            "masks/gallery.json" => Self::Mask,
            path => match path.strip_prefix("masks/").and_then(|name| name.strip_suffix(".png")) {
                Some(image) if is_plain(image) => Self::Mask,
                _ => Self::Other,
            },
        }
    }
}

/// Files that every finished run has; those of earlier versions have no hash of the weights.
pub const CORE_FILES: [&str; 4] = ["best.safetensors", "counts.jsonl", "events.jsonl", "run.json"];

/// True for a name that is one on every system, and nothing else than a name.
fn is_plain(name: &str) -> bool {
    let plain = |c: char| !c.is_control() && !"/\\:*?\"<>|".contains(c);
    !name.is_empty() && !name.starts_with('.') && name.chars().all(plain)
}

impl RunFolder {
    /// Every file, sorted by path; links are not followed, and count by their own length.
    ///
    /// # Errors
    /// When the folder can't be listed.
    pub fn files(&self) -> Result<Vec<RunFile>, StoreError> {
        let mut files = Vec::new();
        for entry in WalkDir::new(self.path()).min_depth(1) {
            let entry = match entry.map_err(io::Error::from) {
                // A process at work replaces files while they are listed.
                Err(error) if error.kind() == io::ErrorKind::NotFound && self.path().exists() => continue,
                entry => entry?,
            };
            if entry.file_type().is_dir() {
                continue;
            }
            let bytes = match entry.metadata().map_err(io::Error::from) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                metadata => metadata?.len(),
            };
            let below = entry.path().strip_prefix(self.path()).unwrap_or(entry.path());
            let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
            files.push(RunFile { path: parts.join("/"), bytes });
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }

    /// When any of its files was last written to; now where there is none.
    ///
    /// # Errors
    /// When the folder can't be listed.
    pub fn last_written(&self) -> Result<SystemTime, StoreError> {
        let mut last = None;
        for file in self.files()?.iter().filter(|file| file.path != "lock") {
            match fs_err::symlink_metadata(self.path().join(&file.path)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                metadata => last = last.max(Some(metadata?.modified()?)),
            }
        }
        Ok(last.unwrap_or_else(SystemTime::now))
    }

    /// True for a folder that a command began to fill or to remove, and that is no run.
    pub(super) fn is_unfinished(&self) -> bool {
        self.path().file_name().is_some_and(|name| name.to_string_lossy().starts_with(TEMPORARY_PREFIX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_files_have_a_use() {
        for (path, expect) in [
            ("run.json", FileKind::Core),
            ("best.safetensors", FileKind::Core),
            ("best.sha256", FileKind::Core),
            ("log.txt", FileKind::Log),
            ("lease.json", FileKind::Other),
            ("masks/ISIC_0012169.png", FileKind::Mask),
            ("masks/gallery.json", FileKind::Mask),
            ("checkpoint/last.ckpt", FileKind::Checkpoint),
            ("checkpoint/.unfinished-x", FileKind::Other),
            ("lock", FileKind::Other),
            ("", FileKind::Other),
            ("./run.json", FileKind::Other),
            ("/run.json", FileKind::Other),
            ("masks/../run.json.png", FileKind::Other),
            ("masks/..\\x.png", FileKind::Other),
            ("masks/c:x.png", FileKind::Other),
            ("masks/.png", FileKind::Other),
            ("masks/a/b.png", FileKind::Other),
            ("images/ISIC_0012169.jpg", FileKind::Other),
        ] {
            assert_eq!(FileKind::of(path), expect, "{path}");
        }
        for path in CORE_FILES {
            assert_eq!(FileKind::of(path), FileKind::Core);
        }
    }

    #[test]
    fn files_are_listed_in_order_with_their_sizes() {
        let root = tempfile::tempdir().unwrap();
        let folder = RunFolder::new(root.path().join("läuf"));
        folder.save_checkpoint(b"abc", 1).unwrap();
        folder.write_best_weights(b"12345").unwrap();
        let listed: Vec<_> =
            folder.files().unwrap().into_iter().map(|file| (file.path, file.bytes)).collect();
        assert_eq!(listed[0], ("best.safetensors".to_owned(), 5));
        assert_eq!([&*listed[1].0, &*listed[2].0], ["best.sha256", "checkpoint/last.ckpt"]);
        assert_eq!(listed.len(), 3);
    }
}
