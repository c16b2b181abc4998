//! What is wrong with an experiment, shown at the place where it stands.

use std::cell::RefCell;
use std::fmt;
use std::path::PathBuf;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet, normalize_untrusted_str};

use super::source::Origin;

/// One thing that the user can mend.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    message: String,
    origin: Option<Origin>,
    label: Option<String>,
    related: Vec<(Origin, String)>,
    allowed: Option<String>,
    hint: Option<String>,
}

impl Diagnostic {
    /// A diagnostic that says `message`, lower case and without a full stop.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            origin: None,
            label: None,
            related: Vec::new(),
            allowed: None,
            hint: None,
        }
    }

    /// Sets the place.
    #[must_use]
    pub fn at(mut self, origin: Origin) -> Self {
        self.origin = Some(origin);
        self
    }

    /// Sets the words beside the caret.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Adds another place that has to do with it.
    #[must_use]
    pub fn related(mut self, origin: Origin, label: impl Into<String>) -> Self {
        self.related.push((origin, label.into()));
        self
    }

    /// Sets what would be allowed.
    #[must_use]
    pub fn allowed(mut self, allowed: impl Into<String>) -> Self {
        self.allowed = Some(allowed.into());
        self
    }

    /// Sets what the user can do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Sets `hint` where there is none and `apply` holds.
    #[must_use]
    pub fn hint_if(self, apply: bool, hint: &str) -> Self {
        if apply && self.hint.is_none() { self.hint(hint) } else { self }
    }

    /// What is wrong, in one line.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Message, place with caret, what is allowed and a hint, as several lines without a last line break.
    pub fn render(&self, color: bool) -> String {
        let mut group = Group::with_title(Level::ERROR.primary_title(self.message.as_str()));
        if let Some(origin) = &self.origin {
            let primary = AnnotationKind::Primary.span(origin.span()).label(self.label.as_deref());
            let mut snippet = snippet(origin).annotation(primary);
            for (related, label) in self.related.iter().filter(|(related, _)| same_text(related, origin)) {
                let context = AnnotationKind::Context.span(related.span()).label(label.as_str());
                snippet = snippet.annotation(context);
            }
            group = group.element(snippet);
            for (related, label) in self.related.iter().filter(|(related, _)| !same_text(related, origin)) {
                let context = AnnotationKind::Context.span(related.span()).label(label.as_str());
                group = group.element(self::snippet(related).annotation(context));
            }
        }
        let notes = [("allowed", &self.allowed, Level::NOTE), ("hint", &self.hint, Level::HELP)];
        for (name, text, level) in notes {
            if let Some(text) = text {
                group = group.element(level.with_name(name).message(normalize_untrusted_str(text)));
            }
        }
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        renderer.render(&[group])
    }
}

fn snippet(origin: &Origin) -> Snippet<'_, annotate_snippets::Annotation<'_>> {
    Snippet::source(origin.source().text.as_str()).path(origin.source().name.as_str())
}

fn same_text(left: &Origin, right: &Origin) -> bool {
    std::ptr::eq(left.source(), right.source())
}

/// The problems of an experiment while it is read; the same one twice is kept once.
#[derive(Debug, Default)]
pub struct Problems(RefCell<Vec<Diagnostic>>);

impl Problems {
    /// Adds a problem unless it is there: variants share their base, and so its faults.
    pub fn push(&self, diagnostic: Diagnostic) {
        let mut problems = self.0.borrow_mut();
        if !problems.contains(&diagnostic) {
            problems.push(diagnostic);
        }
    }

    /// Number of problems so far.
    pub fn count(&self) -> usize {
        self.0.borrow().len()
    }

    /// `value` if there is no problem and a value.
    ///
    /// # Errors
    /// The problems.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, ExperimentError> {
        let diagnostics = self.0.into_inner();
        match value {
            Some(value) if diagnostics.is_empty() => Ok(value),
            _ => Err(ExperimentError::Invalid { diagnostics }),
        }
    }
}

