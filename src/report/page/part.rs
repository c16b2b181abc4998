//! Pieces that every section is built of.

use maud::{Markup, PreEscaped, html};

use super::anchor;
use super::cell::{CellExtra, cell, class};
use crate::report::error::ReportError;
use crate::report::export::EXPORTERS;
use crate::report::table::{Shown, Table, Tables};

/// The label of everything that was made with synthetic images.
pub(super) fn synthetic_tag(synthetic: bool) -> Markup {
    html! {
        @if synthetic { " " span.tag.synthetic { "SYNTHETIC" } }
    }
}

/// A chart under its title, which also names it in links.
pub(super) fn figure(title: &str, svg: &str, synthetic: bool) -> Markup {
    html! {
        figure id={ "chart-" (anchor::slug(title)) } {
            figcaption { (title) (synthetic_tag(synthetic)) }
            (PreEscaped(svg))
        }
    }
}

/// A table in a box of its own that scrolls sideways where the screen is narrow.
pub(super) fn table(table: &Table) -> Markup {
    table_with(table, &|_, _| None)
}

/// A table whose cells may carry more than their text: `extra` is asked for every row and column that is shown.
///
/// The first column names the row. Numbers stand in `data-value` at full precision, for sorting.
pub(super) fn table_with(table: &Table, extra: &dyn Fn(usize, &Shown) -> Option<CellExtra>) -> Markup {
    html! {
        div.sheet id={ "table-" (table.name) } {
            div.scroll role="region" aria-label=(table.title) tabindex="0" {
                table class={ "data " (table.name) } {
                    caption { span.title { (table.title) (synthetic_tag(table.synthetic)) } }
                    thead {
                        tr { @for shown in &table.shown { th scope="col" class=(class(shown)) { (shown.heading) } } }
                    }
                    tbody {
                        @for (row, id) in anchor::rows(table).iter().enumerate() {
                            tr id=(id) {
                                @for (at, shown) in table.shown.iter().enumerate() {
                                    (cell(table, row, at, id, extra(row, shown)))
                                }
                            }
                        }
                    }
                }
            }
            @for note in &table.notes {
                p.note { (note) }
            }
            (files(table))
        }
    }
}

/// Links to the table's files.
fn files(table: &Table) -> Markup {
    html! {
        p.files {
            "This table as a file: "
            @for (at, exporter) in EXPORTERS.iter().filter(|exporter| exporter.takes(table)).enumerate() {
                @if at > 0 { ", " }
                a href={ "tables/" (table.name) "." (exporter.extension()) } { (exporter.name()) }
            }
        }
    }
}

/// The text of the files, for the script to copy: what is copied is the file, byte for byte.
///
/// # Errors
/// When a table can't be exported.
pub(super) fn copies(tables: &Tables) -> Result<Markup, ReportError> {
    let mut copies = Vec::new();
    for table in tables.all().filter(|table| !table.long) {
        for exporter in EXPORTERS.iter().filter(|exporter| exporter.is_text() && exporter.takes(table)) {
            let bytes = exporter.export(table)?;
            copies.push((table.name, exporter.name(), literal(&String::from_utf8_lossy(&bytes))));
        }
    }
    Ok(html! {
        @for (table, format, text) in &copies {
            template.copy data-table=(table) data-format=(format) { (text) }
        }
    })
}

/// Text that a parser of HTML gives back unchanged: it would turn carriage returns into line feeds.
fn literal(text: &str) -> Markup {
    let escaped = html! { (text) }.into_string();
    PreEscaped(escaped.replace('\r', "&#13;"))
}

#[cfg(test)]
mod tests {
    use polars::prelude::Column;

    use super::*;
    use crate::report::table::Show;

    #[test]
    fn a_table_has_ids_and_its_files() {
        let columns = vec![Column::new("name".into(), ["a", "b"])];
        let table = Table::new("test", "Test", 2, columns, vec![Shown::new("Name", "name", Show::Text)]);
        let page =
            table_with(&table.unwrap(), &|row, _| (row == 1).then(|| CellExtra::details(html! { "why" })))
                .into_string();
        for part in [
            r#"<div class="sheet" id="table-test">"#,
            r#"<tr id="row-test-a"><th scope="row" class="text">a</th></tr>"#,
            r#"popovertarget="details-row-test-b-name">b</button>"#,
            r#"<a href="tables/test.csv">CSV</a>, <a href="tables/test.parquet">Parquet</a>, "#,
            r#"<a href="tables/test.md">Markdown</a>, <a href="tables/test.tex">LaTeX</a>"#,
        ] {
            assert!(page.contains(part), "{part} in {page}");
        }
    }

    #[test]
    fn carriage_returns_and_markup_stay() {
        assert_eq!(literal("a\r\n<b> & \"c\"").into_string(), "a&#13;\n&lt;b&gt; &amp; &quot;c&quot;");
    }
}
