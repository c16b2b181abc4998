//! The deviation register, as it applies to the variants.

use polars::prelude::Column;

use super::shown::{Show, Shown, Table};
use crate::claim::{Deviation, Status, register};
use crate::report::error::ReportError;
use crate::report::variant::{Variant, distinct};

pub(super) fn table(variants: &[Variant<'_>]) -> Result<Table, ReportError> {
    let entries: Vec<&Deviation> = register().collect();
    let states: Vec<(String, String)> = entries.iter().map(|entry| state(entry, variants)).collect();
    let columns = vec![
        Column::new("number".into(), entries.iter().map(|entry| entry.label()).collect::<Vec<_>>()),
        Column::new("name".into(), entries.iter().map(|entry| entry.name).collect::<Vec<_>>()),
        Column::new("deviation".into(), entries.iter().map(|entry| entry.sentence).collect::<Vec<_>>()),
        Column::new("setting".into(), entries.iter().map(|entry| entry.setting).collect::<Vec<_>>()),
        Column::new("state".into(), states.iter().map(|(state, _)| state.as_str()).collect::<Vec<_>>()),
        Column::new("here".into(), states.iter().map(|(_, here)| here.as_str()).collect::<Vec<_>>()),
    ];
    let shown = vec![
        Shown::new("No.", "number", Show::Text),
        Shown::new("Deviation", "name", Show::Text),
        Shown::new("What differs", "deviation", Show::Text),
        Shown::new("Setting", "setting", Show::Code),
        Shown::new("State", "state", Show::State),
        Shown::new("In this experiment", "here", Show::Text),
    ];
    let mut table = Table::new("deviations", "Register of deviations", entries.len(), columns, shown)?;
    table.notes = vec![
        "Numbers 1 to 20 stand between the paper\u{2019}s text, the authors\u{2019} released code, and good practice; own ones \
         between that code and this program. \u{201c}As released\u{201d}: this experiment does what the released code does."
            .to_owned(),
    ];
    Ok(table)
}

/// State and reason; where variants differ, each is named.
fn state(entry: &Deviation, variants: &[Variant<'_>]) -> (String, String) {
    let statuses: Vec<(&str, Status)> = variants
        .iter()
        .map(|variant| (variant.name, entry.applies(&variant.first().settings, variant.origin().as_ref())))
        .collect();
    match distinct(statuses.iter().map(|(_, status)| status)).as_slice() {
        [] => ("not applicable".to_owned(), "no run".to_owned()),
        [status] => (status.name().to_owned(), status.reason().to_owned()),
        _ => {
            let each = statuses.iter().map(|(name, status)| format!("{name}: {status}"));
            ("by variant".to_owned(), each.collect::<Vec<_>>().join("; "))
        }
    }
}
