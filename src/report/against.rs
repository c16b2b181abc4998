//! Our numbers beside a paper's, only where data set, split, network, size and number of images correspond.

use super::input::ReportInput;
use super::variant::Variant;
use crate::claim::{Cell, Claims, Quantity, Row, Table};
use crate::metric::Definition;

/// One of our numbers and the cell that claims it, both in the cell's unit.
pub(super) struct Against<'a> {
    pub variant: &'a str,
    pub claims: &'a Claims,
    pub table: &'a Table,
    pub row: &'a Row,
    pub cell: &'a Cell,
    pub ours: f64,
    pub ours_std: Option<f64>,
    /// Seeds behind our number; `None` for one that no seed changes.
    pub n: Option<usize>,
}

impl<'a> Against<'a> {
    /// Every pair, by variant, claims file and quantity.
    pub fn all(input: &'a ReportInput, variants: &[Variant<'a>]) -> Vec<Self> {
        let mut pairs = Vec::new();
        for variant in variants.iter().filter(|variant| !variant.first().record.synthetic) {
            for claims in &input.claims {
                let quantities = Definition::ALL.map(Quantity::Metric);
                for quantity in quantities.into_iter().chain([Quantity::Parameters, Quantity::ConvMacs]) {
                    pairs.extend(Self::of(variant, claims, quantity));
                }
            }
        }
        pairs
    }

    fn of(variant: &Variant<'a>, claims: &'a Claims, quantity: Quantity) -> Option<Self> {
        let run = variant.first();
        let (table, row, cell) = claims.cell(&run.settings, run.images[2], quantity)?;
        let (ours, ours_std, n) = match quantity {
            Quantity::Metric(definition) => {
                let summary = variant.summary(definition)?;
                let summary = if definition.unit() == "%" { summary.percent() } else { summary };
                (summary.mean, summary.std, Some(summary.n))
            }
            Quantity::Parameters => (variant.cost()?.parameters as f64 / 1e6, None, None),
            Quantity::ConvMacs => (variant.cost()?.conv_macs as f64 / 1e9, None, None),
        };
        Some(Self { variant: variant.name, claims, table, row, cell, ours, ours_std, n })
    }

    /// Ours minus the paper's.
    pub fn difference(&self) -> f64 {
        self.ours - self.cell.value
    }
}
