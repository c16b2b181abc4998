//! What state space models do to sequences: a causal convolution and the selective scan.

use burn::tensor::Tensor;

use super::native::{self, Native};
use super::trace::{self, Work};

/// A 1-D convolution of every channel with a kernel of its own that sees only what stands before, with bias.
///
/// # Shapes
/// - `x` and output: `[batch, length, channels]`
/// - `weight`: `[channels, 1, kernel]`
/// - `bias`: `[channels]`
pub fn causal_conv1d(x: Tensor<3>, weight: Tensor<3>, bias: Tensor<1>) -> Tensor<3> {
    let [batch, length, channels] = x.dims();
    let kernel = weight.dims()[2];
    let outputs = batch * length * channels;
    trace::note("conv1d", &[batch, length, channels], Work::conv_with_bias(outputs * kernel, outputs));
    if native::available(&x) {
        let tensors = vec![x.into_dispatch(), weight.into_dispatch(), bias.into_dispatch()];
        return native::apply(&Native::CausalConv1d, tensors);
    }
    let zeros = Tensor::zeros([batch, kernel - 1, channels], (&x.device(), x.dtype()));
    let padded = Tensor::cat(vec![zeros, x], 1);
    let taps = weight.reshape([channels, kernel]).transpose();
    (0..kernel).fold(bias.reshape([1, 1, channels]), |sum, tap| {
        let factor = taps.clone().narrow(0, tap, 1).reshape([1, 1, channels]);
        sum + padded.clone().narrow(1, tap, length) * factor
    })
}

/// Parameters of [`selective_scan`] for each position.
#[derive(Clone, Debug)]
pub struct Selection {
    /// How far the state moves: `[batch, length, channels]`, positive
    pub step: Tensor<3>,
    /// How the input enters the state: `[batch, length, states]`
    pub input: Tensor<3>,
    /// How the output leaves it: `[batch, length, states]`
    pub output: Tensor<3>,
}

/// The selective scan of Mamba (Gu and Dao, 2023, section 3): for each channel the state
/// `h[t] = exp(step[t] · rate) h[t-1] + step[t] · input[t] · x[t]` of so many numbers, from 0, and of it
/// `output[t] · h[t] + skip · x[t]`.
///
/// # Shapes
/// - `x` and output: `[batch, length, channels]`
/// - `rate`: `[channels, states]`, negative
/// - `skip`: `[channels]`
pub fn selective_scan(x: Tensor<3>, selection: Selection, rate: Tensor<2>, skip: Tensor<1>) -> Tensor<3> {
    let [batch, length, channels] = x.dims();
    let states = rate.dims()[1];
    let full = [batch, length, channels, states];
    let Selection { step, input, output } = selection;
    // A product and a function for what stays, a product for what enters; then a product and a sum for each state, twice,
    // and those of step and skip.
    trace::note_each("selective_scan", &full, 3);
    trace::note_each("selective_scan", &full, 2);
    trace::note_each("selective_scan", &[batch, length, channels], 2 * states + 3);
    if native::available(&x) {
        let tensors = [x, step, input, output].map(Tensor::into_dispatch).into_iter();
        let tensors = tensors.chain([rate.into_dispatch(), skip.into_dispatch()]);
        return native::apply(&Native::SelectiveScan, tensors.collect());
    }
    let moved = step.clone() * x.clone();
    let stays = (step.reshape([batch, length, channels, 1]) * rate.reshape([1, 1, channels, states])).exp();
    let enters = moved.reshape([batch, length, channels, 1]) * input.reshape([batch, length, 1, states]);
    let flat = [batch, length, channels * states];
    let state = recurrence(stays.reshape(flat), enters.reshape(flat)).reshape(full);
    let read = (state * output.reshape([batch, length, 1, states])).sum_dim(3);
    read.reshape([batch, length, channels]) + x * skip.reshape([1, 1, channels])
}

