//! What only some rooms may touch: crates, the terminal, files, randomness.

use super::lexer::{self, Word};
use super::source::Source;
use super::{check, holds, page_agrees};

/// Crates that only these rooms, or folders of them, name; `burn` stands for its parts (`burn_flex`, ...) as well.
const CRATES: &[(&str, &[&str])] = &[
    ("burn", &["kernel", "model", "train", "cost"]),
    ("tch", &["kernel/libtorch"]),
    ("torch_sys", &["kernel/libtorch"]),
    ("libtorch_shim", &["kernel/libtorch"]),
    ("polars", &["report"]),
    ("plotters", &["report"]),
    ("maud", &["report"]),
    ("clap", &["cli"]),
    ("indicatif", &["cli"]),
    ("rand_chacha", &["random"]),
    ("tar", &["store"]),
    ("flate2", &["store", "dataset"]),
    ("rawzip", &["dataset"]),
    ("memchr", &["dataset"]),
    ("toml_edit", &["dataset"]),
    ("ureq", &["fetch"]),
];

/// The only place that writes to the terminal.
const PRINTER: &str = "src/cli/printer.rs";

/// The files that write files, and what they write.
const WRITERS: &[(&str, &str)] = &[
    ("src/store/disk.rs", "nothing by itself: the single changes that the next three consist of"),
    ("src/store/atomic.rs", "whole files below the results folder: temporary file, sync, rename"),
    ("src/store/lines.rs", "files of the results folder that only grow, a line or a record at a time"),
    ("src/store/lock.rs", "the lock file of a run"),
    ("src/store/lease.rs", "the file that says who works on a run"),
    (
        "src/dataset/atomic.rs",
        "prepared data, and a lock file that is added to: temporary file, sync, rename",
    ),
    (
        "src/dataset/prepare/unfinished.rs",
        "a cache that grows until it is whole, with its journal: sync, rename",
    ),
    ("src/fetch/disk.rs", "archives that grow until they are whole, and notes about them"),
];

/// Words of file systems that change a file.
const WRITES: &[&str] = &["write", "copy", "rename", "hard_link", "create", "create_new", "options"];

/// A crate named by a room that doesn't own it.
fn foreign_crates(sources: &[Source]) -> Vec<String> {
    find(sources, |source, word| {
        let (name, owners) = CRATES.iter().find(|(name, _)| is_crate(word, name))?;
        let owned = owners.iter().any(|owner| {
            source.path.starts_with(&format!("src/{owner}/")) || source.path == format!("src/{owner}.rs")
        });
        (!owned).then(|| format!("{name} is named outside of {}", owners.join(", ")))
    })
}

/// True where this word is the first of a path into the crate.
fn is_crate(word: &Word, name: &str) -> bool {
    let named = word.text == name || word.text.strip_prefix(name).is_some_and(|part| part.starts_with('_'));
    let inside = word.before.strip_suffix("::").is_some_and(|b| b.ends_with(lexer::is_word));
    let imported = ["use", "crate"].iter().any(|keyword| word.before.ends_with(keyword));
    named && !inside && (word.after.starts_with("::") || imported)
}

/// Output to the terminal outside of the printer.
fn prints(sources: &[Source]) -> Vec<String> {
    find(sources, |source, word| {
        let called = match word.text {
            "print" | "println" | "eprint" | "eprintln" | "dbg" => word.is_macro(),
            "stdout" | "stderr" => word.after.starts_with('(') && !word.before.ends_with('.'),
            _ => false,
        };
        (called && source.path != PRINTER).then(|| format!("{} outside of {PRINTER}", word.text))
    })
}

/// Files written outside of the writers.
fn writes(sources: &[Source]) -> Vec<String> {
    find(sources, |source, word| {
        let on = |owner: &str| word.before.strip_suffix("::").is_some_and(|b| b.ends_with(owner));
        let writes = match word.text {
            "OpenOptions" | "serialize_to_file" => true,
            // A temporary file that is never persisted leaves nothing behind.
            "persist" | "persist_noclobber" => word.before.ends_with('.') && word.after.starts_with('('),
            text if WRITES.contains(&text) => on("fs") || on("fs_err") || on("File"),
            _ => false,
        };
        let allowed = WRITERS.iter().any(|(file, _)| source.path == *file);
        (writes && !allowed).then(|| format!("{} outside of the writers", word.text))
    })
}

/// `std::fs`, whose errors don't name the path.
fn plain_file_system(sources: &[Source]) -> Vec<String> {
    find(sources, |_, word| {
        // Plain values, which do nothing and have no counterpart in fs_err.
        let value = ["Permissions", "Metadata", "FileType", "TryLockError"]
            .iter()
            .any(|name| word.after.strip_prefix("::").is_some_and(|path| path.starts_with(name)));
        let plain = word.text == "fs" && word.before.ends_with("std::") && !value;
        plain.then(|| "std::fs, where fs_err names the path".into())
    })
}

/// Randomness that doesn't come from a named stream, in tests as well.
fn other_randomness(sources: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources {
        for word in lexer::words(&source.code) {
            if ["StdRng", "SmallRng", "ThreadRng", "thread_rng", "OsRng", "from_os_rng"].contains(&word.text)
            {
                found.push(source.at(word.line, &format!("{}, where random::stream repeats", word.text)));
            }
        }
    }
    found
}

/// Applies a judgement to every word that is compiled into the program.
fn find(sources: &[Source], judge: impl Fn(&Source, &Word) -> Option<String>) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources {
        for word in lexer::words(&source.shipped) {
            found.extend(judge(source, &word).map(|what| source.at(word.line, &what)));
        }
    }
    found
}

