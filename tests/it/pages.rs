//! What README.md and ARCHITECTURE.md say about the program is what the program does.

use std::path::Path;
use std::process::Command;

use ege_bench::cli::ExitCode;
use ege_bench::dataset::lock;
use ege_bench::experiment::{self, Catalogue};

/// The code of a process that a second Ctrl-C ended, as shells count signals.
const SECOND_INTERRUPT: u8 = 130;

fn page(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    fs_err::read_to_string(path).expect("the page is readable")
}

/// The contents of the fenced blocks of a language.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    page.split(&fence).skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

/// The arguments of every call of the program in the page's shell blocks, without comments.
fn calls(page: &str) -> Vec<Vec<&str>> {
    let lines = blocks(page, "sh").into_iter().flat_map(str::lines);
    let arguments = lines.filter_map(|line| {
        let line = line.split(" #").next().unwrap_or(line).trim();
        line.strip_prefix("ege-bench ").or_else(|| line.strip_prefix("cargo run --release -- "))
    });
    arguments.map(|arguments| arguments.split_whitespace().collect()).collect()
}

/// The numbers of the rows that start with one.
fn numbered_rows(page: &str) -> Vec<u8> {
    let cell = |line: &str| line.strip_prefix("| ")?.split(' ').next()?.parse().ok();
    page.lines().filter_map(cell).collect()
}

#[test]
fn the_pages_list_every_exit_code() {
    let mut codes = ExitCode::ALL.map(ExitCode::number).to_vec();
    codes.push(SECOND_INTERRUPT);
    for name in ["README.md", "ARCHITECTURE.md"] {
        assert_eq!(numbered_rows(&page(name)), codes, "{name}");
    }
}

#[test]
fn every_command_of_the_readme_exists() {
    let readme = page("README.md");
    let calls = calls(&readme);
    assert!(calls.len() > 5, "only {calls:?}");
    for call in calls {
        // A command's help is printed before its operands are looked at.
        let output = Command::new(env!("CARGO_BIN_EXE_ege-bench")).args(&call).arg("--help").output();
        let output = output.expect("the program starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "ege-bench {}: {said}", call.join(" "));
    }
}

#[test]
fn the_experiments_of_the_readme_are_some() {
    let readme = page("README.md");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("readme.toml");
    let splits = |name: &str| lock::builtin().splits(name).into_iter().map(str::to_owned).collect();
    let datasets =
        lock::builtin().datasets().into_iter().map(|name| (name.to_owned(), splits(name))).collect();
    let catalogue = Catalogue { datasets };
    let texts = blocks(&readme, "toml");
    assert_eq!(texts.len(), 2, "README.md has an experiment and one on a folder");
    for text in texts {
        fs_err::write(&file, text).unwrap();
        let runs = experiment::load(&file, &[], &catalogue).unwrap().runs().len();
        // The text tells how many they are, where they are several.
        assert!(runs == 1 || readme.contains(&format!("{runs} runs")), "{runs}");
    }
}

#[test]
fn calls_and_rows_of_a_page_are_found() {
    let text = "| 0 | good |\n| x | y |\n```sh\nege-bench run a.toml  # go\ncargo run --release -- data status\njust test\n```\n";
    assert_eq!(calls(text), [vec!["run", "a.toml"], vec!["data", "status"]]);
    assert_eq!(numbered_rows(text), [0]);
}
