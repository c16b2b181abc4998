//! The shape of files: length, names, what stands at their top.

use super::lexer;
use super::source::{self, Source};
use super::{check, holds};

/// Lines beyond which a file holds more than one thing.
const LONGEST: usize = 800;
/// Lines beyond which one should ask whether it does.
const LONG: usize = 450;

/// Names that don't say what is in a file.
const EMPTY_NAMES: &[&str] = &["util", "utils", "helper", "helpers", "common", "manager", "misc"];

fn too_long(sources: &[Source]) -> Vec<String> {
    let long = sources.iter().filter(|source| source.lines() > LONGEST);
    long.map(|source| source.at(source.lines(), &format!("longer than {LONGEST} lines"))).collect()
}

fn empty_names(sources: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources {
        let parts = source.path.split(['/', '.']);
        found.extend(
            parts
                .filter(|part| EMPTY_NAMES.contains(part))
                .map(|part| source.at(1, &format!("named {part}"))),
        );
    }
    found
}

/// Functions with a body in `mod.rs` and `lib.rs`, which only say what a room holds.
fn logic_in_mod(sources: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources.iter().filter(|source| matches!(source.name(), "mod.rs" | "lib.rs")) {
        for word in lexer::words(&source.shipped).iter().filter(|word| word.text == "fn") {
            if word.after.starts_with(lexer::is_word) && has_body(word.after) {
                found.push(source.at(word.line, "a function body: it wants a file of its own"));
            }
        }
    }
    found
}

/// True if the function's signature is followed by braces, not by a semicolon.
fn has_body(signature: &str) -> bool {
    let mut depth = 0;
    for c in signature.chars() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            '{' if depth == 0 => return true,
            ';' if depth == 0 => return false,
            _ => {}
        }
    }
    false
}

/// Files that don't start with a sentence on what is in them.
fn no_opening_sentence(sources: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources.iter().filter(|source| source.path.starts_with("src/")) {
        let opening = source.text.lines().next().and_then(|line| line.strip_prefix("//!")).unwrap_or("");
        if opening.split_whitespace().count() < 3 {
            found.push(source.at(1, "doesn't start with a `//!` sentence on what is in it"));
        }
    }
    found
}

#[test]
#[expect(clippy::print_stderr, reason = "a list to look at; only the longest files are a failure")]
fn files_hold_one_thing() {
    for source in source::project(&super::root()).iter().filter(|source| source.lines() > LONG) {
        eprintln!("{}: {} lines, is there a second thing in it?", source.path, source.lines());
    }
    holds("a file is too long", too_long);
}

#[test]
fn names_say_what_is_in_a_file() {
    holds("a name says nothing", empty_names);
}

#[test]
fn mod_files_hold_no_logic() {
    holds("a mod.rs holds logic", logic_in_mod);
}

#[test]
fn every_file_starts_with_what_is_in_it() {
    holds("a file doesn't say what is in it", no_opening_sentence);
}

#[test]
fn a_long_file_is_found() {
    check(too_long, "tests/it/a.rs", &"\n".repeat(LONGEST), &[]);
    check(too_long, "tests/it/a.rs", &"\n".repeat(LONGEST + 1), &[LONGEST + 1]);
}

#[test]
fn an_empty_name_is_found() {
    check(empty_names, "src/train/utils.rs", "", &[1]);
    check(empty_names, "src/common/step.rs", "", &[1]);
    check(empty_names, "src/train/commons.rs", "", &[]);
}

#[test]
fn logic_in_a_mod_file_is_found() {
    for (path, text, expect) in [
        ("src/train/mod.rs", "mod a;\npub fn f(x: [u8; 2]) -> u8 { x[0] }", &[2][..]),
        ("src/train/mod.rs", "trait T {\n    fn f(x: [u8; 2]) -> u8;\n}\ntype F = fn(u8);", &[]),
        ("src/train/mod.rs", "#[cfg(test)]\nmod tests { fn f() {} }", &[]),
        ("src/train/mod.rs", "// fn f() {}\npub use a::b;", &[]),
        ("src/train/a.rs", "fn f() {}", &[]),
    ] {
        check(logic_in_mod, path, text, expect);
    }
}

#[test]
fn a_missing_opening_sentence_is_found() {
    check(no_opening_sentence, "src/train/a.rs", "//! The step of a training.", &[]);
    check(no_opening_sentence, "src/train/a.rs", "//! Room.", &[1]);
    check(no_opening_sentence, "src/train/a.rs", "use x;\n//! The step of a training.", &[1]);
    check(no_opening_sentence, "src/train/a.rs", "", &[1]);
}
