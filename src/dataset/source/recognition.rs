//! What was recognised of what the user has, as it is told.

/// A folder or an archive in which pictures of the data set were found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognised {
    /// Where, as the user named it.
    pub place: String,
    /// What it is, such as `training images` or `images`.
    pub what: String,
    /// Pictures that are used.
    pub pictures: usize,
}

/// Files that are no pictures of this task, of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// What they are.
    pub kind: String,
    /// How many there are.
    pub count: usize,
    /// The first of those that nobody expects.
    pub named: Vec<String>,
}

/// What was found, what is missing, and what was passed over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recognition {
    /// Where pictures were found.
    pub recognised: Vec<Recognised>,
    /// What the data set also has, and pictures that lack their other half, in words.
    pub missing: Vec<String>,
    /// What was passed over.
    pub ignored: Vec<Ignored>,
}

/// Names that are listed of one kind.
const NAMED: usize = 5;

impl Recognition {
    /// Passes a file over.
    pub(super) fn ignore(&mut self, kind: &str, name: impl Into<String>, is_named: bool) {
        let at = self.ignored.iter().position(|ignored| ignored.kind == kind).unwrap_or_else(|| {
            self.ignored.push(Ignored { kind: kind.to_owned(), count: 0, named: Vec::new() });
            self.ignored.len() - 1
        });
        let ignored = &mut self.ignored[at];
        ignored.count += 1;
        if is_named && ignored.named.len() < NAMED {
            ignored.named.push(name.into());
        }
    }

    /// One line for each thing, with a word of what it is before it.
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let mut lines = Vec::new();
        for Recognised { place, what, pictures } in &self.recognised {
            lines.push(("found", format!("{pictures} {what} in {place}")));
        }
        for missing in &self.missing {
            lines.push(("missing", missing.clone()));
        }
        for Ignored { kind, count, named } in &self.ignored {
            let text = match (named.len(), count - named.len()) {
                (0, _) => format!("{count} {kind}"),
                (_, 0) => format!("{count} {kind}: {}", named.join(", ")),
                (_, more) => format!("{count} {kind}: {} and {more} more", named.join(", ")),
            };
            lines.push(("ignored", text));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_passed_over_is_counted_and_the_unexpected_named() {
        let mut recognition = Recognition::default();
        for number in 0..7 {
            recognition.ignore("superpixels", "x", false);
            recognition.ignore("unknown files", format!("{number}.py"), true);
        }
        let lines: Vec<String> = recognition.lines().into_iter().map(|(_, text)| text).collect();
        assert_eq!(lines, ["7 superpixels", "7 unknown files: 0.py, 1.py, 2.py, 3.py, 4.py and 2 more"]);
    }
}
