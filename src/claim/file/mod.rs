//! The claims file: as typed, and what it means. `claims/README.md` describes it for those who write one.

mod fault;
mod meaning;
mod printed;
mod statements;
mod tables;
mod typed;

pub use meaning::{load, parse};
