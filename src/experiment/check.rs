//! Checks of values, reported at the place where the value stands.

use std::collections::HashSet;
use std::fmt::{Debug, Display};
use std::hash::Hash;
use std::ops::RangeInclusive;

use super::diagnostic::Diagnostic;
use super::document::Node;
use super::problems::Problems;
use super::source::Origin;

/// Checks values of one variant and notes what is wrong.
#[derive(Clone, Copy)]
pub struct Check<'a> {
    /// The variant's sections, where values stand.
    pub sections: &'a Node,
    /// Where problems go.
    pub problems: &'a Problems,
}

impl Check<'_> {
    /// `value` if it lies in `range`; a default never fails, so `path` is then in the file.
    pub fn within<T>(self, path: &str, value: T, range: RangeInclusive<T>) -> T
    where
        T: PartialOrd + Display + Debug + Copy,
    {
        let allowed = format!("{} to {}", range.start(), range.end());
        self.must(path, range.contains(&value), &value, &allowed);
        value
    }

    /// A finite number for which `holds`, described by `allowed`; -0 becomes 0.
    pub fn number(self, path: &str, value: f64, allowed: &str, holds: impl Fn(f64) -> bool) -> f64 {
        self.must(path, value.is_finite() && holds(value), &value, allowed);
        // Both zeros mean the same, so they must not give two ids to one run.
        value + 0.0
    }

    /// Notes that `value` is out of range unless `holds`.
    pub fn must(self, path: &str, holds: bool, value: &dyn Display, allowed: &str) {
        if !holds {
            let typed = self
                .sections
                .find(path)
                .map_or_else(|| value.to_string(), |node| node.origin.text().to_owned());
            // The index of an array's element serves to find it; the caret shows which one it is.
            let name: Vec<_> =
                path.split('.').filter(|key| !key.starts_with(|c: char| c.is_ascii_digit())).collect();
            let message = format!("{typed} is out of range for `{}`", name.join("."));
            self.note(path, Diagnostic::new(message).allowed(allowed));
        }
    }

    /// Adds a diagnostic at the value of `path`, or at the innermost table around it that exists.
    pub fn note(self, path: &str, diagnostic: Diagnostic) {
        self.problems.push(diagnostic.at(self.origin(path)));
    }

    /// Where `path` stands, or the innermost table around it that exists.
    pub fn origin(self, path: &str) -> Origin {
        let mut path = path;
        loop {
            if let Some(node) = self.sections.find(path) {
                return node.origin.clone();
            }
            match path.rsplit_once('.') {
                Some((parent, _)) => path = parent,
                None => return self.sections.origin.clone(),
            }
        }
    }
}

/// Adds a problem unless `name` can stand in tables, file names and command lines.
pub fn name(what: &str, name: &str, origin: &Origin, problems: &Problems) {
    const MOST: usize = 120;
    const MARKS: &str = " -_.+=,:/()[]";
    let allowed = format!("1 to {MOST} letters, digits, spaces and {}", MARKS.trim());
    let problem = if name.trim().is_empty() {
        format!("the {what}'s name is empty")
    } else if name.trim() != name {
        format!("the {what}'s name begins or ends with a space")
    } else if name.chars().count() > MOST {
        format!("the {what}'s name has {} characters", name.chars().count())
    } else if let Some(bad) = name.chars().find(|c| !c.is_ascii_alphanumeric() && !MARKS.contains(*c)) {
        format!("the {what}'s name has a character {bad:?}")
    } else {
        return;
    };
    problems.push(Diagnostic::new(problem).at(origin.clone()).allowed(allowed));
}

/// The first position whose value stands before it too.
pub fn repeated<T: Eq + Hash>(values: &[T]) -> Option<usize> {
    let mut seen = HashSet::new();
    values.iter().position(|value| !seen.insert(value))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::experiment::source::Source;

    #[test]
    fn names_that_break_tables_are_refused() {
        let origin = Origin::new(&Arc::new(Source { name: "a".into(), text: String::new() }), 0..0);
        let check = |text: &str, good: bool| {
            let problems = Problems::default();
            name("variant", text, &origin, &problems);
            assert_eq!(problems.count() == 0, good, "{text:?}");
        };
        check("ege-unet dilations=[1,1,1,1] tensor-init=random", true);
        check("as released", true);
        check("", false);
        check(" a", false);
        check("a\nb", false);
        check("a|b", false);
        check("a<b>", false);
        check(&"a".repeat(120), true);
        check(&"a".repeat(121), false);
    }

    #[test]
    fn repetitions_are_found() {
        assert_eq!(repeated(&[1, 2, 3]), None);
        assert_eq!(repeated(&[1, 2, 1, 2]), Some(2));
    }
}
