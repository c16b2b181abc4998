//! A process for each run: what breaks in one (a panic, a crash, the memory) ends that run and no other.
//!
//! The process that was started by the user hands each worker an assignment on its standard input and hears of its
//! progress from its standard output, a JSON value a line. A closed input means that the parent is gone.

mod message;
mod process;
mod serve;

pub(super) use message::Message;
pub use process::WorkerCommand;
pub(super) use process::{Heard, Worker, death};
pub use serve::serve;
