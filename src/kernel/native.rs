//! Operations that a device's own library computes, with gradients of its own.
//!
//! A library describes nothing of itself here: an operation is named with its sizes, and the one library that there is
//! so far (`libtorch`) finds its own functions for it. A later one needs a match over the same names.

use burn::backend::DispatchTensor;
use burn::tensor::Tensor;

use super::{BceDice, libtorch, trace};

/// An operation, with the meaning and the order of inputs of the function of this room that asks for it.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::kernel) enum Native {
    Gelu,
    Relu,
    Sigmoid,
    Silu,
    Softplus,
    HardSigmoid,
    HardSwish,
    Exp,
    Softmax {
        axis: usize,
    },
    Add,
    Multiply,
    MatMul,
    Linear,
    Scale {
        factor: f64,
    },
    MeanPixels,
    MeanChannels,
    MaxChannels,
    SumLast,
    Shares {
        axis: usize,
        epsilon: f64,
    },
    Convolution {
        stride: usize,
        padding: Vec<usize>,
        dilation: usize,
        groups: usize,
        transposed: bool,
    },
    GroupNorm {
        groups: usize,
        epsilon: f64,
    },
    InstanceNorm {
        epsilon: f64,
    },
    ChannelNorm {
        epsilon: f64,
    },
    LayerNorm {
        epsilon: f64,
    },
    BatchNorm {
        epsilon: f64,
    },
    /// Three outputs: the map, the means and the unbiased variances.
    BatchNormTrain {
        epsilon: f64,
    },
    MaxPool {
        kernel: usize,
        stride: usize,
        padding: usize,
    },
    AveragePool {
        kernel: usize,
        stride: usize,
        padding: usize,
    },
    ResizeBilinear {
        size: [usize; 2],
        align_corners: bool,
    },
    PadReflect {
        border: usize,
    },
    CausalConv1d,
    SelectiveScan,
    MultiplyAxes,
    BridgeGroups {
        dilations: Vec<usize>,
        mask: bool,
        epsilon: f64,
        tail_epsilon: f64,
    },
    /// A mask, then outputs with these weights.
    DeepBceDice {
        form: BceDice,
        weights: Vec<f32>,
    },
    Detach,
}

/// True if a library computes operations on this tensor.
pub(in crate::kernel) fn available<const D: usize>(x: &Tensor<D>) -> bool {
    libtorch::has(&x.device())
}

/// Applies an operation of one output.
pub(in crate::kernel) fn apply<const D: usize>(operation: &Native, inputs: Vec<DispatchTensor>) -> Tensor<D> {
    let [output] = apply_several(operation, inputs);
    Tensor::from_dispatch(output)
}

/// Applies an operation of several outputs.
pub(in crate::kernel) fn apply_several<const N: usize>(
    operation: &Native,
    inputs: Vec<DispatchTensor>,
) -> [DispatchTensor; N] {
    trace::note_kernel();
    let outputs = libtorch::compute(operation, inputs);
    let count = outputs.len();
    outputs.try_into().unwrap_or_else(|_| unreachable!("{operation:?} has {count} outputs, not {N}"))
}

/// True where a tensor's operations can be asked for gradients.
pub fn in_training<const D: usize>(x: &Tensor<D>) -> bool {
    x.device().is_autodiff() || available(x) && libtorch::learns()
}
