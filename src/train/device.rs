//! On what a training runs.

use std::fmt;
use std::str::FromStr;

use burn::tensor::Device;

use crate::kernel::{Kernels, kernels};

/// On what a training runs, as `--device` spells it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compute {
    /// The built-in path on the processor.
    #[default]
    Cpu,
}

impl Compute {
    /// All names.
    pub const NAMES: [&'static str; 1] = ["cpu"];

    /// The device class that enters a run's id: runs of different classes never mix.
    pub fn class(self) -> &'static str {
        match (self, kernels()) {
            (Self::Cpu, Kernels::Fused) => "cpu",
            // Another order of roundings, so other bits.
            (Self::Cpu, Kernels::Plain) => "cpu-plain",
        }
    }

    /// The device without gradients.
    pub(super) fn device(self) -> Device {
        match self {
            Self::Cpu => Device::flex(),
        }
    }
}

impl fmt::Display for Compute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cpu => "cpu",
        })
    }
}

impl FromStr for Compute {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "cpu" => Ok(Self::Cpu),
            _ => Err(format!("unknown device `{name}`, allowed: {}", Self::NAMES.join(", "))),
        }
    }
}
