//! What a report says of the claims, for those who ask by `--check`.

use super::findings::Findings;
use crate::claim::Verdict;

/// The verdicts in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conclusion {
    /// How many cells have each verdict.
    pub counts: Vec<(Verdict, usize)>,
    /// Cells about this experiment's networks that aren't reproduced, each with its reason.
    pub failing: Vec<String>,
    /// How many cells about this experiment's networks were attempted.
    pub attempted: usize,
}

impl Conclusion {
    pub(super) fn of(findings: &Findings<'_>) -> Self {
        let own = || findings.judged.iter().filter(|judged| judged.in_experiment);
        let failing = own().filter(|judged| judged.judgement.verdict.fails()).map(|judged| {
            format!(
                "{}, {}, {}, {} {}: {}",
                judged.claims.paper.key,
                judged.table.name,
                judged.row.label,
                judged.cell.heading,
                judged.cell.printed(),
                judged.judgement.reason
            )
        });
        Self {
            counts: Verdict::ALL.map(|verdict| (verdict, findings.count(verdict))).to_vec(),
            failing: failing.collect(),
            attempted: own().filter(|judged| judged.judgement.verdict != Verdict::NotAttempted).count(),
        }
    }
}
