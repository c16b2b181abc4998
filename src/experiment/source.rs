//! Where a value of an experiment comes from: a stretch of a file or of the command line.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A text that an experiment is read from.
#[derive(Debug)]
pub struct Source {
    /// The file's path as it was reached, or `command line`.
    pub name: PathBuf,
    /// The text, complete.
    pub text: String,
}

/// A stretch of a [`Source`].
#[derive(Clone, Debug)]
pub struct Origin {
    source: Arc<Source>,
    span: Range<usize>,
}

impl Origin {
    /// The bytes `span` of `source`; a span beyond the text's end is cut there.
    pub fn new(source: &Arc<Source>, span: Range<usize>) -> Self {
        let end = source.text.len();
        let start = span.start.min(end);
        Self { source: Arc::clone(source), span: start..span.end.clamp(start, end) }
    }

    /// The text that the stretch belongs to.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The stretch in bytes.
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// The stretch's text.
    pub fn text(&self) -> &str {
        self.source.text.get(self.span.clone()).unwrap_or_default()
    }

    /// `path`, taken relative to the folder of the file that names it; the command line's folder is the
    /// working directory.
    ///
    /// The folder is that of the file as it was named: for a link to an experiment, where the link stands.
    pub fn relative(&self, path: &str) -> PathBuf {
        let folder = self.source.name.parent().unwrap_or(Path::new(""));
        tidy(&folder.join(path))
    }
}

impl PartialEq for Origin {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.source, &other.source) && self.span == other.span
    }
}

/// `a/../b` as `b` and `./b` as `b`: paths in messages stay readable. Leading `..` stay.
fn tidy(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut tidied = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if matches!(tidied.components().next_back(), Some(Component::Normal(_))) => {
                tidied.pop();
            }
            other => tidied.push(other),
        }
    }
    tidied
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_to_the_file_that_names_them() {
        let check = |file: &str, path: &str, expect: &str| {
            let source = Arc::new(Source { name: file.into(), text: String::new() });
            assert_eq!(Origin::new(&source, 0..0).relative(path), Path::new(expect));
        };
        check("experiments/a.toml", "b.toml", "experiments/b.toml");
        check("experiments/a.toml", "../claims/c.toml", "claims/c.toml");
        check("a.toml", "../c.toml", "../c.toml");
        check("/x/y/a.toml", "./b.toml", "/x/y/b.toml");
        check("a.toml", "/z/b.toml", "/z/b.toml");
        check("command line", "claims/c.toml", "claims/c.toml");
    }

    #[test]
    fn a_span_beyond_the_end_is_cut() {
        let source = Arc::new(Source { name: "a".into(), text: "abc".into() });
        assert_eq!(Origin::new(&source, 2..9).text(), "c");
        assert_eq!(Origin::new(&source, 7..9).span(), 3..3);
    }
}
