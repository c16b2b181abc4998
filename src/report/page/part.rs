//! Pieces that every section is built of.

use maud::{Markup, html};

use crate::report::table::{Shown, Table};

/// States that ask for no attention.
const QUIET: [&str; 3] = ["done", "as released", "not applicable"];

/// The label of everything that was made with synthetic images.
pub(super) fn synthetic_tag(synthetic: bool) -> Markup {
    html! {
        @if synthetic { " " span.tag.synthetic { "SYNTHETIC" } }
    }
}

/// A table in a box of its own that scrolls sideways where the screen is narrow.
pub(super) fn table(table: &Table) -> Markup {
    table_with(table, &|_, _| None)
}

/// A table whose cells may hold a second line; the first column names the row.
pub(super) fn table_with(table: &Table, second: &dyn Fn(usize, &Shown) -> Option<Markup>) -> Markup {
    html! {
        div.scroll role="region" aria-label=(table.title) tabindex="0" {
            table class=(format!("data {}", table.name)) {
                caption { span.title { (table.title) (synthetic_tag(table.synthetic)) } }
                thead {
                    tr {
                        @for shown in &table.shown {
                            th scope="col" class=(class(shown)) { (shown.heading) }
                        }
                    }
                }
                tbody {
                    @for row in 0..table.frame.height() {
                        tr {
                            @for (at, shown) in table.shown.iter().enumerate() {
                                @let text = table.text(row, shown);
                                @if at == 0 {
                                    th scope="row" class=(class(shown)) { (cell(shown, &text)) (second_line(second(row, shown))) }
                                } @else {
                                    td class=(class(shown)) { (cell(shown, &text)) (second_line(second(row, shown))) }
                                }
                            }
                        }
                    }
                }
            }
        }
        @for note in &table.notes {
            p.note { (note) }
        }
        p.files {
            "This table as a file: "
            a href={ "tables/" (table.name) ".csv" } { "CSV" }
            ", "
            a href={ "tables/" (table.name) ".md" } { "Markdown" }
        }
    }
}

fn class(shown: &Shown) -> &'static str {
    if shown.is_numeric() { "number" } else { "text" }
}

fn cell(shown: &Shown, text: &str) -> Markup {
    html! {
        @if shown.is_code() {
            code { (text) }
        } @else if shown.is_state() && !QUIET.contains(&text) {
            strong { (text) }
        } @else {
            (text)
        }
    }
}

fn second_line(line: Option<Markup>) -> Markup {
    html! {
        @if let Some(line) = line { span.second { (line) } }
    }
}