#[test]
fn crates_stay_in_their_rooms() {
    holds("a crate is named outside of the rooms that own it", foreign_crates);
}

#[test]
fn only_the_printer_writes_to_the_terminal() {
    holds("something else than the printer writes to the terminal", prints);
}

#[test]
fn only_the_writers_write_files() {
    holds("a file is written outside of the writers", writes);
}

#[test]
fn files_are_read_with_errors_that_name_the_path() {
    holds("std::fs is used", plain_file_system);
}

#[test]
fn random_numbers_come_from_named_streams() {
    holds("a generator is used that isn't a named stream", other_randomness);
}

#[test]
fn the_owners_of_crates_stand_in_the_architecture_page() {
    let row = |(name, rooms): &(&str, &[&str])| {
        let rooms = rooms.iter().map(|room| format!("`{room}`")).collect::<Vec<_>>().join(", ");
        format!("| `{name}` | {rooms} |")
    };
    page_agrees("crates", &CRATES.iter().map(row).collect::<Vec<_>>());
}

#[test]
fn the_writers_stand_in_the_architecture_page() {
    let row = |(file, what): &(&str, &str)| format!("| `{file}` | {what} |");
    page_agrees("writers", &WRITERS.iter().map(row).collect::<Vec<_>>());
    for (file, _) in WRITERS {
        assert!(super::root().join(file).is_file(), "there is no {file}");
    }
}

#[test]
fn a_foreign_crate_is_found() {
    for (path, text, expect) in [
        ("src/report/a.rs", "//!\nuse burn::tensor::Tensor;", &[2][..]),
        ("src/report/a.rs", "fn f(x: ::burn_flex::Tensor) {}", &[1]),
        ("src/report/a.rs", "use burn as b;", &[1]),
        ("src/report/a.rs", "let burn = crate::x::burn::f();", &[]),
        ("src/report/a.rs", "use burner::x;", &[]),
        ("src/model/a.rs", "use burn::module::Module;", &[]),
        ("src/model/a.rs", "use polars::prelude::*;", &[1]),
        ("src/cli/a.rs", "use plotters::prelude::*;", &[1]),
        ("src/train/a.rs", "use rand_chacha::ChaCha8Rng;", &[1]),
        ("src/lib.rs", "use clap::Parser;", &[1]),
        ("tests/it/a.rs", "use burn::tensor::Tensor;", &[]),
        ("src/kernel/libtorch/a.rs", "use tch::Tensor;", &[]),
        ("src/kernel/a.rs", "use tch::Tensor;", &[1]),
        ("src/train/a.rs", "let x: tch::Tensor = y;", &[1]),
        ("src/train/a.rs", "libtorch::Libtorch::open(place)", &[]),
    ] {
        check(foreign_crates, path, text, expect);
    }
}

#[test]
fn a_print_is_found() {
    for (path, text, expect) in [
        ("src/train/a.rs", "fn f() {\n    println!(\"x\");\n}", &[2][..]),
        ("src/train/a.rs", "eprintln! (x); dbg!(y)", &[1, 1]),
        ("src/cli/run.rs", "let out = std::io::stdout().lock();", &[1]),
        ("src/cli/run.rs", "use std::io::stderr;\nstderr()", &[2]),
        ("src/cli/run.rs", "command.stderr(Stdio::null()); output.stdout", &[]),
        ("src/cli/printer.rs", "println!()", &[]),
        ("src/cli/run.rs", "// println!()\nf(\"println!()\")", &[]),
        ("src/cli/run.rs", "#[cfg(test)]\nmod tests { fn f() { eprintln!() } }", &[]),
    ] {
        check(prints, path, text, expect);
    }
}

#[test]
fn a_write_is_found() {
    for (path, text, expect) in [
        ("src/report/a.rs", "fs_err::write(path, text)?;", &[1][..]),
        ("src/report/a.rs", "fs_err::File::create(path)?", &[1]),
        ("src/cli/a.rs", "fs_err::OpenOptions::new()", &[1]),
        ("src/cli/a.rs", "fs_err::rename(a, b)", &[1]),
        ("src/cli/a.rs", "fs_err::read(a); buffer.write(b); std::iter::repeat(c)", &[]),
        ("src/store/atomic.rs", "fs_err::File::create(path)?", &[]),
        ("src/dataset/atomic.rs", "fs_err::File::create(path)?", &[]),
        ("src/store/run.rs", "file.persist(path)", &[1]),
        ("src/dataset/lock.rs", "fs_err::File::create(path)?", &[1]),
    ] {
        check(writes, path, text, expect);
    }
    check(plain_file_system, "src/store/a.rs", "use std::fs;\nuse std::{fmt, io};", &[1]);
    check(plain_file_system, "src/store/a.rs", "let p: std::fs::Permissions = f();", &[]);
    check(plain_file_system, "src/store/a.rs", "use fs_err as fs;\nfs::read(x)", &[]);
}

#[test]
fn other_randomness_is_found() {
    check(other_randomness, "src/train/a.rs", "use rand::rngs::StdRng;\nrand::thread_rng()", &[1, 2]);
    check(other_randomness, "src/train/a.rs", "#[cfg(test)]\nmod tests { use rand::rngs::StdRng; }", &[2]);
    check(other_randomness, "src/train/a.rs", "// StdRng\nuse crate::random::stream;", &[]);
}
