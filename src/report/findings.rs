//! What an experiment's runs say, computed once for tables and page.

use super::against::Against;
use super::contrast::Contrast;
use super::input::ReportInput;
use super::judged::Judged;
use super::variant::Variant;
use crate::claim::Verdict;
use crate::metric::Definition;
use crate::statistics::Estimate;

/// Everything that is derived from the input.
pub(super) struct Findings<'a> {
    pub input: &'a ReportInput,
    /// The variants in the order of the plan.
    pub variants: Vec<Variant<'a>>,
    /// The pooled IoU of each variant with its interval over images and seeds.
    pub estimates: Vec<Option<Estimate>>,
    /// Each variant's numbers beside the paper's.
    pub pairs: Vec<Against<'a>>,
    /// Each claimed cell with its verdict.
    pub judged: Vec<Judged<'a>>,
    /// Each variant against others.
    pub contrasts: Vec<Contrast<'a>>,
    /// True where images were generated.
    pub synthetic: bool,
}

impl<'a> Findings<'a> {
    /// What the input says.
    pub fn of(input: &'a ReportInput) -> Self {
        let variants = Variant::all(input);
        Self {
            input,
            pairs: Against::all(input, &variants),
            judged: Judged::all(input, &variants),
            contrasts: Contrast::all(input, &variants),
            estimates: variants
                .iter()
                .map(|variant| variant.sample.as_ref().ok()?.estimate(Definition::PooledIou))
                .collect(),
            variants,
            synthetic: input.runs.iter().any(|run| run.record.synthetic),
        }
    }

    /// How many cells have a verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.judged.iter().filter(|judged| judged.judgement.verdict == verdict).count()
    }
}
