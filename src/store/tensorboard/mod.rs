//! Event files for TensorBoard: a run's epochs as scalars, beside `events.jsonl`, which stays what counts.

mod event;
mod record;
mod writer;

pub use writer::ScalarWriter;