/// `h[t] = factor[t] h[t-1] + term[t]` from 0, along the second axis.
///
/// Two neighbouring steps are one of the same form, so the states after every other step are those of a recurrence of
/// half the length: as many halvings as the length has binary digits, and work in proportion to the length.
fn recurrence(factor: Tensor<3>, term: Tensor<3>) -> Tensor<3> {
    let [batch, length, width] = term.dims();
    if length == 1 {
        return term;
    }
    if length % 2 == 1 {
        let before = length - 1;
        let most = recurrence(factor.clone().narrow(1, 0, before), term.clone().narrow(1, 0, before));
        let last = factor.narrow(1, before, 1) * most.clone().narrow(1, before - 1, 1);
        return Tensor::cat(vec![most, last + term.narrow(1, before, 1)], 1);
    }
    let half = length / 2;
    let every_other = |x: &Tensor<3>, start: usize| {
        x.clone().reshape([batch, half, 2 * width]).narrow(2, start * width, width)
    };
    let (first_factor, second_factor) = (every_other(&factor, 0), every_other(&factor, 1));
    let (first_term, second_term) = (every_other(&term, 0), every_other(&term, 1));
    let pair_term = second_factor.clone() * first_term.clone() + second_term;
    let seconds = recurrence(second_factor * first_factor.clone(), pair_term);
    let firsts = if half == 1 {
        first_term
    } else {
        let start = first_term.clone().narrow(1, 0, 1);
        let rest = first_factor.narrow(1, 1, half - 1) * seconds.clone().narrow(1, 0, half - 1);
        Tensor::cat(vec![start, rest + first_term.narrow(1, 1, half - 1)], 1)
    };
    Tensor::cat(vec![firsts, seconds], 2).reshape([batch, length, width])
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, TensorData};

    use super::*;

    fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
        tensor.into_data().try_into_vec().expect("f32")
    }

    fn close(ours: &[f32], expected: &[f64]) {
        assert_eq!(ours.len(), expected.len());
        for (ours, expected) in ours.iter().zip(expected) {
            assert!((f64::from(*ours) - expected).abs() <= 1e-5, "{ours} and {expected}");
        }
    }

    fn wave(count: usize, phase: f64) -> Vec<f64> {
        (0..count).map(|i| (0.7 * i as f64 + phase).sin()).collect()
    }

    fn tensor<const D: usize>(values: &[f64], shape: [usize; D]) -> Tensor<D> {
        let values: Vec<f32> = values.iter().map(|&x| x as f32).collect();
        Tensor::from_data(TensorData::new(values, shape), &Device::flex().autodiff()).require_grad()
    }

    /// Step by step, forwards and backwards.
    #[test]
    fn a_recurrence_of_any_length_is_its_steps() {
        for length in [1, 2, 3, 6, 7, 8, 13, 32] {
            let (factors, terms) = (wave(length, 0.4), wave(length, 2.0));
            let mut states = vec![0.0; length];
            for t in 0..length {
                states[t] = terms[t] + if t == 0 { 0.0 } else { factors[t] * states[t - 1] };
            }
            // The gradient of half the sum of squares.
            let mut slopes = states.clone();
            for t in (1..length).rev() {
                slopes[t - 1] += factors[t] * slopes[t];
            }
            let factor = tensor(&factors, [1, length, 1]);
            let term = tensor(&terms, [1, length, 1]);
            let ours = recurrence(factor.clone(), term.clone());
            let gradients = ours.clone().powi_scalar(2).sum().mul_scalar(0.5).backward();
            close(&values(ours), &states);
            close(&values(term.grad(&gradients).unwrap()), &slopes);
            let of_factor: Vec<f64> =
                (0..length).map(|t| if t == 0 { 0.0 } else { slopes[t] * states[t - 1] }).collect();
            let found = factor.grad(&gradients).map_or_else(|| vec![0.0; length], values);
            close(&found, &of_factor);
        }
    }

    #[test]
    fn a_causal_convolution_sees_what_stands_before() {
        let x = tensor(&[1.0, 10.0, 2.0, 20.0, 3.0, 30.0], [1, 3, 2]);
        let weight = tensor(&[0.5, 1.0, 2.0, 1.0], [2, 1, 2]);
        let output = causal_conv1d(x, weight, tensor(&[0.0, 100.0], [2]));
        // 0.5 before + 1 own; 2 before + 1 own.
        close(&values(output), &[1.0, 110.0, 2.5, 140.0, 4.0, 170.0]);
    }
}
