//! Carrying out a plan: which runs are due and why, one after another, resumable at every moment.

mod data;
mod difference;
mod error;
mod fake;
mod gallery;
mod host;
mod identity;
mod interrupt;
mod local;
mod native;
mod observer;
mod plan;
mod provenance;
mod reason;
mod session;
mod trainer;

pub use data::RunData;
pub use difference::{Difference, differences};
pub use error::ExecutorError;
pub use fake::FakeTrainer;
pub use identity::{Identity, Part, identity};
pub use interrupt::{Interrupt, SECOND_INTERRUPT_CODE};
pub use local::{Execution, Summary};
pub use native::NativeTrainer;
pub use observer::Observer;
pub use plan::{PlanItem, plan, refresh};
pub use provenance::{VERSION, now, provenance};
pub use reason::Reason;
pub use session::Session;
pub use trainer::Trainer;
