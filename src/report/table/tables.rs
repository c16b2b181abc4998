//! All tables of a report.

use super::shown::Table;
use super::{
    comparison, definitions, deviations, efficiency, epochs, images, other_networks, paper, provenance, runs,
};
use crate::report::against::Against;
use crate::report::error::ReportError;
use crate::report::input::ReportInput;
use crate::report::variant::Variant;

/// The tables of a report; files and page are made of nothing else.
pub(in crate::report) struct Tables {
    pub comparison: Table,
    /// Empty where no claim corresponds.
    pub paper: Table,
    /// Empty where no claim about another network corresponds.
    pub other_networks: Table,
    /// Empty where no claim is about a cost.
    pub efficiency: Table,
    pub runs: Table,
    pub epochs: Table,
    pub images: Table,
    pub definitions: Table,
    pub deviations: Table,
    pub provenance: Table,
}

impl Tables {
    /// Makes every table.
    ///
    /// # Errors
    /// When polars refuses a frame.
    pub fn of(input: &ReportInput) -> Result<Self, ReportError> {
        let variants = Variant::all(input);
        let pairs = Against::all(input, &variants);
        let mut tables = Self {
            comparison: comparison::table(&variants)?,
            paper: paper::table(&pairs)?,
            other_networks: other_networks::table(input, &variants)?,
            efficiency: efficiency::table(input)?,
            runs: runs::table(input)?,
            epochs: epochs::table(input)?,
            images: images::table(input)?,
            definitions: definitions::table()?,
            deviations: deviations::table(&variants)?,
            provenance: provenance::table(input)?,
        };
        let synthetic = input.runs.iter().any(|run| run.record.synthetic);
        for table in [&mut tables.comparison, &mut tables.runs, &mut tables.epochs, &mut tables.images] {
            table.synthetic = synthetic;
        }
        Ok(tables)
    }

    /// The tables in the order of the page: the same names for every experiment, so that no file of an earlier
    /// one stays behind.
    pub fn all(&self) -> impl Iterator<Item = &Table> {
        let Self {
            comparison,
            paper,
            other_networks,
            efficiency,
            runs,
            epochs,
            images,
            definitions,
            deviations,
            provenance,
        } = self;
        [
            comparison,
            paper,
            other_networks,
            efficiency,
            runs,
            epochs,
            images,
            definitions,
            deviations,
            provenance,
        ]
        .into_iter()
    }
}
