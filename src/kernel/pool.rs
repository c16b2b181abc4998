//! Pooling of feature maps.

use burn::tensor::{
    Tensor, module,
    ops::{AvgPoolOptions, MaxPoolOptions},
};

use super::native::{self, Native};
use super::trace;

/// The maximum of each 2x2 block; an odd last row or column is left out.
///
/// # Shapes
/// - `x`: `[batch, channels, height, width]`
/// - output: `[batch, channels, height / 2, width / 2]`
pub fn max_pool2(x: Tensor<4>) -> Tensor<4> {
    let output = if native::available(&x) {
        native::apply(&Native::MaxPool { kernel: 2, stride: 2, padding: 0 }, vec![x.into_dispatch()])
    } else {
        module::max_pool2d(x, MaxPoolOptions::new([2, 2]))
    };
    trace::note_each("max_pool2d", &output.dims(), 3);
    output
}

/// The maximum of each square of `kernel` pixels, `stride` pixels apart, with `padding` pixels around that never win.
///
/// # Shapes
/// - `x`: `[batch, channels, height, width]`
/// - output: `[batch, channels, h, w]`, `h = (height + 2 padding - kernel) / stride + 1`
pub fn max_pool(x: Tensor<4>, kernel: usize, stride: usize, padding: usize) -> Tensor<4> {
    let options = MaxPoolOptions::new([kernel; 2]).with_stride([stride; 2]).with_padding([padding; 2]);
    let output = if native::available(&x) {
        native::apply(&Native::MaxPool { kernel, stride, padding }, vec![x.into_dispatch()])
    } else {
        module::max_pool2d(x, options)
    };
    trace::note_each("max_pool2d", &output.dims(), kernel * kernel - 1);
    output
}

/// The mean of each square of `kernel` pixels, `stride` pixels apart; zeros around count where `padding` is not 0.
///
/// # Shapes
/// - `x`: `[batch, channels, height, width]`
/// - output: `[batch, channels, h, w]`, `h = (height + 2 padding - kernel) / stride + 1`
pub fn average_pool(x: Tensor<4>, kernel: usize, stride: usize, padding: usize) -> Tensor<4> {
    let options = AvgPoolOptions::new([kernel; 2]).with_stride([stride; 2]).with_padding([padding; 2]);
    let output = if native::available(&x) {
        native::apply(&Native::AveragePool { kernel, stride, padding }, vec![x.into_dispatch()])
    } else {
        module::avg_pool2d(x, options)
    };
    trace::note_each("average_pool2d", &output.dims(), kernel * kernel);
    output
}

/// The mean over the channels of each pixel.
///
/// # Shapes
/// - `x`: `[batch, channels, height, width]`
/// - output: `[batch, 1, height, width]`
pub fn mean_channels(x: Tensor<4>) -> Tensor<4> {
    let channels = x.dims()[1];
    let output = if native::available(&x) {
        native::apply(&Native::MeanChannels, vec![x.into_dispatch()])
    } else {
        x.mean_dim(1)
    };
    trace::note_each("mean_channels", &output.dims(), channels);
    output
}

/// The maximum over the channels of each pixel.
///
/// # Shapes
/// - `x`: `[batch, channels, height, width]`
/// - output: `[batch, 1, height, width]`
pub fn max_channels(x: Tensor<4>) -> Tensor<4> {
    let channels = x.dims()[1];
    let output = if native::available(&x) {
        native::apply(&Native::MaxChannels, vec![x.into_dispatch()])
    } else {
        x.max_dim(1)
    };
    trace::note_each("max_channels", &output.dims(), channels - 1);
    output
}
