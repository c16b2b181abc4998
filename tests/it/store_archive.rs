//! Runs that travel as archives, and archives that mean harm, through the real binary.
#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tar::{Archive, Builder, EntryType, Header};

use super::program::{Output, Program};

fn fake(program: &Program, arguments: &[&str]) -> Output {
    program.output(&[&["--trainer", "fake"], arguments].concat())
}

/// A done run and its archive.
fn exported(program: &Program, more: &[&str]) -> (PathBuf, PathBuf) {
    let run = program.only_run(|| program.run(&[]));
    let to = program.folder().join("run.tar.gz");
    let arguments = ["store", "export", "ege-unet", "--to", "run.tar.gz"];
    fake(program, &[&arguments[..], more].concat()).expect(0, &["1 run, "]);
    (run, to)
}

fn import(program: &Program, archive: &Path) -> Output {
    fake(program, &["store", "import", &archive.to_string_lossy()])
}

/// An entry of an archive: its kind, name and bytes.
type Entry = (EntryType, String, Vec<u8>);

fn entries(archive: &Path) -> Vec<Entry> {
    let mut tar = Archive::new(GzDecoder::new(fs_err::File::open(archive).unwrap()));
    let read = |entry: Result<tar::Entry<'_, _>, _>| {
        let mut entry: tar::Entry<'_, GzDecoder<fs_err::File>> = entry.unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        (entry.header().entry_type(), String::from_utf8(entry.path_bytes().to_vec()).unwrap(), bytes)
    };
    tar.entries().unwrap().map(read).collect()
}

