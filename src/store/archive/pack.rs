//! Writing runs into an archive.

use std::io::{self, Read, Write};
use std::path::Path;

use flate2::{Compression, GzBuilder};
use fs_err::File;
use tar::{Builder, EntryType, Header};

use super::hashed::{Hashed, digest};
use super::{ARCHIVE_FORMAT, ArchiveFile, ArchiveRun, MANIFEST, Manifest};
use crate::store::{FileKind, RunFolder, StoreError, atomic};

/// What of a run goes into an archive beside its record, epochs, counts, weights and log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// The predicted masks of its gallery, which are derived from licensed images.
    pub masks: bool,
    /// Its checkpoints.
    pub checkpoints: bool,
}

impl Contents {
    fn take(self, path: &str) -> bool {
        match FileKind::of(path) {
            FileKind::Core | FileKind::Log => true,
            FileKind::Mask => self.masks,
            FileKind::Checkpoint => self.checkpoints,
            FileKind::Other => false,
        }
    }
}

/// Writes an archive of finished runs, each with its id; `version` is that of ege-bench.
///
/// The archive appears whole or not at all, and an earlier one at its place stays until then.
///
/// # Errors
/// When a file can't be read, changes meanwhile, or has a name that tar can't hold, or the archive can't be written.
pub fn pack(
    path: &Path,
    runs: &[(String, RunFolder)],
    contents: Contents,
    version: &str,
) -> Result<Manifest, StoreError> {
    let mut runs: Vec<&(String, RunFolder)> = runs.iter().collect();
    runs.sort_by(|a, b| a.0.cmp(&b.0));
    let mut manifest = Manifest {
        format: ARCHIVE_FORMAT,
        version: version.to_owned(),
        runs: Vec::with_capacity(runs.len()),
    };
    for (id, folder) in &runs {
        let mut files = Vec::new();
        for file in folder.files()?.into_iter().filter(|file| contents.take(&file.path)) {
            let from = folder.path().join(&file.path);
            if fs_err::symlink_metadata(&from)?.is_symlink() {
                // What it leads to is no part of the run, and may be anything.
                return Err(StoreError::Archive {
                    path: path.to_owned(),
                    message: format!("{} is a link; only files go into an archive", from.display()),
                    hint: "replace the link by the file".to_owned(),
                });
            }
            let (bytes, sha256) = digest(File::open(from)?)?;
            files.push(ArchiveFile { path: file.path, bytes, sha256 });
        }
        manifest.runs.push(ArchiveRun { id: id.clone(), files });
    }
    let mut text = serde_json::to_vec_pretty(&manifest).map_err(io::Error::from)?;
    text.push(b'\n');
    // What isn't readable again isn't written.
    Manifest::parse(&text).map_err(|message| StoreError::Archive {
        path: path.to_owned(),
        message: format!("these runs can't be put into an archive: {message}"),
        hint: "`ege-bench store show RUN` lists a run's files".to_owned(),
    })?;
    atomic::write_with(path, |file| {
        // No name and no time: the bytes depend on the runs alone.
        let gzip = GzBuilder::new().mtime(0).write(file, Compression::default());
        let mut tar = Builder::new(gzip);
        append(&mut tar, MANIFEST, text.len() as u64, &*text)?;
        for (run, (_, folder)) in manifest.runs.iter().zip(&runs) {
            for file in &run.files {
                let from = folder.path().join(&file.path);
                let mut hashed = Hashed::new(File::open(&from)?.take(file.bytes));
                append(&mut tar, &run.entry(file), file.bytes, &mut hashed)?;
                if hashed.finish() != (file.bytes, file.sha256.clone()) {
                    return Err(io::Error::other(format!("{} changed while it was read", from.display())));
                }
            }
        }
        tar.into_inner()?.finish()?;
        Ok(())
    })?;
    Ok(manifest)
}

fn append<W: Write>(tar: &mut Builder<W>, name: &str, bytes: u64, from: impl Read) -> io::Result<()> {
    let mut header = Header::new_ustar();
    header.set_path(name)?;
    header.set_entry_type(EntryType::Regular);
    header.set_size(bytes);
    header.set_mode(0o644);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header.set_cksum();
    tar.append(&header, from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(root: &Path) -> (String, RunFolder) {
        let folder = RunFolder::new(root.join("net-s1-00ff"));
        for (name, text) in [("run.json", "{}"), ("events.jsonl", ""), ("counts.jsonl", ""), ("lock", "")] {
            atomic::write(&folder.path().join(name), text.as_bytes()).unwrap();
        }
        folder.write_best_weights(b"weights").unwrap();
        folder.save_checkpoint(b"state", 1).unwrap();
        atomic::write(&folder.path().join("masks/ISIC_1.png"), b"png").unwrap();
        atomic::write(&folder.path().join("images/ISIC_1.jpg"), b"jpg").unwrap();
        ("net-s1-00ff".into(), folder)
    }

    #[test]
    fn the_same_runs_give_the_same_bytes_and_only_what_was_asked_for() {
        let root = tempfile::tempdir().unwrap();
        let run = run(root.path());
        let core = ["best.safetensors", "best.sha256", "counts.jsonl", "events.jsonl", "run.json"];
        let check = |contents, extra: &[&str]| {
            let path = root.path().join("a.tar.gz");
            let manifest = pack(&path, std::slice::from_ref(&run), contents, "0").unwrap();
            let mut expect = [&core[..], extra].concat();
            expect.sort_unstable();
            let paths: Vec<_> = manifest.runs[0].files.iter().map(|file| file.path.as_str()).collect();
            assert_eq!(paths, expect);
            let first = fs_err::read(&path).unwrap();
            pack(&path, std::slice::from_ref(&run), contents, "0").unwrap();
            assert_eq!(fs_err::read(&path).unwrap(), first);
        };
        check(Contents::default(), &[]);
        check(Contents { masks: true, checkpoints: false }, &["masks/ISIC_1.png"]);
        check(Contents { masks: false, checkpoints: true }, &["checkpoint/last.ckpt"]);
    }

    #[test]
    fn nothing_is_left_of_an_archive_that_fails() {
        let root = tempfile::tempdir().unwrap();
        let run = run(root.path());
        fs_err::remove_file(run.1.path().join("counts.jsonl")).unwrap();
        let path = root.path().join("out/a.tar.gz");
        let error = pack(&path, &[run], Contents::default(), "0").unwrap_err();
        assert!(error.to_string().contains("counts.jsonl is missing"), "{error}");
        assert!(!path.exists());
    }
}
