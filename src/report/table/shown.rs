//! A frame with its title and the columns that readers see.

use polars::prelude::{AnyValue, Column, DataFrame};

use super::format::{duration, signed};
use crate::number::grouped;
use crate::report::error::ReportError;

/// What stands where there is no value.
const NOTHING: &str = "\u{2013}";

/// A table: the frame holds every column at full precision, `shown` says what a reader sees of it.
pub(in crate::report) struct Table {
    /// File name without its extension.
    pub name: &'static str,
    pub title: String,
    /// True where numbers of the table were made with synthetic images.
    pub synthetic: bool,
    /// True for a table that is too long to read: exported for machines only.
    pub long: bool,
    pub frame: DataFrame,
    pub shown: Vec<Shown>,
    /// Sentences below the table.
    pub notes: Vec<String>,
}

/// A column that readers see.
pub(in crate::report) struct Shown {
    pub heading: String,
    column: String,
    show: Show,
}

/// How a column's values become text.
#[derive(Clone, Copy)]
pub(in crate::report) enum Show {
    /// As it is.
    Text,
    /// A word for a state; one that asks for attention stands out.
    State,
    /// As it is, in the typeface of code.
    Code,
    /// An integer with commas.
    Count,
    /// So many decimal places.
    Decimal(usize),
    /// A fraction in percent with two decimal places.
    Percent,
    /// A fraction in percent, with its spread from the column `{column}_std`.
    PercentSpread,
    /// A number of so many decimal places, with its spread from the column `{column}_std`.
    Spread(usize),
    /// A difference of fractions in percentage points.
    Points,
    /// A number with its sign and so many decimal places.
    Signed(usize),
    /// A probability with three decimal places, `< 0.001` below.
    Probability,
    /// A number of `digits` decimal places (column `digits`), with its spread from the column `{column}_std`.
    PrintedSpread,
    /// A difference with the decimal places of column `digits`.
    PrintedSigned,
    /// Seconds in fitting units.
    Seconds,
    /// A number divided by 10^9, with four decimal places.
    Giga,
}

impl Shown {
    pub fn new(heading: impl Into<String>, column: impl Into<String>, show: Show) -> Self {
        Self { heading: heading.into(), column: column.into(), show }
    }

    /// True for a column whose digits stand below one another.
    pub fn is_numeric(&self) -> bool {
        !matches!(self.show, Show::Text | Show::State | Show::Code)
    }

    pub fn is_code(&self) -> bool {
        matches!(self.show, Show::Code)
    }

    pub fn is_state(&self) -> bool {
        matches!(self.show, Show::State)
    }

    pub fn column(&self) -> &str {
        &self.column
    }
}

impl Table {
    pub fn new(
        name: &'static str,
        title: impl Into<String>,
        height: usize,
        columns: Vec<Column>,
        shown: Vec<Shown>,
    ) -> Result<Self, ReportError> {
        let frame =
            DataFrame::new(height, columns).map_err(|source| ReportError::Table { table: name, source })?;
        Ok(Self { name, title: title.into(), synthetic: false, long: false, frame, shown, notes: Vec::new() })
    }

    /// The text of a cell.
    pub fn text(&self, row: usize, shown: &Shown) -> String {
        let column = shown.column.as_str();
        let number =
            |show: &dyn Fn(f64) -> String| self.number(row, column).map_or_else(|| NOTHING.to_owned(), show);
        let spread = |factor: f64, digits: usize| {
            let std = self.number(row, &format!("{column}_std"));
            number(&|mean| match std {
                Some(std) => format!("{:.digits$} ± {:.digits$}", factor * mean, factor * std),
                None => format!("{:.digits$}", factor * mean),
            })
        };
        match shown.show {
            Show::Text | Show::State | Show::Code => {
                self.string(row, column).filter(|text| !text.is_empty()).unwrap_or_else(|| NOTHING.to_owned())
            }
            Show::Count => number(&|value| grouped(value as u64)),
            Show::Decimal(digits) => number(&|value| format!("{value:.digits$}")),
            Show::Percent => number(&|value| format!("{:.2}", 100.0 * value)),
            Show::PercentSpread => spread(100.0, 2),
            Show::Spread(digits) => spread(1.0, digits),
            Show::Points => number(&|value| signed(100.0 * value, 2)),
            Show::Signed(digits) => number(&|value| signed(value, digits)),
            Show::Probability => number(&|value| {
                if value < 0.001 { "< 0.001".to_owned() } else { format!("{value:.3}") }
            }),
            Show::PrintedSpread => spread(1.0, self.digits(row)),
            Show::PrintedSigned => number(&|value| signed(value, self.digits(row))),
            Show::Seconds => number(&duration),
            Show::Giga => number(&|value| format!("{:.4}", value / 1e9)),
        }
    }

    fn digits(&self, row: usize) -> usize {
        self.number(row, "digits").map_or(2, |digits| digits as usize)
    }

    fn value(&self, row: usize, column: &str) -> Option<AnyValue<'_>> {
        self.frame.column(column).ok()?.get(row).ok()
    }

    /// A number at full precision.
    pub fn number(&self, row: usize, column: &str) -> Option<f64> {
        match self.value(row, column)? {
            AnyValue::Float64(value) => Some(value),
            AnyValue::UInt64(value) => Some(value as f64),
            AnyValue::UInt32(value) => Some(f64::from(value)),
            _ => None,
        }
    }

    /// The text of a column of strings, truth values or names that are numbers, such as seeds.
    pub fn string(&self, row: usize, column: &str) -> Option<String> {
        match self.value(row, column)? {
            AnyValue::String(text) => Some(text.to_owned()),
            AnyValue::Boolean(true) => Some("yes".to_owned()),
            AnyValue::Boolean(false) => Some("no".to_owned()),
            AnyValue::UInt64(number) => Some(number.to_string()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_become_text() {
        let columns = vec![
            Column::new("name".into(), ["a", ""]),
            Column::new("iou".into(), [Some(0.7981), None]),
            Column::new("iou_std".into(), [Some(0.001), None]),
            Column::new("n".into(), [5_u64, 53_374]),
        ];
        let table = Table::new("test", "Test", 2, columns, Vec::new()).unwrap();
        let check = |row, column: &str, show, expect: &str| {
            assert_eq!(table.text(row, &Shown::new("heading", column, show)), expect);
        };
        check(0, "name", Show::Text, "a");
        check(1, "name", Show::Text, "–");
        check(0, "iou", Show::Percent, "79.81");
        check(0, "iou", Show::PercentSpread, "79.81 ± 0.10");
        check(1, "iou", Show::PercentSpread, "–");
        check(0, "iou", Show::Spread(3), "0.798 ± 0.001");
        check(0, "iou", Show::Points, "+79.81");
        check(0, "iou", Show::Decimal(3), "0.798");
        check(1, "n", Show::Count, "53,374");
        check(0, "n", Show::Seconds, "5.0 s");
        check(1, "missing", Show::Count, "–");
    }
}
