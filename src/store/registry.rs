//! `registry.jsonl`: which tolerances stood when this folder first saw them, so that a later change can be seen.

use serde::{Deserialize, Serialize};

use super::lines::{self, LineWriter};
use super::{Results, StoreError};

/// The file's name below the results.
const REGISTRY: &str = "registry.jsonl";

/// The tolerances of a paper, as they stood.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Registration {
    /// Short name of the paper.
    pub paper: String,
    /// When they were seen here first, RFC 3339 in UTC.
    pub seen: String,
    /// Version of ege-bench.
    pub version: String,
    /// The tolerances.
    pub tolerances: Vec<RegisteredTolerance>,
}

/// One tolerance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RegisteredTolerance {
    /// What it is about, such as `pooled-iou`.
    pub quantity: String,
    /// Largest distance that counts as reproduced.
    pub value: f64,
    /// The day that the claims file names.
    pub registered: String,
    /// The reason that the claims file names.
    pub reason: String,
}

impl Results {
    /// Every registration, in the order in which they were seen.
    ///
    /// # Errors
    /// When the file can't be read or is damaged; a missing one has none.
    pub fn registry(&self) -> Result<Vec<Registration>, StoreError> {
        lines::read(&self.path().join(REGISTRY))
    }

    /// Appends the tolerances of a paper, unless they are those that were seen last.
    ///
    /// # Errors
    /// When the file can't be read or written.
    pub fn register(&self, registration: &Registration) -> Result<(), StoreError> {
        let known = self.registry()?;
        let last = known.iter().rfind(|known| known.paper == registration.paper);
        if last.is_some_and(|last| last.tolerances == registration.tolerances) {
            return Ok(());
        }
        LineWriter::open(&self.path().join(REGISTRY))?.append(registration)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_changes_are_registered() {
        let folder = tempfile::tempdir().unwrap();
        let results = Results::new(folder.path().join("results"));
        assert_eq!(results.registry().unwrap(), []);
        let register = |paper: &str, seen: &str, value: f64| {
            let tolerance = RegisteredTolerance {
                quantity: "pooled-iou".into(),
                value,
                registered: "2026-11-24".into(),
                reason: "because".into(),
            };
            let registration = Registration {
                paper: paper.into(),
                seen: seen.into(),
                version: "0.1.0".into(),
                tolerances: vec![tolerance],
            };
            results.register(&registration).unwrap();
        };
        register("a", "1", 0.5);
        register("a", "2", 0.5);
        register("b", "3", 0.5);
        register("a", "4", 0.7);
        register("a", "5", 0.5);
        let seen: Vec<_> = results.registry().unwrap().into_iter().map(|known| known.seen).collect();
        assert_eq!(seen, ["1", "3", "4", "5"]);
    }
}
