//! The cells of a table, and what they carry beside their text.

use maud::{Markup, html};

use crate::report::table::{Shown, Table};

/// States that ask for no attention.
const QUIET: [&str; 3] = ["done", "as released", "not applicable"];

/// A longer text asks for a wide column, so that it doesn't become a tall one.
const LONG: usize = 36;

/// What is said of a claim: the class that colours it, the sign that stands for it, and the words.
pub(super) const STATES: [(&str, &str, &str); 5] = [
    ("reproduced", "\u{2713}", "reproduced"),
    ("better", "\u{25b2}", "better than claimed"),
    ("not-reproduced", "\u{2717}", "not reproduced"),
    ("inconclusive", "?", "inconclusive"),
    ("not-attempted", "\u{25cb}", "not attempted"),
];

/// What a cell carries beside its text.
#[derive(Default)]
pub(super) struct CellExtra {
    /// A second line, always shown.
    pub second: Option<Markup>,
    /// What the text opens on hover, focus, click or tap; it works without script, closes on Escape, and isn't printed.
    pub details: Option<Markup>,
    /// One of [`STATES`] by its class: the cell is coloured and has its sign.
    pub state: Option<&'static str>,
}

impl CellExtra {
    /// A second line and nothing else.
    pub fn second(line: Markup) -> Self {
        Self { second: Some(line), ..Self::default() }
    }

    /// Details and nothing else.
    pub fn details(details: Markup) -> Self {
        Self { details: Some(details), ..Self::default() }
    }
}

/// The sign of a state with its words, which are seen everywhere but right in a cell.
pub(super) fn sign(state: &str) -> Markup {
    let found = STATES.iter().find(|(class, ..)| *class == state);
    html! {
        @if let Some((class, sign, words)) = found {
            span class={ "sign " (class) } { span aria-hidden="true" { (sign) } span.words { " " (words) } }
        }
    }
}

/// A cell of row `row`, whose id is `row_id`; the first cell of a row names it.
pub(super) fn cell(table: &Table, row: usize, at: usize, row_id: &str, extra: Option<CellExtra>) -> Markup {
    let shown = &table.shown[at];
    let extra = extra.unwrap_or_default();
    let text = table.text(row, shown);
    let long = (text.chars().count() > LONG).then_some("long");
    let class = [Some(class(shown)), long, extra.state].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let text = marked(shown, &text);
    let id = format!("details-{row_id}-{}", shown.column());
    let content = content(&id, &text, &extra);
    let value = table.number(row, shown.column()).filter(|value| value.is_finite());
    let missing = value.is_none() && table.string(row, shown.column()).is_none_or(|text| text.is_empty());
    html! {
        @if at == 0 {
            th scope="row" class=(class) data-value=[value] data-missing[missing] { (content) }
        } @else {
            td class=(class) data-value=[value] data-missing[missing] { (content) }
        }
    }
}

/// A cell of a table that isn't a frame: a number with its text, and the id of what it opens.
pub(super) fn number(id: &str, value: f64, text: &str, extra: &CellExtra) -> Markup {
    let class = ["number"].into_iter().chain(extra.state).collect::<Vec<_>>().join(" ");
    html! { td class=(class) data-value=(value) { (content(id, &html! { (text) }, extra)) } }
}

/// The text with what belongs to it.
fn content(id: &str, text: &Markup, extra: &CellExtra) -> Markup {
    let sign = sign(extra.state.unwrap_or_default());
    html! {
        @match &extra.details {
            Some(details) => {
                button.more type="button" popovertarget=(id) { (text) }
                (sign)
                div.details id=(id) popover { (details) }
            }
            None => { (text) (sign) }
        }
        @if let Some(second) = &extra.second { span.second { (second) } }
    }
}

/// How a column stands.
pub(super) fn class(shown: &Shown) -> &'static str {
    if shown.is_numeric() { "number" } else { "text" }
}

fn marked(shown: &Shown, text: &str) -> Markup {
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

#[cfg(test)]
mod tests {
    use polars::prelude::Column;

    use super::*;
    use crate::report::table::Show;

    fn check(at: usize, extra: Option<CellExtra>, expect: &str) {
        let columns = vec![
            Column::new("name".into(), ["a"]),
            Column::new("iou".into(), [Some(0.1 + 0.2)]),
            Column::new("dice".into(), [None::<f64>]),
        ];
        let shown = vec![
            Shown::new("Name", "name", Show::Text),
            Shown::new("IoU", "iou", Show::Percent),
            Shown::new("Dice", "dice", Show::Percent),
        ];
        let table = Table::new("test", "Test", 1, columns, shown).unwrap();
        assert_eq!(cell(&table, 0, at, "row-test-a", extra).into_string(), expect);
    }

    #[test]
    fn cells_hold_full_precision_and_say_what_is_missing() {
        check(0, None, r#"<th scope="row" class="text">a</th>"#);
        check(1, None, r#"<td class="number" data-value="0.30000000000000004">30.00</td>"#);
        check(2, None, "<td class=\"number\" data-missing>\u{2013}</td>");
    }

    #[test]
    fn cells_carry_a_line_a_state_and_details() {
        check(
            1,
            Some(CellExtra::second(html! { "paper " b { "31" } })),
            r#"<td class="number" data-value="0.30000000000000004">30.00<span class="second">paper <b>31</b></span></td>"#,
        );
        check(
            1,
            Some(CellExtra { state: Some("inconclusive"), ..CellExtra::default() }),
            r#"<td class="number inconclusive" data-value="0.30000000000000004">30.00<span class="sign inconclusive"><span aria-hidden="true">?</span><span class="words"> inconclusive</span></span></td>"#,
        );
        check(
            0,
            Some(CellExtra::details(html! { p { "why" } })),
            r#"<th scope="row" class="text"><button class="more" type="button" popovertarget="details-row-test-a-name">a</button><div class="details" id="details-row-test-a-name" popover><p>why</p></div></th>"#,
        );
    }

    #[test]
    fn every_state_has_a_sign_and_words() {
        for (class, mark, words) in STATES {
            let markup = sign(class).into_string();
            assert!(markup.contains(mark) && markup.contains(words), "{markup}");
        }
        assert_eq!(sign("").into_string(), "");
    }
}
