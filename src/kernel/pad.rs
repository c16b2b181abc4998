//! Borders around feature maps.

use burn::tensor::{Tensor, ops::PadMode};

use super::native::{self, Native};
use super::trace;

/// The map with `border` pixels around it that mirror those inside, its outermost pixels not repeated.
///
/// # Shapes
/// - `x`: `[batch, channels, height, width]`, both sides longer than `border`
/// - output: `[batch, channels, height + 2 border, width + 2 border]`
pub fn pad_reflect(x: Tensor<4>, border: usize) -> Tensor<4> {
    let output = if native::available(&x) {
        native::apply(&Native::PadReflect { border }, vec![x.into_dispatch()])
    } else {
        x.pad((border, border, border, border), PadMode::Reflect)
    };
    trace::note_each("pad_reflect", &output.dims(), 0);
    output
}
