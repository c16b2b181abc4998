//! With which code a training computes: what may change last digits beside the settings.

use super::Compute;
use crate::kernel::cpu::simd::InstructionSet;
use crate::kernel::kernels;
use crate::kernel::libtorch::versions;

/// With which code numbers are computed, as provenance keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arithmetic {
    /// Which implementation of the operations runs: `fused` or `plain`.
    pub kernels: String,
    /// The arithmetic of the instructions that it uses, such as `avx2`: sets with the same bits have one name.
    pub instruction_set: String,
}

/// What this process computes with now on a device.
pub fn arithmetic(compute: Compute) -> Arithmetic {
    if let Some(library) = compute.library() {
        let said = versions();
        let line = |name: &str| {
            let value = |line: &str| line.strip_prefix(name)?.strip_prefix('=').map(str::to_lowercase);
            said.lines().find_map(value).unwrap_or_default()
        };
        return Arithmetic {
            kernels: format!("libtorch {}", line("libtorch")),
            instruction_set: match library.capability() {
                Some((major, minor)) => format!("compute capability {major}.{minor}"),
                None => line("instructions"),
            },
        };
    }
    Arithmetic {
        kernels: kernels().to_string(),
        instruction_set: InstructionSet::current().arithmetic().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Compute, arithmetic};
    use crate::kernel::{Kernels, with_kernels};

    #[test]
    fn the_chosen_kernels_and_a_known_instruction_set_are_named() {
        for (kernels, expect) in [(Kernels::Fused, "fused"), (Kernels::Plain, "plain")] {
            assert_eq!(with_kernels(kernels, || arithmetic(Compute::Cpu)).kernels, expect);
        }
        let set = arithmetic(Compute::Cpu).instruction_set;
        assert!(["avx2", "portable"].contains(&&*set), "{set}");
    }
}
