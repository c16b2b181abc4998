//! What an executed graph costs, recorded by the operations themselves.

use std::cell::RefCell;

use burn::module::ParamId;

/// One executed operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The operation's name, such as `conv2d`.
    pub name: &'static str,
    /// Parameters of the layer that asked for it.
    pub layer: Vec<ParamId>,
    /// Shape of what it computes.
    pub output: Vec<usize>,
    /// What it does.
    pub work: Work,
}

/// What an operation does, in scalar operations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Multiply-accumulates of convolutions.
    pub conv_macs: u64,
    /// Multiply-accumulates of other products: linear layers and matrix products.
    pub other_macs: u64,
    /// Everything else: additions, products, comparisons, and functions such as `exp`, each as one.
    pub rest: u64,
    /// How much larger the plane of outputs is than that of inputs, where a transposed convolution makes it so: by
    /// this some Python counters multiply too often.
    pub stretch: u64,
}

impl Work {
    /// A convolution.
    pub const fn conv(macs: usize) -> Self {
        Self { conv_macs: macs as u64, other_macs: 0, rest: 0, stretch: 1 }
    }

    /// A convolution with a number added to each of its `outputs`.
    pub const fn conv_with_bias(macs: usize, outputs: usize) -> Self {
        Self { rest: outputs as u64, ..Self::conv(macs) }
    }

    /// A matrix product.
    pub const fn product(macs: usize) -> Self {
        Self { conv_macs: 0, other_macs: macs as u64, rest: 0, stretch: 1 }
    }

    /// Scalar operations.
    pub const fn scalar(count: usize) -> Self {
        Self { conv_macs: 0, other_macs: 0, rest: count as u64, stretch: 1 }
    }

    /// Floating-point operations, a multiply-accumulate as two.
    pub fn flops(self) -> u64 {
        2 * (self.conv_macs + self.other_macs) + self.rest
    }
}

/// What ran while recording.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    /// Every operation, in order.
    pub operations: Vec<Operation>,
    /// Number of fused kernels that computed them; 0 where all were compositions.
    pub kernels: usize,
    layer: Vec<ParamId>,
    biasless: bool,
}

thread_local! {
    static RECORDING: RefCell<Option<Recording>> = const { RefCell::new(None) };
}

/// Runs `forward` and returns its value with every operation that it executed on this thread.
///
/// Recordings don't nest: an inner one would take operations away from the outer one, so `forward` must
/// not record.
pub fn record<T>(forward: impl FnOnce() -> T) -> (T, Recording) {
    RECORDING.with(|recording| *recording.borrow_mut() = Some(Recording::default()));
    let value = forward();
    let recording = RECORDING.with(|recording| recording.borrow_mut().take()).unwrap_or_default();
    (value, recording)
}

/// Runs `forward`, whose operations belong to the layer that has these parameters.
pub fn layer<T>(parameters: &[ParamId], forward: impl FnOnce() -> T) -> T {
    let swap = |layer: Vec<ParamId>| {
        with(|recording| std::mem::replace(&mut recording.layer, layer)).unwrap_or_default()
    };
    let outer = with(|_| ()).map(|()| swap(parameters.to_vec()));
    let value = forward();
    if let Some(outer) = outer {
        swap(outer);
    }
    value
}

/// Runs `forward`, whose convolutions add zeros for a bias that the network doesn't have.
pub(super) fn without_bias<T>(forward: impl FnOnce() -> T) -> T {
    with(|recording| recording.biasless = true);
    let value = forward();
    with(|recording| recording.biasless = false);
    value
}

/// Notes an executed operation; free of cost unless a recording is on.
pub(super) fn note(name: &'static str, output: &[usize], work: Work) {
    with(|recording| {
        let layer = recording.layer.clone();
        let work = if recording.biasless { Work { rest: 0, ..work } } else { work };
        recording.operations.push(Operation { name, layer, output: output.to_vec(), work });
    });
}

/// Notes an operation of so many scalar operations for each element of its output.
pub(super) fn note_each(name: &'static str, output: &[usize], each: usize) {
    note(name, output, Work::scalar(each * output.iter().product::<usize>()));
}

/// Notes that a fused kernel ran.
pub(super) fn note_kernel() {
    with(|recording| recording.kernels += 1);
}

fn with<T>(work: impl FnOnce(&mut Recording) -> T) -> Option<T> {
    RECORDING.with(|recording| recording.borrow_mut().as_mut().map(work))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_kept_only_while_recording() {
        note("conv2d", &[1], Work::conv(1));
        let owner = [ParamId::new()];
        let (value, recording) = record(|| {
            layer(&owner, || note("conv2d", &[2, 3], Work::conv_with_bias(2, 6)));
            note_kernel();
            note_each("gelu", &[4], 5);
            7
        });
        note("conv2d", &[1], Work::conv(3));
        assert_eq!(value, 7);
        let operation = |name, layer: &[ParamId], output: &[usize], work| Operation {
            name,
            layer: layer.to_vec(),
            output: output.to_vec(),
            work,
        };
        assert_eq!(
            recording.operations,
            [
                operation("conv2d", &owner, &[2, 3], Work::conv_with_bias(2, 6)),
                operation("gelu", &[], &[4], Work::scalar(20))
            ]
        );
        assert_eq!(recording.operations.iter().map(|one| one.work.flops()).sum::<u64>(), 10 + 20);
        assert_eq!(recording.kernels, 1);
        assert_eq!(record(|| ()).1, Recording::default());
    }
}
