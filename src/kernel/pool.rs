//! Pooling of feature maps.

use burn::tensor::{Tensor, module, ops::MaxPoolOptions};

use super::trace;

/// The maximum of each 2x2 block; an odd last row or column is left out.
///
/// # Shapes
/// - `x`: `[batch, channels, height, width]`
/// - output: `[batch, channels, height / 2, width / 2]`
pub fn max_pool2(x: Tensor<4>) -> Tensor<4> {
    trace::note("max_pool2", 0);
    module::max_pool2d(x, MaxPoolOptions::new([2, 2]))
}
