//! What is wrong with an experiment, shown at the place where it stands.

use std::fmt;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet, normalize_untrusted_str};

use super::source::Origin;

/// One thing that the user can mend.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic(Box<Parts>);

#[derive(Clone, Debug, PartialEq)]
struct Parts {
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
        Self(Box::new(Parts {
            message: message.into(),
            origin: None,
            label: None,
            related: Vec::new(),
            allowed: None,
            hint: None,
        }))
    }

    /// Sets the place.
    #[must_use]
    pub fn at(mut self, origin: Origin) -> Self {
        self.0.origin = Some(origin);
        self
    }

    /// Sets the words beside the caret.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.0.label = Some(label.into());
        self
    }

    /// Adds another place that has to do with it.
    #[must_use]
    pub fn related(mut self, origin: Origin, label: impl Into<String>) -> Self {
        self.0.related.push((origin, label.into()));
        self
    }

    /// Sets what would be allowed.
    #[must_use]
    pub fn allowed(mut self, allowed: impl Into<String>) -> Self {
        self.0.allowed = Some(allowed.into());
        self
    }

    /// Sets what the user can do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Sets `hint` where there is none and `apply` holds.
    #[must_use]
    pub fn hint_if(self, apply: bool, hint: &str) -> Self {
        if apply && self.0.hint.is_none() { self.hint(hint) } else { self }
    }

    /// The place, where there is one.
    pub fn origin(&self) -> Option<&Origin> {
        self.0.origin.as_ref()
    }

    /// What is wrong, in one line.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Message, place with caret, what is allowed and a hint, as several lines without a last line break.
    pub fn render(&self, color: bool) -> String {
        let mut group = Group::with_title(Level::ERROR.primary_title(self.0.message.as_str()));
        if let Some(origin) = &self.0.origin {
            let primary = AnnotationKind::Primary.span(origin.span()).label(self.0.label.as_deref());
            let mut snippet = snippet(origin).annotation(primary);
            for (related, label) in self.0.related.iter().filter(|(related, _)| same_text(related, origin)) {
                let context = AnnotationKind::Context.span(related.span()).label(label.as_str());
                snippet = snippet.annotation(context);
            }
            group = group.element(snippet);
            for (related, label) in self.0.related.iter().filter(|(related, _)| !same_text(related, origin)) {
                let context = AnnotationKind::Context.span(related.span()).label(label.as_str());
                group = group.element(self::snippet(related).annotation(context));
            }
        }
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        let mut below = String::new();
        let notes = [("allowed", &self.0.allowed, Level::NOTE), ("hint", &self.0.hint, Level::HELP)];
        for (name, text, level) in notes {
            let Some(text) = text else { continue };
            let (level, text) = (level.with_name(name), normalize_untrusted_str(text));
            if self.0.origin.is_some() {
                group = group.element(level.message(text));
            } else {
                // Without a line of source to hang on, a note stands on a line of its own.
                let note = renderer.render(&[Group::with_title(level.secondary_title(text))]);
                below = format!("{below}\n{note}");
            }
        }
        renderer.render(&[group]) + &below
    }
}

fn snippet(origin: &Origin) -> Snippet<'_, annotate_snippets::Annotation<'_>> {
    Snippet::source(origin.source().text.as_str()).path(origin.source().name.to_string_lossy())
}

fn same_text(left: &Origin, right: &Origin) -> bool {
    std::ptr::eq(left.source(), right.source())
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
}
