//! What papers claim, as data; whether it can be true, before anything is trained; how our protocol differs from
//! theirs; and by which rule our numbers confirm theirs or don't.

mod audit;
mod claims;
mod deviation;
mod error;
mod file;
#[cfg(test)]
mod made_up;
mod network;
mod statement;
mod tolerance;
mod training;
mod verdict;

pub use audit::{Audit, Check, Count, Counted, Facts, Finding, Outcome, SplitFacts, Twins, audit};
pub use claims::{Cell, Claims, Evidence, LesionPixels, Paper, Quantity, Row, SelectedOn, Table};
pub use deviation::{Deviation, ImagesOrigin, Origin, Status, register};
pub use error::ClaimError;
pub use file::{load, parse};
pub use statement::{Ratio, RowName, Storage};
pub use tolerance::{Tolerance, Tolerances};
pub use training::departures;
pub use verdict::{Attempt, Judgement, Measured, RULE, Verdict, judge};
