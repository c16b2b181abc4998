//! Markdown: the columns that the page shows, rounded as there.

use std::fmt::Write as _;

use super::Exporter;
use crate::report::error::ReportError;
use crate::report::table::Table;

/// A GitHub-flavoured Markdown table under its title.
pub(super) struct Markdown;

impl Exporter for Markdown {
    fn name(&self) -> &'static str {
        "Markdown"
    }

    fn extension(&self) -> &'static str {
        "md"
    }

    fn is_text(&self) -> bool {
        true
    }

    fn takes(&self, table: &Table) -> bool {
        !table.long
    }

    fn export(&self, table: &Table) -> Result<Vec<u8>, ReportError> {
        let label = if table.synthetic { " (SYNTHETIC DATA)" } else { "" };
        let mut text = format!("**{}{label}**\n\n", escaped(&table.title));
        line(&mut text, table.shown.iter().map(|shown| escaped(&shown.heading)));
        line(
            &mut text,
            table.shown.iter().map(|shown| if shown.is_numeric() { "---:" } else { "---" }.to_owned()),
        );
        for row in 0..table.frame.height() {
            line(&mut text, table.shown.iter().map(|shown| escaped(&table.text(row, shown))));
        }
        for note in &table.notes {
            let _ = write!(text, "\n{}\n", escaped(note));
        }
        Ok(text.into_bytes())
    }
}

fn line(text: &mut String, cells: impl Iterator<Item = String>) {
    text.push('|');
    for cell in cells {
        let _ = write!(text, " {cell} |");
    }
    text.push('\n');
}

/// Keeps a cell in its column, and characters that Markdown or HTML would read as markup as they are.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\r' => out.push(' '),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' => {
                out.push('\\');
                out.push(character);
            }
            _ => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn markup_is_escaped() {
        for (text, expect) in [
            ("plain ± 0.10", "plain ± 0.10"),
            ("a|b\nc", "a\\|b c"),
            ("<b>*x*</b>", "&lt;b&gt;\\*x\\*&lt;/b&gt;"),
        ] {
            assert_eq!(escaped(text), expect);
        }
    }
}