/// Why an experiment can't be planned; the user's file or arguments are at fault (exit code 2).
#[derive(Debug, thiserror::Error)]
pub enum ExperimentError {
    /// The experiment's file can't be read.
    #[error("{}", self.render(false))]
    Unreadable {
        /// The path as the user typed it.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
        /// A file of a similar name that does exist.
        similar: Option<PathBuf>,
    },
    /// Files or `--set` arguments say what can't be meant.
    #[error("{}", self.render(false))]
    Invalid {
        /// What is wrong, in the order of reading; at least one.
        diagnostics: Vec<Diagnostic>,
    },
}

impl ExperimentError {
    /// The whole error for a terminal: each problem with its place, what is allowed and a hint.
    pub fn render(&self, color: bool) -> String {
        match self {
            Self::Unreadable { path, source, similar } => {
                let message = match source.kind() {
                    std::io::ErrorKind::NotFound => format!("there is no file {}", path.display()),
                    _ => format!("can't read {}: {}", path.display(), source.kind()),
                };
                let mut diagnostic = Diagnostic::new(message);
                if let Some(similar) = similar {
                    diagnostic = diagnostic.hint(format!("did you mean {}?", similar.display()));
                }
                diagnostic.render(color)
            }
            Self::Invalid { diagnostics } => {
                let rendered: Vec<String> = diagnostics.iter().map(|one| one.render(color)).collect();
                rendered.join("\n\n")
            }
        }
    }

    /// The problems in one line each, without places.
    pub fn messages(&self) -> Vec<String> {
        match self {
            Self::Unreadable { path, source, .. } => {
                vec![format!("can't read {}: {}", path.display(), source.kind())]
            }
            Self::Invalid { diagnostics } => diagnostics.iter().map(|one| one.message().to_owned()).collect(),
        }
    }
}

impl From<Diagnostic> for ExperimentError {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Invalid { diagnostics: vec![diagnostic] }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.render(false))
    }
}

/// Names in backticks, separated by commas.
pub fn listed<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{}`", name.as_ref())).collect();
    names.join(", ")
}

/// The candidate that `typed` was probably meant to be.
pub fn similar<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Snake case is what a programmer's fingers write first.
    let typed = typed.to_lowercase().replace('_', "-");
    candidates
        .into_iter()
        .map(|candidate| (strsim::normalized_damerau_levenshtein(&typed, candidate), candidate))
        .filter(|(closeness, _)| *closeness >= 0.6)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::experiment::source::Source;

    #[test]
    fn similar_names_are_found_and_others_are_not() {
        let keys = ["epochs", "batch-size", "last-batch", "seeds"];
        let check = |typed, expect: Option<&str>| assert_eq!(similar(typed, keys), expect, "{typed}");
        check("epoch", Some("epochs"));
        check("batch_size", Some("batch-size"));
        check("Epochs", Some("epochs"));
        check("seed", Some("seeds"));
        check("colour", None);
    }

    #[test]
    fn a_diagnostic_shows_line_column_caret_and_notes() {
        let source = Arc::new(Source { name: "a.toml".into(), text: "[train]\nepoch = 3\n".into() });
        let diagnostic = Diagnostic::new("unknown key `epoch` in [train]")
            .at(Origin::new(&source, 8..13))
            .allowed("`epochs`")
            .hint("did you mean `epochs`?");
        let expect = "\
error: unknown key `epoch` in [train]
 --> a.toml:2:1
  |
2 | epoch = 3
  | ^^^^^
  |
  = allowed: `epochs`
  = hint: did you mean `epochs`?";
        assert_eq!(diagnostic.render(false), expect);
        assert!(diagnostic.render(true).contains("\u{1b}["), "colour");
    }

    #[test]
    fn the_same_problem_is_kept_once() {
        let problems = Problems::default();
        problems.push(Diagnostic::new("a"));
        problems.push(Diagnostic::new("a"));
        problems.push(Diagnostic::new("b"));
        assert_eq!(problems.count(), 2);
        assert_eq!(problems.finish(Some(())).unwrap_err().messages(), ["a", "b"]);
    }
}
