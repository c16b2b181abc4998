//! A full disk, for real: a small file system in memory that takes the results or the data, where one can
//! be mounted.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "what fails here fails the test that called it")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::prepare::pairs;
use super::program::{Program, counts};

/// A file system of its own; it is gone with this value.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Mounts one of so many KiB at `path`; nothing where this process may not.
    fn mount(path: &Path, kib: usize) -> Option<Self> {
        fs_err::create_dir_all(path).unwrap();
        let size = format!("size={kib}k");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &size, "none"]).arg(path).stderr(Stdio::null());
        mount.status().is_ok_and(|status| status.success()).then(|| Self(path.to_owned()))
    }

    /// Leaves so many KiB free.
    fn leave(&self, kib: usize) {
        let ballast = self.0.join("ballast");
        let mut file = fs_err::File::create(ballast).unwrap();
        let mut pages = 0;
        while file.write_all(&[0; 4096]).is_ok() {
            pages += 1;
        }
        file.set_len((pages * 4096 - kib * 1024) as u64).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[expect(clippy::print_stderr, reason = "a skipped test must say so")]
#[test]
fn a_full_disk_is_told_and_costs_nothing_once_there_is_room() {
    let alone = Program::new();
    let set = ["--set", "train.epochs=12", "--set", "train.seeds=[42, 43]"];
    alone.run(&set).expect(0, &["2/2"]);
    let mut stopped = 0;
    for kib in (0..=64).step_by(4) {
        let program = Program::new();
        let Some(disk) = SmallDisk::mount(&program.folder().join("results"), 4096) else {
            eprintln!("skipped a_full_disk_is_told_and_costs_nothing_once_there_is_room: mount needs root");
            return;
        };
        disk.leave(kib);
        let output = program.run(&[&set[..], &["--jobs", "2"]].concat());
        if output.code != Some(0) {
            stopped += 1;
            output.expect(6, &["hint: free some disk space; the same command goes on"]);
            assert!(!output.stderr.contains("bug"), "{output:#?}");
        }
        fs_err::remove_file(program.folder().join("results/ballast")).unwrap();
        let rest = program.run(&set);
        assert!(matches!(rest.code, Some(0 | 4)), "with {kib} KiB: {rest:#?}");
        for (run, other) in program.runs().iter().zip(alone.runs()) {
            assert_eq!(run.file_name(), other.file_name());
            assert_eq!(counts(run), counts(&other), "with {kib} KiB");
            let left: Vec<_> =
                fs_err::read_dir(run).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            assert!(left.iter().all(|name| !name.to_string_lossy().starts_with('.')), "{left:?}");
        }
        assert_eq!(program.runs().len(), 2);
    }
    assert!(stopped > 3, "the disk was full in {stopped} of 17 sizes only");
}

#[expect(clippy::print_stderr, reason = "a skipped test must say so")]
#[test]
fn a_preparation_that_finds_the_disk_full_goes_on_once_there_is_room() {
    let program = Program::new();
    pairs(&program.folder().join("source"), 40, 64);
    let import = |data| ["data", "import", "isic2017", "source", "--size", "64", "--data", data];
    program.output(&import("alone")).expect(0, &[]);
    let Some(disk) = SmallDisk::mount(&program.folder().join("data"), 4096) else {
        eprintln!(
            "skipped a_preparation_that_finds_the_disk_full_goes_on_once_there_is_room: mount needs root"
        );
        return;
    };
    disk.leave(256);
    program.output(&import("data")).expect(3, &["hint: what is prepared is kept: free some space"]);
    fs_err::remove_file(program.folder().join("data/ballast")).unwrap();
    program.output(&["data", "status"]).expect(0, &["of 40 pairs, unfinished; the same command goes on"]);
    program.output(&import("data")).expect(0, &["40 pairs"]);
    let cache =
        |data: &str| fs_err::read(program.folder().join(data).join("isic2017/isic2017-64.cache")).unwrap();
    assert!(cache("data") == cache("alone"), "other bytes");
}
