//! Official archives from their publisher's hosts: the only room that touches the network, and only when asked to.

mod agent;
mod archive;
mod backoff;
mod disk;
mod download;
mod error;
mod expected;
mod fault;
mod journal;
mod licence;
mod order;
mod partial;
mod proxy;
mod record;
mod space;
mod sums;
mod transfer;

pub use error::{FetchError, Mismatch};
pub use licence::{Acceptance, accept, accepted};
pub use order::{Choice, Fetched, Order, Told, fetch};
pub use record::{Record, folder, records};
