//! Sums and products of feature maps.

use burn::tensor::Tensor;

use super::native::{self, Native};
use super::trace::{self, Work};

/// The sum of two maps; axes of length 1 are repeated.
///
/// # Shapes
/// - inputs and output: `[..]`
pub fn add<const D: usize>(one: Tensor<D>, other: Tensor<D>) -> Tensor<D> {
    let output = if native::available(&one) {
        native::apply(&Native::Add, vec![one.into_dispatch(), other.into_dispatch()])
    } else {
        one + other
    };
    trace::note_each("add", &output.dims(), 1);
    output
}

/// The product of two maps, element by element; axes of length 1 are repeated.
///
/// # Shapes
/// - inputs and output: `[..]`
pub fn multiply<const D: usize>(one: Tensor<D>, other: Tensor<D>) -> Tensor<D> {
    let output = if native::available(&one) {
        native::apply(&Native::Multiply, vec![one.into_dispatch(), other.into_dispatch()])
    } else {
        one * other
    };
    trace::note_each("multiply", &output.dims(), 1);
    output
}

/// Maps after one another along an axis.
///
/// # Shapes
/// - inputs: `[..]`, of the same lengths but along `axis`
/// - output: the lengths along `axis` added
pub fn concat<const D: usize>(parts: Vec<Tensor<D>>, axis: usize) -> Tensor<D> {
    let output = Tensor::cat(parts, axis);
    trace::note_each("concat", &output.dims(), 0);
    output
}

/// The matrix product of the last two axes.
///
/// # Shapes
/// - `left`: `[.., rows, inner]`
/// - `right`: `[.., inner, columns]`
/// - output: `[.., rows, columns]`
pub fn matmul<const D: usize>(left: Tensor<D>, right: Tensor<D>) -> Tensor<D> {
    let inner = left.dims()[D - 1];
    let output = if native::available(&left) {
        native::apply(&Native::MatMul, vec![left.into_dispatch(), right.into_dispatch()])
    } else {
        left.matmul(right)
    };
    let macs = inner * output.dims().iter().product::<usize>();
    trace::note("matmul", &output.dims(), Work::product(macs));
    output
}

/// A linear layer over the last axis.
///
/// # Shapes
/// - `x`: `[.., inputs]`
/// - `weight`: `[outputs, inputs]`
/// - `bias`: `[outputs]`
/// - output: `[.., outputs]`
pub fn linear<const D: usize>(x: Tensor<D>, weight: Tensor<2>, bias: Option<Tensor<1>>) -> Tensor<D> {
    let shape = x.dims();
    let [outputs, inputs] = weight.dims();
    let rows = shape[..D - 1].iter().product::<usize>();
    let mut work = Work::product(rows * inputs * outputs);
    if bias.is_some() {
        work.rest = (rows * outputs) as u64;
    }
    let mut wide = shape;
    wide[D - 1] = outputs;
    trace::note("linear", &wide, work);
    if native::available(&x) {
        let tensors = [x.into_dispatch(), weight.into_dispatch()];
        let tensors = tensors.into_iter().chain(bias.map(Tensor::into_dispatch));
        return native::apply(&Native::Linear, tensors.collect());
    }
    let mut output = x.reshape([rows, inputs]).matmul(weight.transpose());
    if let Some(bias) = bias {
        output = output + bias.reshape([1, outputs]);
    }
    output.reshape(wide)
}

/// The mean over the pixels of each channel.
///
/// # Shapes
/// - `x`: `[batch, channels, height, width]`
/// - output: `[batch, channels, 1, 1]`
pub fn mean_pixels(x: Tensor<4>) -> Tensor<4> {
    let [_, _, height, width] = x.dims();
    let output = if native::available(&x) {
        native::apply(&Native::MeanPixels, vec![x.into_dispatch()])
    } else {
        x.mean_dim(3).mean_dim(2)
    };
    trace::note_each("mean_pixels", &output.dims(), height * width);
    output
}

/// The sum over the last axis.
///
/// # Shapes
/// - `x`: `[.., length]`
/// - output: `[.., 1]`
pub fn sum_last<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let length = x.dims()[D - 1];
    let output = if native::available(&x) {
        native::apply(&Native::SumLast, vec![x.into_dispatch()])
    } else {
        x.sum_dim(D - 1)
    };
    trace::note_each("sum_last", &output.dims(), length);
    output
}

/// Every element times a number.
///
/// # Shapes
/// - input and output: `[..]`
pub fn scale<const D: usize>(x: Tensor<D>, factor: f64) -> Tensor<D> {
    trace::note_each("scale", &x.dims(), 1);
    if native::available(&x) {
        return native::apply(&Native::Scale { factor }, vec![x.into_dispatch()]);
    }
    x.mul_scalar(factor)
}

/// The map without its gradient: what is computed of it doesn't reach what it was computed of.
///
/// # Shapes
/// - `x` and output: `[..]`
pub fn detach<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    if native::available(&x) {
        return native::apply(&Native::Detach, vec![x.into_dispatch()]);
    }
    x.detach()
}
