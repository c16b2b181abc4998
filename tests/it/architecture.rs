//! The invariants of ARCHITECTURE.md, checked against the sources.
//!
//! A rule is a function from sources to violations, so that each is tested twice: on the project, where it
//! must find nothing, and on a made-up source with a fault in it, where it must find that.

mod layout;
mod lexer;
mod ownership;
mod rooms;
mod safety;
mod source;

use std::path::{Path, PathBuf};

use source::Source;

/// A rule: what in these sources breaks the invariant, each as `file:line: what`.
type Rule = fn(&[Source]) -> Vec<String>;

/// The folder of Cargo.toml.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

/// ARCHITECTURE.md as it stands.
fn architecture_page() -> String {
    fs_err::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md is readable")
}

/// Fails with every violation that the rule finds in the project.
#[track_caller]
fn holds(invariant: &str, rule: Rule) {
    let sources = source::project(&root());
    assert!(sources.len() > 20, "only {} sources found below {}", sources.len(), root().display());
    let violations = rule(&sources);
    assert!(violations.is_empty(), "{invariant}:\n  {}", violations.join("\n  "));
}

/// Checks that the rule finds exactly these lines at fault in a made-up file.
#[track_caller]
fn check(rule: Rule, path: &str, text: &str, expect: &[usize]) {
    let found = rule(&[Source::new(path, text, false)]);
    let lines: Vec<usize> = found
        .iter()
        .map(|violation| violation.split(':').nth(1).and_then(|line| line.parse().ok()).unwrap_or(0))
        .collect();
    assert_eq!(lines, expect, "{path}: {found:?}\n{text}");
}

/// Checks that a table of ARCHITECTURE.md, between its two markers, is the one that the test enforces.
#[track_caller]
fn page_agrees(marker: &str, expect: &[String]) {
    let page = architecture_page();
    let (begin, end) = (format!("<!-- {marker}: begin -->"), format!("<!-- {marker}: end -->"));
    let start = page.find(&begin).unwrap_or_else(|| panic!("ARCHITECTURE.md has no {begin}"));
    let stop = page.find(&end).unwrap_or_else(|| panic!("ARCHITECTURE.md has no {end}"));
    // The first two rows of a Markdown table are its head and the rule below it.
    let rows: Vec<&str> = page[start + begin.len()..stop]
        .lines()
        .map(str::trim)
        .filter(|l| l.starts_with('|'))
        .skip(2)
        .collect();
    assert_eq!(
        rows,
        expect.iter().map(String::as_str).collect::<Vec<_>>(),
        "the table {marker} of ARCHITECTURE.md (left) differs from the one that is enforced (right)"
    );
}

/// The paths of this project that a page names in backquotes.
fn named_paths(page: &str) -> Vec<&str> {
    let inside_project = |text: &&str| {
        ["src/", "tests/", "experiments/", "claims/"].iter().any(|folder| text.starts_with(folder))
            && !text.contains(['*', '<', ' '])
    };
    page.split('`').skip(1).step_by(2).filter(inside_project).collect()
}

#[test]
fn pages_name_only_files_that_exist() {
    for page in ["ARCHITECTURE.md", "README.md", "docs/parity.md", "docs/performance.md"] {
        let text = fs_err::read_to_string(root().join(page)).expect("the page is readable");
        let missing: Vec<&str> =
            named_paths(&text).into_iter().filter(|path| !root().join(path).exists()).collect();
        assert!(missing.is_empty(), "{page} names what doesn't exist: {missing:?}");
    }
}

#[test]
fn paths_of_a_page_are_found() {
    let page = "See `src/a.rs`, not src/b.rs, `src/*.rs` or `just test`; `tests/it/` too.";
    assert_eq!(named_paths(page), ["src/a.rs", "tests/it/"]);
}
