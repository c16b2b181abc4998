//! Resizing of feature maps.

use burn::tensor::{
    Tensor, module,
    ops::{InterpolateMode, InterpolateOptions},
};

use super::cpu::Bilinear;
use super::native::{self, Native};
use super::{fused, trace};

/// Scalar operations of a bilinear interpolation: four products and three additions.
const BILINEAR: usize = 7;

/// Notes a bilinear interpolation, where it is one.
pub(super) fn note_resize(from: [usize; 4], to: [usize; 4]) {
    if from != to {
        trace::note_each("resize_bilinear", &to, BILINEAR);
    }
}

/// Bilinear interpolation that maps corners onto corners (`align_corners`).
///
/// # Shapes
/// - `x`: `[batch, channels, height, width]`
/// - output: `[batch, channels, size[0], size[1]]`
pub fn resize_bilinear(x: Tensor<4>, size: [usize; 2]) -> Tensor<4> {
    let [batch, channels, height, width] = x.dims();
    if size == [height, width] {
        return x;
    }
    note_resize(x.dims(), [batch, channels, size[0], size[1]]);
    if fused::available(&x) {
        let op = Bilinear { height: size[0], width: size[1] };
        return fused::apply(op, vec![x.into()]);
    }
    if native::available(&x) {
        return native::apply(&Native::ResizeBilinear { size, align_corners: true }, vec![x.into_dispatch()]);
    }
    let options =
        InterpolateOptions::new(InterpolateMode::Bilinear).with_align_corners(true).with_output_size(size);
    module::interpolate(x, options)
}

/// Bilinear interpolation by whole factors, or any, that maps pixel areas onto pixel areas (`align_corners=False`).
///
/// # Shapes
/// - `x`: `[batch, channels, height, width]`
/// - output: `[batch, channels, size[0], size[1]]`
pub fn resize_bilinear_areas(x: Tensor<4>, size: [usize; 2]) -> Tensor<4> {
    let [batch, channels, height, width] = x.dims();
    if size == [height, width] {
        return x;
    }
    trace::note_each("resize_bilinear", &[batch, channels, size[0], size[1]], BILINEAR);
    if native::available(&x) {
        return native::apply(
            &Native::ResizeBilinear { size, align_corners: false },
            vec![x.into_dispatch()],
        );
    }
    let options =
        InterpolateOptions::new(InterpolateMode::Bilinear).with_align_corners(false).with_output_size(size);
    module::interpolate(x, options)
}

/// Each pixel repeated `factor` times along both axes.
///
/// # Shapes
/// - `x`: `[batch, channels, height, width]`
/// - output: `[batch, channels, height * factor, width * factor]`
pub fn repeat_pixels(x: Tensor<4>, factor: usize) -> Tensor<4> {
    let [batch, channels, height, width] = x.dims();
    let output = x
        .reshape([batch * channels, height, 1, width, 1])
        .expand([batch * channels, height, factor, width, factor])
        .reshape([batch, channels, height * factor, width * factor]);
    trace::note_each("repeat_pixels", &output.dims(), 0);
    output
}

/// Each 2x2 block of pixels as one pixel of four times the channels: those of the block's first column from top to
/// bottom, then those of its second.
///
/// # Shapes
/// - `x`: `[batch, channels, height, width]`, both sides even
/// - output: `[batch, 4 * channels, height / 2, width / 2]`
pub fn merge_pixels(x: Tensor<4>) -> Tensor<4> {
    let [batch, channels, height, width] = x.dims();
    let output = x
        .reshape([batch, channels, height / 2, 2, width / 2, 2])
        .permute([0, 5, 3, 1, 2, 4])
        .reshape([batch, 4 * channels, height / 2, width / 2]);
    trace::note_each("merge_pixels", &output.dims(), 0);
    output
}

/// The pixels of each patch of `side` x `side` beside those of the others.
///
/// # Shapes
/// - `x`: `[batch, channels, height, width]`, both sides multiples of `side`
/// - output: `[batch, channels, side * side, height / side * width / side]`
pub fn split_patches(x: Tensor<4>, side: usize) -> Tensor<4> {
    let [batch, channels, height, width] = x.dims();
    let [rows, columns] = [height, width].map(|length| length / side);
    let output = x
        .reshape([batch, channels, rows, side, columns, side])
        .permute([0, 1, 3, 5, 2, 4])
        .reshape([batch, channels, side * side, rows * columns]);
    trace::note_each("split_patches", &output.dims(), 0);
    output
}

/// What [`split_patches`] took apart, put together again.
///
/// # Shapes
/// - `x`: `[batch, channels, side * side, height / side * width / side]`
/// - output: `[batch, channels, height, width]` of this `size`
pub fn merge_patches(x: Tensor<4>, side: usize, [height, width]: [usize; 2]) -> Tensor<4> {
    let [batch, channels, ..] = x.dims();
    let output = x
        .reshape([batch, channels, side, side, height / side, width / side])
        .permute([0, 1, 4, 2, 5, 3])
        .reshape([batch, channels, height, width]);
    trace::note_each("merge_patches", &output.dims(), 0);
    output
}
