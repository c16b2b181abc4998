//! Tensors of burn as tensors of tch, and back; nothing is copied.

use burn::backend::libtorch::TchTensor;
use burn::backend::{BackendTensor, DispatchAutodiffContext, DispatchTensor, DispatchTensorKind};

/// The tensor inside.
///
/// # Panics
/// When it isn't on libtorch.
pub(super) fn inner(tensor: DispatchTensor) -> tch::Tensor {
    match tensor.kind {
        DispatchTensorKind::LibTorch(BackendTensor::Float(tensor)) => tensor.tensor,
        other => unreachable!("a tensor of another backend: {other:?}"),
    }
}

/// The tensor for burn.
///
/// burn changes a tensor in place where it knows of no other one on the same memory, and what shares memory unbeknown
/// to it must not be given to its arithmetic: networks only give tensors to functions of `kernel`, which make new ones.
pub(super) fn outer(tensor: tch::Tensor) -> DispatchTensor {
    DispatchTensor {
        kind: DispatchTensorKind::LibTorch(BackendTensor::Float(TchTensor::new(tensor))),
        autodiff: DispatchAutodiffContext::Disabled,
    }
}
