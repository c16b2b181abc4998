//! On what a training runs.

use std::fmt;
use std::str::FromStr;

use burn::tensor::Device;

use super::TrainError;
use crate::kernel::libtorch::{Libtorch, Place};
use crate::kernel::{Kernels, kernels};

/// On what a training runs, as `--device` spells it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compute {
    /// The built-in path on the processor.
    #[default]
    Cpu,
    /// libtorch, on the processor or a graphics card.
    Libtorch(Libtorch),
}

/// The name of every graphics card together.
const EVERY_CARD: &str = "libtorch:cuda";

impl Compute {
    /// What names look like.
    pub const FORMS: [&'static str; 3] = ["cpu", Place::FORMS[0], Place::FORMS[1]];

    /// The devices of a list of names, separated by commas; `libtorch:cuda` is every graphics card that this process sees.
    ///
    /// # Errors
    /// When one isn't there, is named twice, or is of another class than the first: a run's id holds the class.
    pub fn list(names: &str) -> Result<Vec<Self>, DeviceError> {
        let mut all: Vec<Self> = Vec::new();
        for name in names.split(',') {
            let found = if name == EVERY_CARD {
                // Fails where there is none.
                Self::from_str(&Place::Cuda(0).to_string())?;
                Libtorch::cards().into_iter().map(Self::Libtorch).collect()
            } else {
                vec![name.parse()?]
            };
            for one in found {
                let first = all.first().copied().unwrap_or(one);
                if all.contains(&one) || first.class() != one.class() {
                    let what =
                        if all.contains(&one) { "named twice" } else { "of another class than the first" };
                    return Err(DeviceError {
                        message: format!("device `{one}` is {what}"),
                        hint: "several devices are graphics cards, each named once".to_owned(),
                    });
                }
                all.push(one);
            }
        }
        Ok(all)
    }

    /// The device class that enters a run's id: runs of different classes never mix.
    pub fn class(self) -> &'static str {
        match (self, kernels()) {
            (Self::Cpu, Kernels::Fused) => "cpu",
            // Another order of roundings, so other bits.
            (Self::Cpu, Kernels::Plain) => "cpu-plain",
            (Self::Libtorch(library), _) => library.place().class(),
        }
    }

    /// True where the same training gives the same bits each time.
    pub fn promises_bits(self) -> bool {
        match self {
            // Work is divided and summed by the data's shape, never by the threads.
            Self::Cpu => true,
            // Sums are divided by the threads, and on a card some are added as they come.
            Self::Libtorch(_) => false,
        }
    }

    /// Whether it computes in mixed precision.
    pub fn has_bf16(self) -> bool {
        match self {
            Self::Cpu => false,
            Self::Libtorch(library) => library.has_bf16(),
        }
    }

    /// Makes this process ready to compute there with so many threads.
    pub fn prepare(self, threads: usize) {
        if let Self::Libtorch(library) = self {
            library.prepare(threads);
        }
    }

    /// Runs `work`, which computes there.
    ///
    /// # Errors
    /// When the memory of a library's device doesn't suffice.
    pub(super) fn within_memory<T>(self, work: impl FnOnce() -> T) -> Result<T, TrainError> {
        match self {
            Self::Cpu => Ok(work()),
            Self::Libtorch(library) => library
                .within_memory(work)
                .map_err(|words| TrainError::Memory { device: self.to_string(), words }),
        }
    }

    /// libtorch, where that computes.
    pub fn library(self) -> Option<Libtorch> {
        match self {
            Self::Cpu => None,
            Self::Libtorch(library) => Some(library),
        }
    }

    /// The device without gradients.
    pub(super) fn device(self) -> Device {
        match self {
            Self::Cpu => Device::flex(),
            Self::Libtorch(library) => library.device(),
        }
    }

    /// The device of a training: with burn's gradients, unless it has gradients of its own.
    pub(super) fn training_device(self) -> Device {
        match self {
            Self::Cpu => Device::flex().autodiff(),
            Self::Libtorch(library) => library.device(),
        }
    }
}

impl fmt::Display for Compute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => f.write_str("cpu"),
            Self::Libtorch(library) => library.place().fmt(f),
        }
    }
}

/// Why a name isn't that of a device.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DeviceError {
    /// What is wrong with it.
    pub message: String,
    /// What can be done.
    pub hint: String,
}

impl FromStr for Compute {
    type Err = DeviceError;

    fn from_str(name: &str) -> Result<Self, DeviceError> {
        if name == "cpu" {
            return Ok(Self::Cpu);
        }
        let Some(place) = Place::parse(name) else {
            let message = format!("unknown device `{name}`");
            return Err(DeviceError { message, hint: format!("allowed: {}", Self::FORMS.join(", ")) });
        };
        let library = Libtorch::open(place).map_err(|(message, hint)| DeviceError {
            message: format!("no device `{name}`: {message}"),
            hint,
        })?;
        Ok(Self::Libtorch(library))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_none_is_answered_with_those_that_are() {
        for name in ["gpu", "", "CPU", "cuda:0", "libtorch:cuda"] {
            let error = name.parse::<Compute>().unwrap_err();
            assert_eq!(error.message, format!("unknown device `{name}`"));
            assert_eq!(error.hint, "allowed: cpu, libtorch, libtorch:cuda:N");
        }
        assert_eq!("cpu".parse(), Ok(Compute::Cpu));
        assert_eq!(Compute::list("cpu"), Ok(vec![Compute::Cpu]));
        let error = Compute::list("cpu,cpu").unwrap_err();
        assert_eq!(error.message, "device `cpu` is named twice");
    }

    #[cfg(not(feature = "libtorch"))]
    #[test]
    fn a_build_without_libtorch_says_how_to_get_one_with_it() {
        for name in ["libtorch", "libtorch:cuda:0"] {
            let error = name.parse::<Compute>().unwrap_err();
            assert_eq!(error.message, format!("no device `{name}`: this build has no libtorch"));
            assert!(error.hint.contains("`just libtorch cpu`"), "{}", error.hint);
        }
    }

    #[cfg(feature = "libtorch")]
    #[test]
    fn devices_of_libtorch_have_a_class_of_their_own() {
        let compute: Compute = "libtorch".parse().unwrap();
        assert_eq!((compute.to_string().as_str(), compute.class()), ("libtorch", "libtorch-cpu"));
        assert!(!compute.promises_bits() && compute.has_bf16() && !Compute::Cpu.has_bf16());
    }
}
