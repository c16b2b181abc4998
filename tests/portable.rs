//! The kernels again, on the portable instruction set: a process of its own, since the choice is the
//! process's.

use ege_bench::kernel::cpu::simd::InstructionSet;

#[path = "it/kernels.rs"]
mod kernels;

/// What every check of [`kernels`] makes the process use.
const INSTRUCTION_SET: Option<InstructionSet> = Some(InstructionSet::Portable);

#[test]
fn portable_can_be_asked_for() {
    InstructionSet::force(INSTRUCTION_SET);
    assert_eq!(InstructionSet::current(), InstructionSet::Portable);
}
