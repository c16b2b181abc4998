//! All tables of a report.

use super::shown::Table;
use super::{
    audit, closest, comparison, conventions, definitions, deviations, differences, efficiency, epochs,
    images, leaks, paper, provenance, runs, speed, tolerances, verdicts,
};
use crate::report::error::ReportError;
use crate::report::findings::Findings;

/// The tables of a report; files and page are made of nothing else.
pub(in crate::report) struct Tables {
    pub comparison: Table,
    /// Empty where there is no claims file.
    pub verdicts: Table,
    /// Empty where no claimed metric was attempted.
    pub closest: Table,
    /// Empty where none is registered.
    pub tolerances: Table,
    /// Empty where no claim corresponds.
    pub paper: Table,
    /// Empty where no two variants can be compared.
    pub differences: Table,
    /// Empty where no claim is about a cost.
    pub efficiency: Table,
    /// Empty where no network of the claims was counted.
    pub conventions: Table,
    pub speed: Table,
    /// Empty where there is no claims file.
    pub audit: Table,
    /// Empty where no two images look the same.
    pub leaks: Table,
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
    pub fn of(findings: &Findings<'_>) -> Result<Self, ReportError> {
        let (input, variants) = (findings.input, &findings.variants);
        let mut tables = Self {
            comparison: comparison::table(findings)?,
            verdicts: verdicts::table(&findings.judged)?,
            closest: closest::table(&findings.judged, variants)?,
            tolerances: tolerances::table(input, &findings.judged)?,
            paper: paper::table(&findings.pairs)?,
            differences: differences::table(&findings.contrasts)?,
            efficiency: efficiency::table(input)?,
            conventions: conventions::table(input)?,
            speed: speed::table(input)?,
            audit: audit::table(input)?,
            leaks: leaks::table(input)?,
            runs: runs::table(input)?,
            epochs: epochs::table(input)?,
            images: images::table(input)?,
            definitions: definitions::table()?,
            deviations: deviations::table(variants)?,
            provenance: provenance::table(input)?,
        };
        let made = [
            &mut tables.comparison,
            &mut tables.differences,
            &mut tables.speed,
            &mut tables.runs,
            &mut tables.epochs,
            &mut tables.images,
        ];
        for table in made {
            table.synthetic = findings.synthetic;
        }
        Ok(tables)
    }

    /// The tables in the order of the page: the same names for every experiment, so that no file of an earlier
    /// one stays behind.
    pub fn all(&self) -> impl Iterator<Item = &Table> {
        let Self {
            comparison,
            verdicts,
            closest,
            tolerances,
            paper,
            differences,
            efficiency,
            conventions,
            speed,
            audit,
            leaks,
            runs,
            epochs,
            images,
            definitions,
            deviations,
            provenance,
        } = self;
        [
            comparison,
            verdicts,
            closest,
            tolerances,
            paper,
            differences,
            efficiency,
            conventions,
            speed,
            audit,
            leaks,
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
