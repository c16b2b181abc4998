//! An audit as text.

use std::fmt::Write as _;

use crate::claim::{Audit, Check, Finding, Outcome};
use crate::cli::table::Table;

/// One line a check: how many findings have each outcome.
pub(super) fn tally(audit: &Audit) -> Table {
    let mut table = Table::new(["CHECK", "HOLDS", "FAILS", "DOUBTFUL", "UNCHECKED", "QUESTION"]);
    for check in Check::ALL {
        let [holds, unchecked, doubtful, fails] = audit.tally(check);
        if holds + unchecked + doubtful + fails > 0 {
            let [holds, fails, doubtful, unchecked] = [holds, fails, doubtful, unchecked].map(dash);
            let (name, question) = (check.name().to_owned(), check.question().to_owned());
            table.row([name, holds, fails, doubtful, unchecked, question]);
        }
    }
    table
}

fn dash(count: usize) -> String {
    if count == 0 { "-".to_owned() } else { count.to_string() }
}

/// Each finding with its arithmetic, the gravest first; what holds only where `all` are asked for.
pub(super) fn problems(audit: &Audit, all: bool) -> String {
    let mut text = String::new();
    let outcomes = [Outcome::Fails, Outcome::Doubtful, Outcome::Unchecked, Outcome::Holds];
    for outcome in outcomes.into_iter().filter(|outcome| all || *outcome != Outcome::Holds) {
        for finding in audit.of(outcome) {
            // Writing to a string can't fail.
            let _ = writeln!(
                text,
                "{:9} {:10} {}\n          {}",
                outcome.name(),
                finding.check.name(),
                place(finding),
                finding.arithmetic
            );
        }
    }
    text.trim_end().to_owned()
}

fn place(finding: &Finding) -> String {
    let columns = finding.columns.join(", ");
    let parts = [finding.table.as_str(), finding.row.as_str(), columns.as_str()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" | ")
}
