//! Numbers about numbers: spread, intervals and tests of what several seeds and images say together.

mod bca;
mod bootstrap;
mod correction;
mod paired;
mod power;
mod seeds;
mod spread;
mod summary;
mod uncertainty;

pub use bootstrap::{Estimate, Resampling, bootstrap};
pub use correction::holm;
pub use paired::{Permutation, Wilcoxon, permutation, wilcoxon};
pub use power::{equivalence_power, minimum_detectable};
pub use seeds::{RepeatedSeed, distinct_seeds};
pub use spread::{largest_std, sigma_interval};
pub use summary::Summary;
pub use uncertainty::Uncertainty;
