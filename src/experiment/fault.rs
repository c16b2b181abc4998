//! What can be wrong with a single value, apart from its range.

use std::fmt;

use serde::de;

use super::diagnostic::{Diagnostic, listed, similar};
use super::file;
use super::source::Origin;

/// The place of a value or key in the experiment.
#[derive(Clone, Debug)]
pub struct Place {
    /// Where the value or key stands.
    pub origin: Origin,
    /// Dotted path of the value, or of the table that a key stands in; empty for the whole experiment.
    pub path: String,
}

/// Ends the path of an array's element.
pub const ELEMENT: &str = "[]";

/// What is wrong.
#[derive(Clone, Debug)]
pub enum Fault {
    /// A key that the table doesn't have.
    UnknownKey {
        /// The key as typed.
        key: String,
        /// The keys that the table has.
        allowed: &'static [&'static str],
    },
    /// A value of an enumeration that it doesn't have.
    UnknownChoice {
        /// The value as typed.
        found: String,
        /// The values that there are.
        allowed: &'static [&'static str],
        /// True if the value is the name of a table, such as `[model.ege-unet]`.
        table: bool,
    },
    /// A table that should name one choice and names none.
    NoChoice {
        /// The choices that there are.
        allowed: &'static [&'static str],
    },
    /// A table that should name one choice and names more.
    TwoChoices {
        /// The first choice.
        first: String,
        /// Where the first choice stands.
        first_origin: Origin,
        /// The second choice.
        second: String,
    },
    /// A value of another type.
    Type {
        /// What stands there.
        found: String,
        /// What should stand there.
        expected: String,
        /// How to mend it, where that is plain.
        hint: Option<String>,
    },
    /// A key that must be there and isn't.
    Missing {
        /// The key.
        key: String,
    },
    /// Anything else, in words.
    Other(String),
}

/// A fault with the innermost place that is known to contain it.
#[derive(Clone, Debug)]
pub struct ReadError {
    fault: Box<Fault>,
    place: Option<Place>,
}

impl ReadError {
    /// A fault whose place isn't known yet.
    pub fn new(fault: Fault) -> Self {
        Self { fault: Box::new(fault), place: None }
    }

    /// Sets the place unless a place further in is known.
    #[must_use]
    pub fn or_at(mut self, place: Place) -> Self {
        self.place.get_or_insert(place);
        self
    }
}

impl From<ReadError> for Diagnostic {
    fn from(error: ReadError) -> Self {
        let path = error.place.as_ref().map(|place| place.path.as_str()).unwrap_or_default();
        let diagnostic = match *error.fault {
            Fault::UnknownKey { key, allowed } => unknown_key(&key, path, allowed),
            Fault::UnknownChoice { found, allowed, table } => {
                // Choices that are tables are nouns: an unknown model, an unknown schedule.
                let message = if table {
                    format!("unknown {path} `{found}`")
                } else {
                    format!("unknown value \"{found}\" for `{path}`")
                };
                did_you_mean(Diagnostic::new(message), &found, allowed).allowed(listed(allowed))
            }
            Fault::NoChoice { allowed } => Diagnostic::new(format!("[{path}] chooses nothing")).allowed(
                allowed.iter().map(|name| format!("[{path}.{name}]")).collect::<Vec<_>>().join(", "),
            ),
            Fault::TwoChoices { first, first_origin, second } => {
                Diagnostic::new(format!("two choices in [{path}]: `{first}` and `{second}`"))
                    .related(first_origin, "the first")
                    .hint("keep one, and compare the two as variants: one [[variant]] for each")
            }
            Fault::Type { found, expected, hint } => {
                let subject = match path.strip_suffix(ELEMENT) {
                    Some(array) => format!("each of `{array}`"),
                    None => format!("`{path}`"),
                };
                let message = format!("{subject} must be {expected}");
                let diagnostic = Diagnostic::new(message).label(format!("found {found}"));
                match hint {
                    Some(hint) => diagnostic.hint(hint),
                    None => diagnostic,
                }
            }
            Fault::Missing { key } => {
                let place = table_name(path);
                Diagnostic::new(format!("`{key}` is missing {place}"))
                    .hint(format!("add a line such as {key} = \"...\" {place}"))
            }
            Fault::Other(words) => Diagnostic::new(words),
        };
        match error.place {
            Some(place) => diagnostic.at(place.origin),
            None => diagnostic,
        }
    }
}

fn unknown_key(key: &str, path: &str, allowed: &'static [&'static str]) -> Diagnostic {
    let place = table_name(path);
    let diagnostic = did_you_mean(Diagnostic::new(format!("unknown key `{key}` {place}")), key, allowed);
    // A key that is right in another table says more than the list of what is right here.
    let home =
        file::table_with_key(key).map(|table| format!("`{key}` belongs in [{table}], as {table}.{key}"));
    let diagnostic = match home {
        Some(home) => diagnostic.hint(home),
        None => diagnostic,
    };
    if allowed.is_empty() { diagnostic.allowed("no keys") } else { diagnostic.allowed(listed(allowed)) }
}

fn table_name(path: &str) -> String {
    match path {
        "" => "at the top level".to_owned(),
        "variant" | "grid" => format!("in [[{path}]]"),
        _ => format!("in [{path}]"),
    }
}

fn did_you_mean(diagnostic: Diagnostic, typed: &str, allowed: &[&str]) -> Diagnostic {
    match similar(typed, allowed.iter().copied()) {
        Some(near) => diagnostic.hint(format!("did you mean `{near}`?")),
        None => diagnostic,
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(Diagnostic::from(self.clone()).message())
    }
}

impl std::error::Error for ReadError {}

impl de::Error for ReadError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(Fault::Other(message.to_string()))
    }

    fn invalid_type(unexpected: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        let (found, expected) = (unexpected.to_string(), expected.to_string());
        Self::new(Fault::Type { found, expected, hint: None })
    }

    fn invalid_value(unexpected: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::invalid_type(unexpected, expected)
    }

    fn invalid_length(length: usize, expected: &dyn de::Expected) -> Self {
        let found = format!("{length} values");
        Self::new(Fault::Type { found, expected: expected.to_string(), hint: None })
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::new(Fault::UnknownChoice { found: variant.to_owned(), allowed: expected, table: false })
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::new(Fault::UnknownKey { key: field.to_owned(), allowed: expected })
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(Fault::Missing { key: field.to_owned() })
    }
}
