//! The project's sources as the rules read them.

use std::collections::HashSet;
use std::path::Path;

use walkdir::WalkDir;

use super::lexer;

/// A Rust file.
pub struct Source {
    /// Its path from the project's root, with `/` between the parts.
    pub path: String,
    /// Its text.
    pub text: String,
    /// Its text without the contents of comments, strings and characters.
    pub code: String,
    /// The part of `code` that is compiled into the program; empty for a file that only tests compile.
    pub shipped: String,
}

impl Source {
    /// A file with this text; `only_tests` where the module's declaration stands under `#[cfg(test)]`.
    pub fn new(path: &str, text: &str, only_tests: bool) -> Self {
        let code = lexer::code(text);
        let shipped =
            if only_tests || !path.starts_with("src/") { String::new() } else { lexer::without_tests(&code) };
        Self { path: path.into(), text: text.into(), code, shipped }
    }

    /// The room that the file belongs to: `train` for `src/train/step.rs`, `random` for `src/random.rs`;
    /// none for `lib.rs`, `main.rs` and what lies outside `src/`.
    pub fn room(&self) -> Option<&str> {
        let inside = self.path.strip_prefix("src/")?;
        let room = inside.split('/').next()?.trim_end_matches(".rs");
        (!matches!(room, "lib" | "main")).then_some(room)
    }

    /// The file's name.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// Number of lines.
    pub fn lines(&self) -> usize {
        self.text.lines().count()
    }

    /// A violation on a line of this file.
    pub fn at(&self, line: usize, what: &str) -> String {
        format!("{}:{line}: {what}", self.path)
    }
}

/// Every Rust file of the project below `src`, `tests`, `benches` and `examples`, in the order of the paths.
pub fn project(root: &Path) -> Vec<Source> {
    let mut files: Vec<(String, String)> = ["src", "tests", "benches", "examples"]
        .iter()
        .map(|folder| root.join(folder))
        .filter(|folder| folder.is_dir())
        .flat_map(|folder| WalkDir::new(folder).sort_by_file_name())
        .map(|entry| entry.expect("the sources are readable").into_path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| {
            let text = fs_err::read_to_string(&path).expect("the sources are readable");
            let inside = path.strip_prefix(root).expect("the walk starts at the root");
            (inside.to_string_lossy().replace('\\', "/"), text)
        })
        .collect();
    files.sort();
    let tests: HashSet<String> = files.iter().flat_map(|(path, text)| test_modules(path, text)).collect();
    files
        .iter()
        .map(|(path, text)| {
            let module = path.trim_end_matches(".rs").trim_end_matches("/mod");
            let only_tests = tests.iter().any(|t| module == t || module.starts_with(&format!("{t}/")));
            Source::new(path, text, only_tests)
        })
        .collect()
}

/// Paths, without `.rs`, of the modules that this file declares as `#[cfg(test)] mod name;`.
fn test_modules(path: &str, text: &str) -> Vec<String> {
    let code = lexer::code(text);
    let shipped = lexer::without_tests(&code);
    let declared = |code: &str| -> HashSet<String> {
        lexer::words(code)
            .iter()
            .filter(|word| word.after.starts_with(';') && word.before.ends_with("mod"))
            .map(|word| word.text.to_owned())
            .collect()
    };
    let folder = match path.rsplit_once('/') {
        Some((folder, "mod.rs" | "lib.rs" | "main.rs")) => folder.to_owned(),
        _ => path.trim_end_matches(".rs").to_owned(),
    };
    declared(&code).difference(&declared(&shipped)).map(|name| format!("{folder}/{name}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{Source, test_modules};

    #[test]
    fn a_file_knows_its_room() {
        for (path, room) in [
            ("src/train/step/fused.rs", Some("train")),
            ("src/random.rs", Some("random")),
            ("src/lib.rs", None),
            ("src/main.rs", None),
            ("tests/it/main.rs", None),
        ] {
            assert_eq!(Source::new(path, "", false).room(), room, "{path}");
        }
    }

    #[test]
    fn modules_that_only_tests_compile_are_known() {
        let text = "mod a;\n#[cfg(test)]\nmod b;\n#[cfg(test)]\nmod c { mod d {} }\n";
        assert_eq!(test_modules("src/cli/mod.rs", text), ["src/cli/b"]);
        assert_eq!(test_modules("src/cli/run.rs", text), ["src/cli/run/b"]);
        assert_eq!(Source::new("src/cli/b.rs", "fn f() {}", true).shipped, "");
    }
}
