//! Whether a paper's numbers can be true, before anything is trained.

mod all;
mod confusion;
mod cost;
mod finding;
mod overlap;
mod polytope;
mod protocol;
mod spread;
mod text;

pub use all::{Audit, audit};
pub use cost::{Count, Counted};
pub use finding::{Check, Finding, Outcome};
pub use protocol::{Facts, SplitFacts, Twins};
