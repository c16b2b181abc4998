//! Everything that is wrong with an experiment, gathered while it is read.

use std::cell::RefCell;

use super::diagnostic::Diagnostic;
use super::error::ExperimentError;
use super::source::Source;

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

    /// Adds a problem unless there is one with the same words, wherever it is: the points of a grid
    /// repeat a fault at each alternative.
    pub fn push_words_once(&self, diagnostic: Diagnostic) {
        if !self.0.borrow().iter().any(|other| other.message() == diagnostic.message()) {
            self.push(diagnostic);
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
        let mut diagnostics = self.0.into_inner();
        in_reading_order(&mut diagnostics);
        match value {
            Some(value) if diagnostics.is_empty() => Ok(value),
            _ => Err(ExperimentError::Invalid { diagnostics }),
        }
    }
}

/// Sorts by place: text after text as they were first met, each from its top to its bottom.
fn in_reading_order(diagnostics: &mut [Diagnostic]) {
    let mut texts: Vec<*const Source> = Vec::new();
    for origin in diagnostics.iter().filter_map(|diagnostic| diagnostic.origin()) {
        let text = std::ptr::from_ref(origin.source());
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    diagnostics.sort_by_key(|diagnostic| {
        diagnostic.origin().map(|origin| {
            let text = std::ptr::from_ref(origin.source());
            (texts.iter().position(|other| *other == text), origin.span().start)
        })
    });
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::experiment::source::Origin;

    #[test]
    fn the_same_problem_is_kept_once() {
        let problems = Problems::default();
        problems.push(Diagnostic::new("a"));
        problems.push(Diagnostic::new("a"));
        problems.push(Diagnostic::new("b"));
        assert_eq!(problems.count(), 2);
        assert_eq!(problems.finish(Some(())).unwrap_err().messages(), ["a", "b"]);
    }

    #[test]
    fn problems_are_told_in_reading_order() {
        let file = |name: &str| Arc::new(Source { name: name.into(), text: "0123456789".into() });
        let (first, second) = (file("first"), file("second"));
        let problems = Problems::default();
        for (words, source, start) in [("b", &first, 5), ("c", &second, 1), ("a", &first, 2)] {
            problems.push(Diagnostic::new(words).at(Origin::new(source, start..start + 1)));
        }
        assert_eq!(problems.finish(Some(())).unwrap_err().messages(), ["a", "b", "c"]);
    }
}
