//! Tables are sorted and filtered, and links lead to their rows.

use serde_json::json;

use super::pages::Report;
use super::session::{Session, key};

/// The texts of a column of the runs, as far as rows are shown.
const COLUMN: &str =
    "const column = (at) => [...document.querySelectorAll('#table-runs tbody tr:not([hidden])')]
    .map((row) => row.cells[at].firstChild.textContent);";

impl Session {
    fn column(&self, at: usize) -> Vec<String> {
        let cells = self.run(&format!("{COLUMN} return column({at});"));
        cells
            .as_array()
            .expect("a list")
            .iter()
            .map(|cell| cell.as_str().unwrap_or_default().to_owned())
            .collect()
    }
}

#[test]
fn headings_sort_their_column_and_missing_values_come_last() {
    let report = Report::isic2017();
    let Some(session) =
        Session::open("headings_sort_their_column_and_missing_values_come_last", &report.page)
    else {
        return;
    };
    let printed = session.column(5);
    assert_eq!(printed.len(), 7);
    let missing = |column: &[String]| column.iter().filter(|text| *text == "\u{2013}").count();
    assert_eq!(missing(&printed), 3);

    let heading = "#table-runs thead th:nth-child(6)";
    session.click(&format!("{heading} button"));
    let rising = session.column(5);
    assert_eq!(missing(&rising[4..]), 3, "{rising:?}");
    assert!(rising[..4].is_sorted_by(|a, b| number(a) <= number(b)), "{rising:?}");
    assert_eq!(
        session.run(&format!("return document.querySelector('{heading}').ariaSort")),
        json!("ascending")
    );

    session.press(key::ENTER);
    let falling = session.column(5);
    assert_eq!(missing(&falling[4..]), 3, "{falling:?}");
    assert!(falling[..4].is_sorted_by(|a, b| number(a) >= number(b)), "{falling:?}");

    session.press(key::SPACE);
    assert_eq!(session.column(5), printed, "the third press shows the rows as printed");
    assert_eq!(
        session.run("return document.querySelectorAll('[aria-sort]').length"),
        json!(0),
        "no heading says that it sorts"
    );

    // Text, too, and equal rows stay in their order.
    session.click("#table-runs thead th:nth-child(3) button");
    assert_eq!(session.column(2), ["done", "done", "done", "done", "failed", "interrupted", "planned"]);
    assert_eq!(session.column(1)[..4], ["42", "43", "44", "42"]);
}

#[test]
fn every_column_of_every_table_is_sorted_by_its_full_precision() {
    let report = Report::isic2017();
    let Some(session) =
        Session::open("every_column_of_every_table_is_sorted_by_its_full_precision", &report.page)
    else {
        return;
    };
    let faults = session.run(
        "const faults = [];
         let columns = 0;
         for (const table of document.querySelectorAll('table.data')) {
             const body = table.tBodies[0];
             const printed = [...body.rows];
             [...table.querySelectorAll('thead th')].forEach((heading, at) => {
                 const button = heading.querySelector('button');
                 if (button === null) return;
                 const value = (row) => Number(row.cells[at].dataset.value);
                 for (const sign of [1, -1]) {
                     button.click();
                     columns += 1;
                     const there = [...body.rows].filter((row) => !('missing' in row.cells[at].dataset));
                     const numbers = there.every((row) => 'value' in row.cells[at].dataset);
                     const first = there.every((row, place) => body.rows[place] === row);
                     const ordered = there.every((row, place) =>
                         place === 0 || sign * (value(row) - value(there[place - 1])) >= 0);
                     if (!first || (numbers && !ordered)) faults.push([table.className, heading.textContent, sign]);
                 }
                 button.click();
                 if (printed.some((row, place) => body.rows[place] !== row)) faults.push([table.className, 'printed']);
             });
         }
         return { columns, faults };",
    );
    assert_eq!(faults["faults"], json!([]));
    assert!(faults["columns"].as_u64().is_some_and(|columns| columns > 60), "{faults}");
}

#[test]
fn a_word_filters_rows_and_a_link_to_one_brings_it_back() {
    let report = Report::isic2017();
    let Some(session) = Session::open("a_word_filters_rows_and_a_link_to_one_brings_it_back", &report.page)
    else {
        return;
    };
    let input = "#table-runs input[type=search]";
    session.type_into(input, "No-Dilation");
    let status = "return document.querySelector('#table-runs [role=status]').textContent";
    assert_eq!(session.column(0), ["no-dilation"; 4]);
    assert_eq!(session.run(status), json!("4 of 7 rows"));
    session.type_into(input, " and nothing like it");
    assert_eq!(session.column(0).len(), 0);
    assert_eq!(session.run(status), json!("0 of 7 rows"));

    let link = session.run(
        "const link = document.querySelector('#table-runs tbody tr .permalink'); location.hash = link.hash; return link.hash",
    );
    assert_eq!(link, json!("#row-runs-ege-unet-42"));
    assert!(session.becomes("document.querySelectorAll('#table-runs tbody tr:not([hidden])').length === 7"));
    assert!(session.becomes(
        "(() => { const at = document.querySelector('#table-runs tr:target').getBoundingClientRect(); \
         return at.top >= 0 && at.bottom <= innerHeight; })()"
    ));

    // The same from outside.
    session.go(&report.page, "?again#row-deviations-own-5");
    assert!(session.becomes(
        "(() => { const at = document.querySelector('#table-deviations tr:target').getBoundingClientRect(); \
         return at.top >= 0 && at.top < innerHeight; })()"
    ));
    assert_eq!(session.log(), Vec::<String>::new());
}

#[test]
fn every_part_has_a_link_of_its_own() {
    let report = Report::isic2017();
    let Some(session) = Session::open("every_part_has_a_link_of_its_own", &report.page) else { return };
    let counts = session.run(
        "const all = (selector) => document.querySelectorAll(selector);
         const ids = [...all('[id]')].map((element) => element.id);
         const parts = all('section, .sheet, figure, tbody tr');
         return {
             parts: parts.length,
             links: all('.permalink').length,
             named: [...parts].filter((part) => part.id !== '').length,
             twice: ids.filter((id, at) => ids.indexOf(id) !== at),
             dead: [...all('a[href^=\"#\"], use')]
                 .map((link) => link.getAttribute('href').slice(1))
                 .filter((id) => document.getElementById(decodeURIComponent(id)) === null),
         };",
    );
    assert_eq!((&counts["twice"], &counts["dead"]), (&json!([]), &json!([])));
    assert_eq!((&counts["links"], &counts["named"]), (&counts["parts"], &counts["parts"]), "{counts}");
}

fn number(text: &str) -> f64 {
    text.parse().expect("a number")
}
