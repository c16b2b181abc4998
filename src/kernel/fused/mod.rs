//! Operations with a backward of their own, as burn sees them.
//!
//! A kernel knows arrays only: it implements [`Op`]. This room carries it through burn: the extension trait
//! by which a tensor of any device finds it, and one node of the autodiff graph.

mod choice;
mod extension;
mod op;

pub(super) use choice::available;
pub use choice::{Kernels, kernels, use_kernels, with_kernels};
pub(super) use extension::apply;
pub(super) use op::{Input, Op, Saved};
