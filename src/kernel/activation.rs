//! Activation functions of networks.

use burn::tensor::{Tensor, activation};

use super::cpu::Gelu;
use super::{fused, trace};

/// The exact GELU, `x * Φ(x)` with the error function, as PyTorch's default.
///
/// # Shapes
/// - input and output: `[..]`
pub fn gelu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    trace::note("gelu", 0);
    if fused::available(&x) {
        return fused::apply(Gelu, vec![x.into()]);
    }
    activation::gelu(x)
}
