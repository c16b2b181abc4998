//! Vectors of eight and of sixteen 32-bit floats and the choice of instruction set.
//!
//! A kernel is written once against `Vector` or `Wide` and compiled once for each instruction set by
//! `for_each_instruction_set!` or `for_each_wide_instruction_set!`; which one runs is decided at run time. Another set
//! (NEON) needs one more implementation of `Vector`, of which `Twice` makes a wide one, and one more arm of each macro.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod instruction_set;
pub(in crate::kernel) mod math;
mod peak;
mod portable;
mod twice;
mod vector;

#[cfg(target_arch = "x86_64")]
pub(in crate::kernel) use avx2::Avx2;
#[cfg(target_arch = "x86_64")]
pub(in crate::kernel) use avx512::Avx512;
pub use instruction_set::InstructionSet;
pub(in crate::kernel) use instruction_set::{for_each_instruction_set, for_each_wide_instruction_set};
pub use peak::{copy_gigabytes, gigaflops};
pub(in crate::kernel) use portable::Portable;
pub(in crate::kernel) use twice::Twice;
pub(in crate::kernel) use vector::{LANES, Lanes, Vector, WIDE, Wide, each, partial, sum_each, sums};
