//! Carrying out a plan: which runs are due and why, each in a process of its own, resumable at every moment.

mod board;
mod data;
mod difference;
mod error;
mod fake;
mod gallery;
mod host;
mod identity;
mod interrupt;
mod native;
mod observer;
mod plan;
mod pool;
mod provenance;
mod reason;
mod recall;
mod session;
mod trainer;
mod users_folder;
mod worker;

pub use data::RunData;
pub use difference::{Difference, differences};
pub use error::ExecutorError;
pub use fake::FakeTrainer;
pub use identity::{Identity, Part, identity};
pub use interrupt::{Interrupt, SECOND_INTERRUPT_CODE};
pub use native::NativeTrainer;
pub use observer::Observer;
pub use plan::{PlanItem, plan, refresh, refresh_one};
pub use pool::{Pool, Summary};
pub use provenance::{VERSION, now, provenance};
pub use reason::Reason;
pub use recall::{DifferingPart, RecallError, recall, remember};
pub use session::Session;
pub use trainer::Trainer;
pub use worker::{WorkerCommand, serve};
