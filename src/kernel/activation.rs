//! Activation functions of networks.

use burn::tensor::{Tensor, activation};

use super::cpu::Gelu;
use super::native::{self, Native};
use super::{fused, trace};

/// Scalar operations of GELU: the error function, an addition and three products.
pub(super) const GELU: usize = 5;

/// The exact GELU, `x * Φ(x)` with the error function, as PyTorch's default.
///
/// # Shapes
/// - input and output: `[..]`
pub fn gelu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    trace::note_each("gelu", &x.dims(), GELU);
    if fused::available(&x) {
        return fused::apply(Gelu, vec![x.into()]);
    }
    if native::available(&x) {
        return native::apply(&Native::Gelu, vec![x.into_dispatch()]);
    }
    activation::gelu(x)
}

/// `max(x, 0)`.
///
/// # Shapes
/// - input and output: `[..]`
pub fn relu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    trace::note_each("relu", &x.dims(), 1);
    if native::available(&x) {
        return native::apply(&Native::Relu, vec![x.into_dispatch()]);
    }
    activation::relu(x)
}

/// The logistic function `1 / (1 + e^-x)`.
///
/// # Shapes
/// - input and output: `[..]`
pub fn sigmoid<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    trace::note_each("sigmoid", &x.dims(), 4);
    if native::available(&x) {
        return native::apply(&Native::Sigmoid, vec![x.into_dispatch()]);
    }
    activation::sigmoid(x)
}

/// `x` times its logistic function, also called swish.
///
/// # Shapes
/// - input and output: `[..]`
pub fn silu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    trace::note_each("silu", &x.dims(), 5);
    if native::available(&x) {
        return native::apply(&Native::Silu, vec![x.into_dispatch()]);
    }
    activation::silu(x)
}

/// `ln(1 + e^x)`, and `x` itself beyond 20, as PyTorch has it.
///
/// # Shapes
/// - input and output: `[..]`
pub fn softplus<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    trace::note_each("softplus", &x.dims(), 3);
    if native::available(&x) {
        return native::apply(&Native::Softplus, vec![x.into_dispatch()]);
    }
    activation::softplus(x, 1.0)
}

/// `min(max(x + 3, 0), 6) / 6`.
///
/// # Shapes
/// - input and output: `[..]`
pub fn hard_sigmoid<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    trace::note_each("hard_sigmoid", &x.dims(), 4);
    if native::available(&x) {
        return native::apply(&Native::HardSigmoid, vec![x.into_dispatch()]);
    }
    x.add_scalar(3.0).clamp(0.0, 6.0).div_scalar(6.0)
}

/// `x` times its [`hard_sigmoid`].
///
/// # Shapes
/// - input and output: `[..]`
pub fn hard_swish<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    trace::note_each("hard_swish", &x.dims(), 5);
    if native::available(&x) {
        return native::apply(&Native::HardSwish, vec![x.into_dispatch()]);
    }
    x.clone() * x.add_scalar(3.0).clamp(0.0, 6.0).div_scalar(6.0)
}

/// `e^x`.
///
/// # Shapes
/// - input and output: `[..]`
pub fn exp<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    trace::note_each("exp", &x.dims(), 1);
    if native::available(&x) {
        return native::apply(&Native::Exp, vec![x.into_dispatch()]);
    }
    x.exp()
}

/// `e^x` over its sum along an axis.
///
/// # Shapes
/// - input and output: `[..]`
pub fn softmax<const D: usize>(x: Tensor<D>, axis: usize) -> Tensor<D> {
    trace::note_each("softmax", &x.dims(), 5);
    if native::available(&x) {
        return native::apply(&Native::Softmax { axis }, vec![x.into_dispatch()]);
    }
    activation::softmax(x, axis)
}
