//! Experiment files: as typed, as meant, and the runs that follow from them.
//!
//! A file is read as a tree whose keys and values know their place, laid over what it `extends`, spread into
//! variants, and checked; what is wrong is shown at its place.

mod check;
mod choice;
mod diagnostic;
mod document;
mod error;
mod fault;
mod file;
pub mod fingerprint;
mod folder;
mod grid;
mod layers;
mod load;
mod merge;
mod network;
pub mod plan;
mod problems;
pub mod protocol;
mod read;
mod resolve;
pub mod settings;
mod source;
mod variants;

pub use diagnostic::Diagnostic;
pub use error::ExperimentError;
pub use load::{Experiment, Variant, load};
pub use resolve::Catalogue;
