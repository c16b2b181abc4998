//! Whether kernels are used at all.

use std::cell::Cell;
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};

use burn::backend::DispatchDevice;
use burn::tensor::Tensor;

/// Which implementation of the operations runs, as `--kernels` spells it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kernels {
    /// Fused kernels where the device has them.
    #[default]
    Fused,
    /// Compositions of burn's own operations, for comparison.
    Plain,
}

static PLAIN: AtomicBool = AtomicBool::new(false);

thread_local! {
    static HERE: Cell<Option<Kernels>> = const { Cell::new(None) };
}

/// Runs `work` with a choice of its own for this thread.
pub fn with_kernels<T>(kernels: Kernels, work: impl FnOnce() -> T) -> T {
    let before = HERE.replace(Some(kernels));
    let value = work();
    HERE.set(before);
    value
}

/// Chooses for the whole process.
pub fn use_kernels(kernels: Kernels) {
    PLAIN.store(kernels == Kernels::Plain, Ordering::Relaxed);
}

/// What was chosen.
pub fn kernels() -> Kernels {
    let process = if PLAIN.load(Ordering::Relaxed) { Kernels::Plain } else { Kernels::Fused };
    HERE.get().unwrap_or(process)
}

/// True if an operation on this tensor should be fused.
pub(in crate::kernel) fn available<const D: usize>(x: &Tensor<D>) -> bool {
    kernels() == Kernels::Fused && matches!(x.device().as_dispatch(), DispatchDevice::Flex(_))
}

impl fmt::Display for Kernels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fused => "fused",
            Self::Plain => "plain",
        })
    }
}

impl FromStr for Kernels {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "fused" => Ok(Self::Fused),
            "plain" => Ok(Self::Plain),
            _ => Err(format!("unknown kernels `{name}`, allowed: fused, plain")),
        }
    }
}
