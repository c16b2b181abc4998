//! What tests of fetches begin with: bytes, lock files about them, and the command.
#![expect(clippy::unwrap_used, reason = "what fails here fails the test that called it")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use ege_bench::digest::{hexadecimal, sha256};
use md5::{Digest, Md5};

use crate::archive_server::Server;
use crate::program::{Output, Program};

/// The archive of most tests.
pub const NAME: &str = "ISIC-2017_Validation_Part1_GroundTruth.zip";

/// Bytes that repeat late, so that a wrong place shows.
pub fn bytes(length: usize, salt: u64) -> Vec<u8> {
    let mut state = salt.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let step = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..length).map(step).collect()
}

pub fn md5_of(bytes: &[u8]) -> String {
    hexadecimal(&Md5::digest(bytes))
}

/// A lock file with one data set `isic2017`, of which each archive has these lines.
pub fn lock(archives: &[(&str, &str)]) -> String {
    let mut text = "version = 2\n[dataset.isic2017]\ntitle = \"small\"\nlicense = \"CC0-1.0\"\n\
                    license-text = \"https://example.org/cc0\"\nlicense-evidence = \"the publisher's page\"\n\
                    page = \"https://example.org\"\ncitations = [\"Somebody: Something\"]\n\
                    base-urls = [\"https://host.invalid/a/\"]\n"
        .to_owned();
    for (name, lines) in archives {
        let folder = name.trim_end_matches(".zip");
        write!(
            text,
            "[[dataset.isic2017.archives]]\nname = \"{name}\"\npart = \"validation\"\nholds = \"masks\"\n\
             origin = \"third party, for a test\"\nfolder = \"{folder}\"\nending = \"_segmentation.png\"\n{lines}\n"
        )
        .unwrap();
    }
    text
}

/// Lines that say everything of the bytes.
pub fn sure(bytes: &[u8]) -> String {
    let (md5, sha256) = (md5_of(bytes), sha256(bytes));
    format!("bytes = {{ exact = {} }}\nmd5 = \"{md5}\"\nsha256 = \"{sha256}\"", bytes.len())
}

/// Lines that say nothing of the bytes but a rough size.
pub const UNSURE: &str = "bytes = { about = 3_000_000 }";

/// A folder with a lock file for the archive [`NAME`].
pub fn program(lines: &str) -> Program {
    let program = Program::new();
    fs_err::write(program.folder().join("own.lock"), lock(&[(NAME, lines)])).unwrap();
    program
}

/// `data fetch isic2017` from the addresses, quick to try again and without this machine's proxies.
pub fn command(program: &Program, mirrors: &[&str], more: &[&str]) -> Command {
    let mut arguments =
        vec!["data", "fetch", "isic2017", "--lock", "own.lock", "--pause", "1", "--retries", "2"];
    arguments.extend(["--accept-licence", "CC0-1.0"]);
    for mirror in mirrors {
        arguments.extend(["--mirror", mirror]);
    }
    arguments.extend(more);
    let mut command = program.bare(&arguments);
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE"] {
        command.env_remove(name).env_remove(name.to_lowercase());
    }
    command
}

pub fn fetch(program: &Program, server: &Server) -> Output {
    Output::of(command(program, &[server.address()], &["--patience", "1s"]))
}

pub fn folder(program: &Program) -> PathBuf {
    program.folder().join("data/archives/isic2017")
}

/// Names of the files of an archive that lie there, sorted.
pub fn files(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs_err::read_dir(folder) else { return Vec::new() };
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name != ".lock").collect();
    names.sort();
    names
}

/// Checks that exactly these bytes lie there whole, with their record.
#[track_caller]
pub fn is_whole(program: &Program, bytes: &[u8]) {
    assert_eq!(files(&folder(program)), [NAME.to_owned(), format!("{NAME}.seen.json")]);
    assert!(fs_err::read(folder(program).join(NAME)).unwrap() == bytes, "the bytes are others");
}
