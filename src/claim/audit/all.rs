//! Every check of a claims file.

use super::cost::Count;
use super::finding::{Check, Finding, Outcome};
use super::protocol::Facts;
use super::{confusion, cost, overlap, protocol, spread};
use crate::claim::claims::Claims;

/// Everything that was checked, in the order of [`Check::ALL`], then of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Audit {
    /// The findings.
    pub findings: Vec<Finding>,
}

impl Audit {
    /// Those of one outcome.
    pub fn of(&self, outcome: Outcome) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.outcome == outcome)
    }

    /// How many findings of a check have each outcome, in the order holds, unchecked, doubtful, fails.
    pub fn tally(&self, check: Check) -> [usize; 4] {
        let of = |outcome| self.of(outcome).filter(|finding| finding.check == check).count();
        [Outcome::Holds, Outcome::Unchecked, Outcome::Doubtful, Outcome::Fails].map(of)
    }
}

/// Audits claims: arithmetic of the tables, costs by `count`, splits by `facts`.
pub fn audit(claims: &Claims, count: &Count<'_>, facts: &Facts<'_>) -> Audit {
    let mut findings = Vec::new();
    for table in &claims.tables {
        findings.extend(overlap::findings(table));
        findings.extend(confusion::findings(table));
        findings.extend(spread::findings(claims, table));
        findings.extend(cost::findings(table, count));
        findings.extend(protocol::findings(table, facts(table).as_ref()));
    }
    for ratio in &claims.ratios {
        findings.extend(cost::ratio(claims, ratio, count));
    }
    for storage in &claims.storage {
        findings.extend(cost::storage(claims, storage, count));
    }
    let place = |finding: &Finding| Check::ALL.iter().position(|check| *check == finding.check);
    findings.sort_by_key(place);
    Audit { findings }
}
