//! Variants against one another on the same images.

use super::input::ReportInput;
use super::variant::Variant;
use crate::analysis::{Paired, Standing, paired};
use crate::claim::Quantity;
use crate::metric::Definition;
use crate::statistics::holm;

/// Up to so many variants each is compared with each; of more, each with the first.
const ALL_PAIRS: usize = 5;

/// What is compared.
pub(super) const COMPARED: Definition = Definition::PooledIou;

/// One variant against another, A minus B.
pub(super) struct Contrast<'a> {
    pub a: &'a str,
    pub b: &'a str,
    pub paired: Paired,
    /// The permutation test's p, corrected for all contrasts of the table by Holm's method.
    pub p_holm: f64,
    pub standing: Standing,
    /// What a paper's table says that the difference is, in points.
    pub claimed: Option<f64>,
}

impl<'a> Contrast<'a> {
    /// Every contrast that can be made, in the order of the variants.
    pub fn all(input: &'a ReportInput, variants: &[Variant<'a>]) -> Vec<Self> {
        let mut found: Vec<(usize, usize, Paired)> = Vec::new();
        for (b, base) in variants.iter().enumerate() {
            if b > 0 && variants.len() > ALL_PAIRS {
                break;
            }
            for (a, variant) in variants.iter().enumerate().skip(b + 1) {
                let samples = variant.sample.as_ref().ok().zip(base.sample.as_ref().ok());
                let same_data = variant.first().settings.data == base.first().settings.data;
                if let Some((one, other)) = samples.filter(|_| same_data) {
                    found.extend(paired(one, other, COMPARED).map(|paired| (a, b, paired)));
                }
            }
        }
        let p: Vec<f64> = found.iter().map(|(.., paired)| paired.permutation.p).collect();
        let corrected = holm(&p);
        let contrast = |((a, b, paired), p_holm): ((usize, usize, Paired), f64)| Self {
            a: variants[a].name,
            b: variants[b].name,
            standing: paired.standing(p_holm),
            paired,
            p_holm,
            claimed: claimed(input, &variants[a], &variants[b]),
        };
        found.into_iter().zip(corrected).map(contrast).collect()
    }

    /// What our difference says about the claimed one; empty where none is claimed.
    pub fn claim(&self) -> &'static str {
        let Some(claimed) = self.claimed else { return "" };
        match self.standing {
            Standing::Tie => "open: a tie here",
            Standing::Unknown => "open: one seed",
            Standing::Higher if claimed > 0.0 => "same direction",
            Standing::Lower if claimed < 0.0 => "same direction",
            Standing::Higher | Standing::Lower => "other direction",
        }
    }
}

/// The difference of two cells of one table, where both variants have one.
fn claimed(input: &ReportInput, a: &Variant<'_>, b: &Variant<'_>) -> Option<f64> {
    let quantity = Quantity::Metric(COMPARED);
    let cell = |variant: &Variant<'_>, table: &crate::claim::Table| {
        let run = variant.first();
        if !table.is_about(&run.settings.data) {
            return None;
        }
        let row = table.rows.iter().find(|row| row.is_about(&run.settings.model))?;
        row.cell(quantity).map(|cell| cell.value)
    };
    let mut tables = input.claims.iter().flat_map(|claims| &claims.tables);
    tables.find_map(|table| Some(cell(a, table)? - cell(b, table)?))
}
