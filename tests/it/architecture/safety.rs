//! Where `unsafe` may stand, and that each says why it is sound; no unfinished code.

use super::lexer;
use super::source::Source;
use super::{check, holds};

/// Where `unsafe` may stand.
const UNSAFE: &[&str] = &["src/kernel/", "src/dataset/cache/map.rs", "src/main.rs"];

/// `unsafe` outside of its places.
fn unsafe_elsewhere(sources: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources.iter().filter(|s| !UNSAFE.iter().any(|place| s.path.starts_with(place))) {
        let words = lexer::words(&source.code);
        found.extend(
            words
                .iter()
                .filter(|w| w.text == "unsafe")
                .map(|w| source.at(w.line, &format!("unsafe outside of {}", UNSAFE.join(", ")))),
        );
    }
    found
}

/// Unsafe blocks and implementations without a comment that starts with `SAFETY:`.
fn unsafe_without_reason(sources: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources {
        for word in lexer::words(&source.code).iter().filter(|w| w.text == "unsafe") {
            let trusts = word.after.starts_with('{') || word.after.starts_with("impl");
            if trusts && !says_why(source, word.line) {
                found.push(source.at(word.line, "unsafe without a `SAFETY:` comment above it"));
            }
        }
    }
    found
}

/// True if the comment on this line, or the one above its statement, has `SAFETY:`.
fn says_why(source: &Source, line: usize) -> bool {
    let (text, code): (Vec<&str>, Vec<&str>) = (source.text.lines().collect(), source.code.lines().collect());
    let comment_has = |i: usize| text[i].split_once("//").is_some_and(|(_, it)| it.contains("SAFETY:"));
    let first = line - 1;
    if comment_has(first) {
        return true;
    }
    for i in (0..first).rev() {
        if comment_has(i) {
            return true;
        }
        let code = code[i].trim();
        // A line that ends here belongs to another statement; an attribute belongs to this one.
        let ends = code.ends_with([';', '{', '}', ',']) && !code.starts_with("#[");
        if ends || text[i].trim().is_empty() {
            return false;
        }
    }
    false
}

/// Code that says of itself that it isn't finished.
fn unfinished(sources: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources {
        for word in lexer::words(&source.code) {
            if ["todo", "unimplemented"].contains(&word.text) && word.is_macro() {
                found.push(source.at(word.line, &format!("{}!", word.text)));
            }
        }
    }
    found
}

#[test]
fn unsafe_stays_in_its_places() {
    holds("unsafe stands where it may not", unsafe_elsewhere);
}

#[test]
fn every_unsafe_block_says_why_it_is_sound() {
    holds("an unsafe block doesn't say why it is sound", unsafe_without_reason);
}

#[test]
fn nothing_is_unfinished() {
    holds("something isn't finished", unfinished);
}

#[test]
fn unsafe_elsewhere_is_found() {
    check(unsafe_elsewhere, "src/train/a.rs", "fn f() {\n    unsafe { g() }\n}", &[2]);
    check(unsafe_elsewhere, "tests/it/a.rs", "unsafe { g() }", &[1]);
    check(unsafe_elsewhere, "src/train/a.rs", "#![deny(unsafe_code)]\n// unsafe\nf(\"unsafe\");", &[]);
    check(unsafe_elsewhere, "src/kernel/a/b.rs", "unsafe { g() }", &[]);
    check(unsafe_elsewhere, "src/dataset/cache/map.rs", "unsafe { g() }", &[]);
}

#[test]
fn unsafe_without_reason_is_found() {
    for (text, expect) in [
        ("unsafe { g() }", &[1][..]),
        ("// SAFETY: g is sound.\nunsafe { g() }", &[]),
        ("// SAFETY: g is sound\n// as everyone knows.\nlet x =\n    unsafe { g() };", &[]),
        ("unsafe { g() } // SAFETY: g is sound.", &[]),
        ("// SAFETY: g is sound.\nlet x = h();\nunsafe { g() }", &[3]),
        ("// SAFETY: g is sound.\n\nunsafe { g() }", &[3]),
        ("// SAFETY: g is sound.\n#[expect(unsafe_code)]\nunsafe { g() }", &[]),
        ("f(\"SAFETY:\");\nunsafe { g() }", &[2]),
        ("unsafe impl Send for X {}", &[1]),
        ("unsafe fn f() {}", &[]),
    ] {
        check(unsafe_without_reason, "src/kernel/a.rs", text, expect);
    }
}

#[test]
fn unfinished_code_is_found() {
    check(
        unfinished,
        "src/train/a.rs",
        "fn f() {\n    todo!()\n}\nfn g() { unimplemented!(\"x\") }",
        &[2, 4],
    );
    check(unfinished, "src/train/a.rs", "// todo!()\nlet todo = 1; if todo != 2 {}", &[]);
}
