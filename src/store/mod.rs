//! Run folders: what a run was, what it said on the way, and the counts that it left.

mod record;

pub use record::{CountsRow, EpochEvent, ModelCost, Provenance, RunRecord, RunState, Weights};
