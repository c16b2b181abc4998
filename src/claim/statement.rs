//! What a paper's text says about costs, beside its tables.

use super::claims::{Claims, Evidence, Quantity, Row, Table};

/// A row of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowName {
    /// The table's name.
    pub table: String,
    /// The row's label.
    pub row: String,
}

/// "494 times fewer parameters": one row's quantity over another's.
#[derive(Clone, Debug, PartialEq)]
pub struct Ratio {
    /// The claim in words.
    pub text: String,
    /// What is compared.
    pub quantity: Quantity,
    /// The larger one.
    pub of: RowName,
    /// The smaller one.
    pub to: RowName,
    /// The ratio as printed.
    pub value: f64,
    /// Decimal places as printed.
    pub digits: usize,
    /// How the claim is known.
    pub evidence: Evidence,
    /// Where it stands.
    pub source: String,
}

/// "50KB of parameters": what a row's parameters take.
#[derive(Clone, Debug, PartialEq)]
pub struct Storage {
    /// The claim in words.
    pub text: String,
    /// The row.
    pub of: RowName,
    /// Thousands of bytes, as printed.
    pub kilobytes: f64,
    /// How the claim is known.
    pub evidence: Evidence,
    /// Where it stands.
    pub source: String,
}

impl RowName {
    /// The row and its table.
    pub fn find<'a>(&self, claims: &'a Claims) -> Option<(&'a Table, &'a Row)> {
        let table = claims.table(&self.table)?;
        Some((table, table.row(&self.row)?))
    }
}
