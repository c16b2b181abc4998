//! With what a stored run was made otherwise than this build would: the likely cause where bits differ.

use serde_json::{Value, json};

use crate::store::Provenance;

/// Something that two executions were made with, each with another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Other {
    what: &'static str,
    stored: String,
    here: String,
}

/// Everything that can change bits and isn't the same; the number of threads can't.
pub(super) fn others(stored: &Provenance, here: &Provenance) -> Vec<Other> {
    let pair = |what, of: fn(&Provenance) -> String| {
        let (stored, here) = (of(stored), of(here));
        (stored != here).then_some(Other { what, stored, here })
    };
    let found = [
        pair("version", |made| made.version.clone()),
        pair("commit", commit),
        pair("Cargo.lock", |made| made.cargo_lock.clone()),
        pair("kernels", |made| made.kernels.clone()),
        pair("instruction set", |made| made.instruction_set.clone()),
        pair("hardware", |made| made.hardware.clone()),
    ];
    found.into_iter().flatten().collect()
}

fn commit(made: &Provenance) -> String {
    let changes = if made.dirty { " with uncommitted changes" } else { "" };
    format!("{}{changes}", made.commit)
}

impl Other {
    /// As a sentence.
    pub(super) fn text(&self) -> String {
        let known = |text: &str| if text.is_empty() { "unknown".to_owned() } else { text.to_owned() };
        format!("made with another {}: {}, here {}", self.what, known(&self.stored), known(&self.here))
    }

    /// For machines.
    pub(super) fn json(&self) -> Value {
        json!({ "what": self.what, "stored": self.stored, "here": self.here })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_change_bits_is_told() {
        let stored = Provenance {
            commit: "abc".into(),
            instruction_set: "avx2".into(),
            threads: 1,
            ..Provenance::default()
        };
        assert_eq!(others(&stored, &Provenance { threads: 8, ..stored.clone() }), []);
        let here = Provenance { dirty: true, instruction_set: String::new(), ..stored.clone() };
        let texts: Vec<String> = others(&stored, &here).iter().map(Other::text).collect();
        assert_eq!(
            texts,
            [
                "made with another commit: abc, here abc with uncommitted changes",
                "made with another instruction set: avx2, here unknown"
            ]
        );
    }
}
