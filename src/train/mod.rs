//! Training: what a run does between its plan and its counts.

mod job;

pub use job::{
    BatchProgress, EpochSummary, Finished, Host, HostError, ImageCounts, Job, Outcome, TrainError,
};
