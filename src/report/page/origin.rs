//! Where the numbers come from, and how to get them again.

use maud::{Markup, html};

use super::part;
use crate::report::input::ReportInput;
use crate::report::table::{Table, Tables};
use crate::report::variant::distinct;

/// Columns of the provenance table that the list shows, with their titles; hashes of the meaning follow.
const FACTS: [(&str, &str); 6] = [
    ("version", "ege-bench"),
    ("cargo_lock", "Cargo.lock (SHA-256)"),
    ("device", "Device"),
    ("hardware", "Hardware"),
    ("threads", "Threads"),
    ("system", "System"),
];

/// The command, what the runs were made with, and the runs by id.
pub(super) fn section(input: &ReportInput, tables: &Tables) -> Markup {
    let table = &tables.provenance;
    html! {
        section id="provenance" aria-labelledby="provenance-title" {
            h2 id="provenance-title" { "Provenance" }
            h3 { "The same again" }
            div.scroll role="region" aria-label="Command" tabindex="0" { pre { code { (input.command) } } }
            h3 { "Made with" }
            dl.facts.wide {
                div { dt { "Commit" } dd { code { (known(&commits(input))) } } }
                @for (column, title) in FACTS.iter().map(|(column, title)| (*column, (*title).to_owned())).chain(digests(table)) {
                    div { dt { (title) } dd { code { (known(&values(table, column))) } } }
                }
            }
            h3 { "Runs" }
            (part::table(table))
        }
    }
}

fn commits(input: &ReportInput) -> Vec<String> {
    let begun = input.runs.iter().filter(|run| !run.record.provenance.version.is_empty());
    distinct(begun.map(|run| {
        let provenance = &run.record.provenance;
        let commit = if provenance.commit.is_empty() { "unknown" } else { &provenance.commit };
        let dirty = if provenance.dirty { " with uncommitted changes" } else { "" };
        format!("{commit}{dirty}")
    }))
}

/// The columns after those of the record: hashes of the runs' meaning.
fn digests(table: &Table) -> impl Iterator<Item = (&str, String)> {
    let columns = table.frame.columns().iter().map(|column| column.name().as_str());
    columns.skip_while(|column| *column != "system").skip(1).map(|column| {
        let (what, kind) = column.rsplit_once('_').unwrap_or((column, "digest"));
        let mut title = format!("{what} {kind}");
        title[..1].make_ascii_uppercase();
        (column, title)
    })
}

/// Distinct values of the runs that were begun: a planned run was made with nothing yet.
fn values(table: &Table, column: &str) -> Vec<String> {
    let begun = (0..table.frame.height())
        .filter(|row| table.string(*row, "version").is_some_and(|version| !version.is_empty()));
    distinct(begun.filter_map(|row| table.string(row, column)).filter(|text| !text.is_empty()))
}

fn known(values: &[String]) -> String {
    if values.is_empty() { "unknown".to_owned() } else { values.join("; ") }
}
