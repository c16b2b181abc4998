//! Which room may use which.

use std::collections::BTreeSet;

use super::lexer::{self, Word};
use super::source::Source;
use super::{check, holds, page_agrees};

/// The rooms, each below the rooms that it may use; an entry such as `experiment::settings` opens only that
/// part. A row can name only rows above it, so there are no cycles.
const ROOMS: &[(&str, &[&str])] = &[
    ("random", &[]),
    ("digest", &[]),
    ("number", &[]),
    ("metric", &[]),
    ("statistics", &["random"]),
    ("analysis", &["metric", "statistics"]),
    ("store", &[]),
    ("experiment", &[]),
    ("dataset", &["digest", "experiment::settings", "random"]),
    ("fetch", &["dataset", "digest"]),
    ("kernel", &[]),
    ("model", &["experiment::settings", "kernel", "random"]),
    ("cost", &["experiment::settings", "kernel", "model"]),
    ("train", &["dataset", "digest", "experiment::settings", "kernel", "metric", "model"]),
    ("claim", &["experiment::protocol", "experiment::settings", "metric", "number", "statistics"]),
    ("executor", &["cost", "dataset", "digest", "experiment", "metric", "random", "store", "train"]),
    ("verify", &["metric", "model", "store"]),
    (
        "report",
        &["analysis", "claim", "digest", "experiment::settings", "metric", "number", "statistics", "store"],
    ),
    ("cli", &[EVERYTHING]),
];

/// Stands for every row above.
const EVERYTHING: &str = "everything above";

/// The rows of the table in ARCHITECTURE.md.
fn rows() -> Vec<String> {
    let list = |uses: &[&str]| match uses {
        [] => "nothing".to_owned(),
        [EVERYTHING] => EVERYTHING.to_owned(),
        uses => uses.iter().map(|room| format!("`{room}`")).collect::<Vec<_>>().join(", "),
    };
    ROOMS.iter().map(|(room, uses)| format!("| `{room}` | {} |", list(uses))).collect()
}

/// True if code of `room` may name `path`, the parts behind `crate::`.
fn may_use(room: &str, path: &[String]) -> bool {
    let Some((_, uses)) = ROOMS.iter().find(|(name, _)| *name == room) else { return false };
    path[0] == room
        || uses.iter().any(|allowed| {
            *allowed == EVERYTHING
                || allowed.split("::").zip(path).filter(|(a, b)| a == b).count() == parts(allowed)
        })
}

fn parts(path: &str) -> usize {
    path.split("::").count()
}

/// Rooms are used as the table says; no path leaves a room by `super`, and the crate's root adds no names.
fn uses_outside_the_table(sources: &[Source]) -> Vec<String> {
    let is_room = |name: &str| ROOMS.iter().any(|(room, _)| *room == name);
    let mut found = Vec::new();
    for source in sources {
        let words = lexer::words(&source.shipped);
        let Some(room) = source.room() else {
            let at_root = source.path == "src/lib.rs" || source.path == "src/main.rs";
            let foreign = |word: &&Word| match word.text {
                "use" => source.path == "src/lib.rs",
                "ege_bench" => !word.after.starts_with("::cli::"),
                _ => false,
            };
            found.extend(words.iter().filter(|_| at_root).filter(foreign).map(|word| {
                source.at(word.line, "the crate's root only declares the rooms, the program only calls cli")
            }));
            continue;
        };
        if !is_room(room) {
            found.push(source.at(1, &format!("the room {room} has no row in the table of rooms")));
            continue;
        }
        for word in &words {
            if word.text == "super" && !word.before.ends_with("::") && leaves_the_room(source, word) {
                found.push(
                    source.at(word.line, "super leads out of the room: name the other room by crate::"),
                );
            }
            if word.text != "crate" || !word.after.starts_with("::") {
                continue;
            }
            for path in paths(word.after).iter().filter(|path| is_room(&path[0]) && !may_use(room, path)) {
                found.push(source.at(word.line, &format!("{room} may not use {}", path.join("::"))));
            }
        }
    }
    found
}

/// Rows of the table that allow what no source needs: the table then says less than it could.
fn unused_permissions(sources: &[Source]) -> Vec<String> {
    let mut used = BTreeSet::new();
    for source in sources {
        let Some(room) = source.room() else { continue };
        for word in lexer::words(&source.shipped).iter().filter(|word| word.text == "crate") {
            for path in paths(word.after) {
                used.extend((1..=path.len()).map(|parts| (room.to_owned(), path[..parts].join("::"))));
            }
        }
    }
    let permissions = ROOMS.iter().flat_map(|(room, uses)| uses.iter().map(move |allowed| (*room, *allowed)));
    permissions
        .filter(|(room, allowed)| {
            *allowed != EVERYTHING && !used.contains(&((*room).to_owned(), (*allowed).to_owned()))
        })
        .map(|(room, allowed)| format!("src/{room}: doesn't use {allowed}"))
        .collect()
}

/// True if the chain of `super::` that starts here reaches the crate's root.
fn leaves_the_room(source: &Source, word: &Word) -> bool {
    // `src/a/mod.rs` and `src/a.rs` are one level below the root, `src/a/b.rs` two.
    let module = source.path.trim_end_matches(".rs").trim_end_matches("/mod");
    let depth = module.matches('/').count();
    let mut supers = 1;
    let mut rest = word.after;
    while let Some(next) = rest.strip_prefix("::").map(str::trim_start).and_then(|r| r.strip_prefix("super"))
    {
        (supers, rest) = (supers + 1, next.trim_start());
    }
    // Modules written inside a file add a level each, so this may name too many, never too few.
    supers >= depth
}

