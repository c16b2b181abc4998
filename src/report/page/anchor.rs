//! Names by which parts of the page can be linked to.

use crate::report::table::Table;

/// Longer names are cut.
const LONGEST: usize = 60;

/// Text as a part of an id: lower-case letters and digits, anything else as single hyphens.
pub(super) fn slug(text: &str) -> String {
    let mut slug = String::new();
    for character in text.chars().flat_map(char::to_lowercase) {
        if character.is_alphanumeric() {
            slug.push(character);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.chars().count() >= LONGEST {
            break;
        }
    }
    slug.trim_end_matches('-').to_owned()
}

/// An id for each name; the second and later ones of the same name are numbered.
pub(super) fn ids(prefix: &str, names: &[String]) -> Vec<String> {
    let mut ids: Vec<String> = Vec::with_capacity(names.len());
    for name in names {
        let slug = slug(name);
        let plain = if slug.is_empty() { format!("{prefix}-1") } else { format!("{prefix}-{slug}") };
        let numbered = (2..).map(|n| format!("{prefix}-{slug}-{n}").replace("--", "-"));
        let free = std::iter::once(plain).chain(numbered).find(|id| !ids.contains(id));
        ids.push(free.expect("there is always a higher number"));
    }
    ids
}

/// The ids of a table's rows: the first columns that tell the rows apart.
pub(super) fn rows(table: &Table) -> Vec<String> {
    let name = |row: usize, columns: usize| {
        let texts = table.shown[..columns].iter().map(|shown| table.text(row, shown));
        texts.collect::<Vec<_>>().join(" ")
    };
    let height = table.frame.height();
    let named = |columns: usize| (0..height).map(|row| name(row, columns)).collect::<Vec<_>>();
    let apart = |names: &Vec<String>| {
        let mut slugs: Vec<String> = names.iter().map(|name| slug(name)).collect();
        slugs.sort_unstable();
        slugs.windows(2).all(|pair| pair[0] != pair[1])
    };
    let enough = (1..=table.shown.len()).map(named).find(apart);
    ids(&format!("row-{}", table.name), &enough.unwrap_or_else(|| named(table.shown.len().min(1))))
}

#[cfg(test)]
mod tests {
    use polars::prelude::Column;

    use super::*;
    use crate::report::table::{Show, Shown};

    #[test]
    fn slugs() {
        for (text, expect) in [
            ("EGE-UNet (ours)", "ege-unet-ours"),
            ("Training loss", "training-loss"),
            ("<script>", "script"),
            ("\u{2013}", ""),
            ("\u{394} IoU", "\u{3b4}-iou"),
            (&"ab ".repeat(40), "ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab"),
        ] {
            assert_eq!(slug(text), expect);
        }
    }

    #[test]
    fn ids_are_never_the_same() {
        let check = |names: &[&str], expect: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(ids("p", &names), expect);
        };
        check(&["a", "b"], &["p-a", "p-b"]);
        check(&["a", "a", "a 2", "A"], &["p-a", "p-a-2", "p-a-2-2", "p-a-3"]);
        check(&["", "?"], &["p-1", "p-2"]);
    }

    #[test]
    fn rows_are_named_by_as_many_columns_as_it_takes() {
        let check = |variants: [&str; 2], seeds: [u64; 2], expect: [&str; 2]| {
            let columns = vec![Column::new("variant".into(), variants), Column::new("seed".into(), seeds)];
            let shown = ["variant", "seed"].map(|column| Shown::new(column, column, Show::Text)).into();
            assert_eq!(rows(&Table::new("runs", "Runs", 2, columns, shown).unwrap()), expect);
        };
        check(["a", "b"], [1, 1], ["row-runs-a", "row-runs-b"]);
        check(["a", "a"], [1, 2], ["row-runs-a-1", "row-runs-a-2"]);
        check(["a", "a"], [1, 1], ["row-runs-a", "row-runs-a-2"]);
    }
}
