//! With which code a training computes: what may change last digits beside the settings.

use crate::kernel::cpu::simd::InstructionSet;
use crate::kernel::kernels;

/// With which code numbers are computed, as provenance keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arithmetic {
    /// Which implementation of the operations runs: `fused` or `plain`.
    pub kernels: String,
    /// The processor's instructions that it uses, such as `avx2`.
    pub instruction_set: String,
}

/// What this process computes with now.
pub fn arithmetic() -> Arithmetic {
    Arithmetic {
        kernels: kernels().to_string(),
        instruction_set: format!("{:?}", InstructionSet::current()).to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::arithmetic;
    use crate::kernel::{Kernels, with_kernels};

    #[test]
    fn the_chosen_kernels_and_a_known_instruction_set_are_named() {
        for (kernels, expect) in [(Kernels::Fused, "fused"), (Kernels::Plain, "plain")] {
            assert_eq!(with_kernels(kernels, arithmetic).kernels, expect);
        }
        let set = arithmetic().instruction_set;
        assert!(["avx2", "portable"].contains(&&*set), "{set}");
    }
}