/// The paths of a use tree that starts with `::`, such as `::a::{b, c::d}`.
fn paths(tree: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    tree_paths(tree, &[], &mut found);
    found.retain(|path| !path.is_empty());
    found
}

/// Reads one branch behind its prefix and returns what is left of the text.
fn tree_paths<'a>(tree: &'a str, prefix: &[String], found: &mut Vec<Vec<String>>) -> &'a str {
    let mut rest = tree.trim_start();
    let mut path = prefix.to_vec();
    loop {
        rest = rest.strip_prefix("::").unwrap_or(rest).trim_start();
        if let Some(inside) = rest.strip_prefix('{') {
            rest = inside.trim_start();
            while !rest.is_empty() && !rest.starts_with('}') {
                rest = tree_paths(rest, &path, found);
                // An alias (`as name`) ends the branch like the comma behind it.
                rest = rest[rest.find([',', '}']).unwrap_or(rest.len())..].trim_start();
                rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
            }
            return rest.strip_prefix('}').unwrap_or(rest);
        }
        let length = rest.find(|c| !lexer::is_word(c)).unwrap_or(rest.len());
        if length > 0 {
            path.push(rest[..length].to_owned());
        }
        rest = rest[length..].trim_start();
        if length == 0 || !rest.starts_with("::") {
            found.push(path);
            return rest;
        }
    }
}

#[test]
fn rooms_use_one_another_as_the_table_says() {
    holds("a room uses what the table of rooms doesn't allow", uses_outside_the_table);
}

#[test]
fn the_table_of_rooms_stands_in_the_architecture_page() {
    page_agrees("rooms", &rows());
}

#[test]
fn a_row_names_only_rows_above_it() {
    let mut above = BTreeSet::new();
    for (room, uses) in ROOMS {
        for used in uses.iter().filter(|used| **used != EVERYTHING) {
            let used = used.split("::").next().expect("split gives at least one part");
            assert!(above.contains(used), "{room} uses {used}, which stands at or below it");
        }
        assert!(above.insert(*room), "{room} has two rows");
    }
}

#[test]
fn every_permission_is_needed() {
    holds("the table of rooms allows what isn't used", unused_permissions);
}

#[test]
fn an_unused_permission_is_found() {
    let text = "use crate::{digest, experiment::settings::Settings, random};";
    let found = unused_permissions(&[Source::new("src/dataset/a.rs", text, false)]);
    assert!(!found.iter().any(|one| one.starts_with("src/dataset:")), "{found:?}");
    assert!(found.contains(&"src/claim: doesn't use metric".to_owned()), "{found:?}");
}

#[test]
fn every_row_is_a_room() {
    for (room, _) in ROOMS {
        let below = super::root().join("src").join(room);
        assert!(below.is_dir() || below.with_extension("rs").is_file(), "there is no room {room}");
    }
}

#[test]
fn a_use_outside_the_table_is_found() {
    let rule = uses_outside_the_table;
    check(rule, "src/store/run.rs", "use crate::metric::Counts;", &[1]);
    check(rule, "src/store/run.rs", "use crate::store::RunRecord;", &[]);
    check(rule, "src/model/a.rs", "use crate::{kernel,\n experiment::plan::PlannedRun};", &[1]);
    check(rule, "src/model/a.rs", "use crate::experiment::{settings::Settings, plan};", &[1]);
    check(rule, "src/model/a.rs", "use crate::experiment;", &[1]);
    check(rule, "src/model/a.rs", "use crate::experiment::settings::{self, Settings as S};", &[]);
    check(rule, "src/kernel/a.rs", "fn f() {\n    crate::model::f()\n}", &[2]);
    check(rule, "src/claim/a.rs", "use crate::experiment::{settings::Settings};", &[]);
    check(rule, "src/kernel/a.rs", "// crate::model\nconst S: &str = \"crate::model::f\";", &[]);
    check(rule, "src/kernel/a.rs", "#[cfg(test)]\nmod tests {\n    use crate::model::f;\n}", &[]);
    check(rule, "src/kernel/mod.rs", "use super::model::f;", &[1]);
    check(rule, "src/kernel/a/b.rs", "use super::super::super::model::f;", &[1]);
    check(rule, "src/kernel/a/b.rs", "use super::super::c;", &[]);
    check(rule, "src/cli/run.rs", "use crate::{kernel, report};", &[]);
    check(rule, "src/manager/mod.rs", "//! New.", &[1]);
    check(rule, "src/lib.rs", "pub mod a;\npub use a::b;", &[2]);
    check(rule, "src/main.rs", "fn main() {\n ege_bench::report::write();\n}", &[2]);
}

#[test]
fn use_trees_are_read_to_their_leaves() {
    for (tree, expect) in [
        ("::a::b::C;", &["a::b::C"][..]),
        ("::{a, b::c, d::{e, f::g}};", &["a", "b::c", "d::e", "d::f::g"]),
        ("::a::{self, B as C, d};", &["a::self", "a::B", "a::d"]),
        ("::a::*;", &["a"]),
        ("::a::f(x, y::z)", &["a::f"]),
    ] {
        assert_eq!(paths(tree).iter().map(|p| p.join("::")).collect::<Vec<_>>(), expect, "{tree}");
    }
}
