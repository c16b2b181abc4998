//! Vectors of eight 32-bit floats and the choice of instruction set.
//!
//! A kernel is written once against `Vector` and compiled once for each instruction set by
//! `for_each_instruction_set!`; which one runs is decided at run time. Another set (NEON, AVX-512) needs
//! one more implementation of `Vector` and one more arm of the macro.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod instruction_set;
pub(in crate::kernel) mod math;
mod peak;
mod portable;
mod vector;

#[cfg(target_arch = "x86_64")]
pub(in crate::kernel) use avx2::Avx2;
pub use instruction_set::InstructionSet;
pub(in crate::kernel) use instruction_set::for_each_instruction_set;
pub use peak::{copy_gigabytes, gigaflops};
pub(in crate::kernel) use portable::Portable;
pub(in crate::kernel) use vector::{LANES, Vector, each, sum_each, sums};