fn tar_bytes(entries: &[Entry]) -> Vec<u8> {
    let mut tar = Builder::new(Vec::new());
    for (kind, name, bytes) in entries {
        let mut header = Header::new_ustar();
        // Set by hand: the library refuses the names that are to be refused here.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        if matches!(kind, EntryType::Symlink | EntryType::Link) {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        tar.append(&header, &**bytes).unwrap();
    }
    tar.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

/// The manifest, made true again for entries that were tampered with.
fn honest(entries: &mut [Entry]) {
    let mut manifest: Value = serde_json::from_slice(&entries[0].2).unwrap();
    for (file, entry) in manifest["runs"][0]["files"].as_array_mut().unwrap().iter_mut().zip(&entries[1..]) {
        file["bytes"] = json!(entry.2.len());
        file["sha256"] = json!(hex(&entry.2));
    }
    entries[0].2 = manifest.to_string().into_bytes();
}

fn position(entries: &[Entry], name: &str) -> usize {
    entries.iter().position(|entry| entry.1.ends_with(name)).unwrap()
}

/// Replaces text in an entry that must have it.
fn replace(entries: &mut [Entry], name: &str, from: &str, to: &str) {
    let at = position(entries, name);
    let text = String::from_utf8(entries[at].2.clone()).unwrap();
    assert!(text.contains(from), "{from} is not in {name}: {text}");
    entries[at].2 = text.replacen(from, to, 1).into_bytes();
}

/// Everything below a folder.
fn everything(folder: &Path) -> Vec<PathBuf> {
    walkdir::WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .collect()
}

#[test]
fn a_run_comes_over_bit_by_bit_and_is_done_there() {
    let (here, there) = (Program::new(), Program::new());
    let (run, archive) = exported(&here, &[]);
    import(&there, &archive).expect(0, &["imported"]);
    let copy = there.runs()[0].clone();
    assert_eq!(copy.file_name(), run.file_name());
    for name in ["run.json", "events.jsonl", "counts.jsonl", "best.safetensors", "log.txt"] {
        assert_eq!(fs_err::read(copy.join(name)).unwrap(), fs_err::read(run.join(name)).unwrap(), "{name}");
    }
    there.run(&[]).expect(4, &["nothing to do"]);
    fake(&there, &["compare", "ege-unet", &run.to_string_lossy(), "--check"]).expect(0, &[]);
    import(&there, &archive).expect(0, &["there already, with the same bytes"]);
    let names: Vec<_> = entries(&archive).into_iter().map(|entry| entry.1).collect();
    assert_eq!(names[0], "manifest.json");
    assert!(names[1..].is_sorted() && names.iter().all(|name| !name.contains("masks")), "{names:?}");
    // Nothing but the run: what was unpacked aside is gone.
    assert_eq!(fs_err::read_dir(copy.parent().unwrap()).unwrap().count(), 1);
}

#[test]
fn the_same_runs_give_the_same_bytes_and_more_only_on_request() {
    let program = Program::new();
    let (_, archive) = exported(&program, &[]);
    let first = fs_err::read(&archive).unwrap();
    let again = |to: &str, more: &[&str]| {
        let arguments = ["store", "export", "ege-unet", "ege-unet-s42", "--to", to];
        fake(&program, &[&arguments[..], more].concat())
    };
    again("other.tar.gz", &[]).expect(0, &[]);
    assert_eq!(fs_err::read(program.folder().join("other.tar.gz")).unwrap(), first);
    again("other.tar.gz", &[]).expect(2, &["exists already", "--replace"]);
    again("other.zip", &[]).expect(2, &["one that ends in .tar.gz is expected"]);
    again("other.tar.gz", &["--replace", "--with-masks", "--with-checkpoints"])
        .expect(0, &["warning: ", "licence"]);
    let names: Vec<_> =
        entries(&program.folder().join("other.tar.gz")).into_iter().map(|entry| entry.1).collect();
    for part in ["masks/gallery.json", ".png", "checkpoint/last.ckpt"] {
        assert!(names.iter().any(|name| name.ends_with(part)), "{names:?}");
    }
    let there = Program::new();
    import(&there, &program.folder().join("other.tar.gz")).expect(0, &["imported"]);
    fake(&there, &["store", "prune", "--yes"]).expect(0, &["freed"]);
    import(&there, &program.folder().join("other.tar.gz")).expect(0, &["left out: checkpoint/last.ckpt"]);
}

#[test]
fn another_run_of_the_same_id_is_never_overwritten() {
    let (here, there) = (Program::new(), Program::new());
    let (_, archive) = exported(&here, &[]);
    let other = there.only_run(|| there.run(&[]));
    // The same run was made here by another process: other times, the same counts.
    let record = other.join("run.json");
    let text = fs_err::read_to_string(&record).unwrap();
    fs_err::write(&record, text.replacen("\"threads\": 1", "\"threads\": 2", 1)).unwrap();
    let before = fs_err::read(&record).unwrap();
    let output = import(&there, &archive);
    output.expect(6, &["NOT IMPORTED", "run.json", "other bytes are there already", "hint: "]);
    assert!(!output.stdout.contains("counts.jsonl"), "{output:#?}");
    assert_eq!(fs_err::read(&record).unwrap(), before);
}

#[test]
fn a_run_that_is_not_whole_is_not_exported() {
    let program = Program::new();
    let run = program.only_run(|| program.run(&[]));
    let counts = run.join("counts.jsonl");
    let text = fs_err::read_to_string(&counts).unwrap();
    fs_err::write(&counts, text.split_inclusive('\n').skip(1).collect::<String>()).unwrap();
    fake(&program, &["store", "export", "ege-unet", "--to", "x.tar.gz"])
        .expect(6, &["counts.jsonl: best weights: 1 of 12 reported images are missing"]);
    assert!(!program.folder().join("x.tar.gz").exists());
}

#[test]
fn nothing_but_known_files_goes_into_an_archive() {
    let program = Program::new();
    let run = program.only_run(|| program.run(&[]));
    fs_err::create_dir_all(run.join("images")).unwrap();
    fs_err::write(run.join("images/ISIC_0000000.jpg"), b"a licensed image").unwrap();
    fs_err::write(run.join("masks/ISIC_0000000.jpg"), b"a licensed image").unwrap();
    fake(
        &program,
        &["store", "export", "ege-unet", "--to", "x.tar.gz", "--with-masks", "--with-checkpoints"],
    )
    .expect(0, &[]);
    let names: Vec<_> =
        entries(&program.folder().join("x.tar.gz")).into_iter().map(|entry| entry.1).collect();
    assert!(names.iter().all(|name| !name.contains("jpg") && !name.ends_with("lock")), "{names:?}");
    #[cfg(unix)]
    {
        fs_err::remove_file(run.join("log.txt")).unwrap();
        fs_err::os::unix::fs::symlink("images/ISIC_0000000.jpg", run.join("log.txt")).unwrap();
        fake(&program, &["store", "export", "ege-unet", "--to", "y.tar.gz"])
            .expect(6, &["log.txt is a link; only files go into an archive"]);
        assert!(!program.folder().join("y.tar.gz").exists());
    }
}

/// Imports an archive that was tampered with into empty results, and checks that it is refused without a trace.
#[track_caller]
fn refused(program: &Program, bytes: &[u8], expect: &str) {
    let archive = program.folder().join("hostile.tar.gz");
    fs_err::write(&archive, bytes).unwrap();
    let before = everything(program.folder());
    let output = import(program, &archive);
    output.expect(6, &["hostile.tar.gz", expect, "nothing was imported"]);
    let left: Vec<_> = everything(program.folder())
        .into_iter()
        .filter(|path| !before.contains(path) && !path.ends_with("results") && !path.ends_with("runs"))
        .collect();
    assert!(left.is_empty(), "{expect}: {left:?}");
}

#[test]
fn archives_that_are_not_what_their_manifest_says_are_refused_without_a_trace() {
    let (here, there) = (Program::new(), Program::new());
    let (run, archive) = exported(&here, &[]);
    let id = run.file_name().unwrap().to_str().unwrap();
    let good = entries(&archive);
    let check = |tamper: &dyn Fn(&mut Vec<Entry>), expect: &str| {
        let mut hostile = good.clone();
        tamper(&mut hostile);
        refused(&there, &gzip(&tar_bytes(&hostile)), expect);
    };
    let file = EntryType::Regular;
    check(&|e| drop(e.remove(0)), "stands where manifest.json is expected");
    check(&|e| drop(e.pop()), "is missing");
    check(&|e| e.swap(1, 2), "is expected");
    check(&|e| e.push((file, "extra".into(), b"x".to_vec())), "is not in its manifest");
    check(&|e| e.insert(1, (file, "../../evil".into(), b"x".to_vec())), "../../evil");
    check(&|e| e[1].1 = "/tmp/evil".into(), "/tmp/evil");
    check(&|e| e[1].1 = format!("runs/{id}/../../../evil"), "stands where");
    check(&|e| e[1].0 = EntryType::Symlink, "a symbolic link; only files are allowed");
    check(&|e| e[1].0 = EntryType::Link, "a link; only files are allowed");
    check(&|e| e[0].0 = EntryType::Symlink, "a symbolic link");
    check(&|e| e.insert(1, (EntryType::Directory, "runs".into(), Vec::new())), "a folder");
    check(&|e| e.insert(1, (EntryType::XHeader, "x".into(), b"12 path=evil".to_vec())), "an extended header");
    check(&|e| e.insert(1, (EntryType::GNULongName, "x".into(), b"../evil\0".to_vec())), "a long name");
    check(&|e| e.insert(1, (EntryType::Fifo, "pipe".into(), Vec::new())), "a special type");
    check(&|e| e[2].2.push(b'\n'), "the manifest says");
    check(&|e| e[2].2[3] ^= 1, "don't match the manifest's SHA-256");
    check(&|e| e.clear(), "no entry");
    check(
        &|e| replace(e, "manifest.json", "\"format\": 1", "\"format\": 9"),
        "archive format 9 is newer than 1",
    );
    check(
        &|e| replace(e, "manifest.json", "\"path\": \"log.txt\"", "\"path\": \"log/../../x\""),
        "log/../../x",
    );
    check(
        &|e| replace(e, "manifest.json", &format!("\"id\": \"{id}\""), "\"id\": \"..\""),
        "an id is small letters",
    );
}

#[test]
fn runs_that_are_not_what_their_id_says_are_refused_without_a_trace() {
    let (here, there) = (Program::new(), Program::new());
    let (run, archive) = exported(&here, &[]);
    let id = run.file_name().unwrap().to_str().unwrap();
    let good = entries(&archive);
    let check = |tamper: &dyn Fn(&mut Vec<Entry>), expect: &str| {
        let mut hostile = good.clone();
        tamper(&mut hostile);
        honest(&mut hostile);
        refused(&there, &gzip(&tar_bytes(&hostile)), expect);
    };
    check(
        &|e| replace(e, "run.json", "\"epochs\": 3", "\"epochs\": 4"),
        "its settings, seed and digests give the id",
    );
    check(
        &|e| replace(e, "run.json", &format!("\"id\": \"{id}\""), "\"id\": \"net-s1-0\""),
        "its id is net-s1-0",
    );
    check(
        &|e| replace(e, "run.json", "\"synthetic\": true", "\"synthetic\": false"),
        "its data says otherwise",
    );
    check(&|e| replace(e, "run.json", "\"format\": 1", "\"format\": 99"), "format 99 is newer than 1");
    check(&|e| replace(e, "run.json", "\"state\": \"done\"", "\"state\": \"running\""), "not done");
    check(&|e| replace(e, "run.json", "\"seed\": 42", "\"seed\": 43"), "run.json: ");
    check(&|e| replace(e, "run.json", "{", "["), "run.json: ");
    check(
        &|e| {
            let at = position(e, "run.json");
            let text = String::from_utf8(e[at].2.clone()).unwrap();
            let from = text.rfind("\"device\": \"fake\"").unwrap();
            e[at].2 = [&text[..from], "\"device\": \"cpu\"", &text[from + 16..]].concat().into_bytes();
        },
        "its device is cpu",
    );
    check(
        &|e| {
            let at = position(e, "counts.jsonl");
            let first = e[at].2.iter().position(|byte| *byte == b'\n').unwrap();
            e[at].2.drain(..=first);
        },
        "1 of 12 reported images are missing",
    );
    check(&|e| replace(e, "counts.jsonl", "\"tp\":", "\"tp\":9"), "pixels, not 1024");
    check(&|e| replace(e, "events.jsonl", "\"epoch\":2", "\"epoch\":5"), "not each of 1..=3");
    check(&|e| replace(e, "events.jsonl", "\"epoch\":2", "\"epoch\":true"), "events.jsonl: line 2");
    check(
        &|e| {
            let at = position(e, "best.safetensors");
            e[at].2.clear();
        },
        "best.safetensors: the weights' hash isn't",
    );
}

#[test]
fn torn_padded_and_swollen_archives_are_refused_without_a_trace() {
    let (here, there) = (Program::new(), Program::new());
    let (_, archive) = exported(&here, &[]);
    let good = fs_err::read(&archive).unwrap();
    let tar = tar_bytes(&entries(&archive));
    refused(&there, b"", "can't be read as a gzip-compressed tar");
    refused(&there, b"PK\x03\x04 no tar at all", "can't be read as a gzip-compressed tar");
    for cut in [10, good.len() / 2, good.len() - 4] {
        refused(&there, &good[..cut], "can't be read as a gzip-compressed tar");
    }
    let mut flipped = good.clone();
    let crc = flipped.len() - 6;
    flipped[crc] ^= 1;
    refused(&there, &flipped, "can't be read as a gzip-compressed tar");
    refused(&there, &[&*good, b"more"].concat(), "behind its compressed bytes");
    refused(&there, &gzip(&[&*tar, b"more"].concat()), "behind its last entry");
    // Zeros without end, which a few bytes unpack to.
    refused(&there, &gzip(&[&*tar, &vec![0; 64 << 20]].concat()), "behind its last entry");
    let mut bomb = entries(&archive);
    let at = position(&bomb, "log.txt");
    bomb[at].2 = vec![b'x'; 30_000_000];
    honest(&mut bomb);
    let bomb = gzip(&tar_bytes(&bomb));
    assert!(bomb.len() < 1_000_000);
    fs_err::write(there.folder().join("bomb.tar.gz"), &bomb).unwrap();
    fake(&there, &["store", "import", "bomb.tar.gz", "--max-size", "20MB"])
        .expect(6, &["bytes; at most 20000000 are allowed", "--max-size"]);
    // A manifest that lies about the size doesn't get further than the header that tells it.
    let mut liar = entries(&archive);
    let at = position(&liar, "log.txt");
    liar[at].2 = vec![b'x'; 30_000_000];
    refused(&there, &gzip(&tar_bytes(&liar)), "the manifest says");
    assert!(there.runs().is_empty());
    fake(&there, &["store", "import", "bomb.tar.gz", "--max-size", "lots"])
        .expect(2, &["no amount of bytes"]);
    fake(&there, &["store", "import", "missing.tar.gz"]).expect(2, &["does not exist", "store export"]);
}
