//! 1-D convolution of one short line of few channels, as GHPA's tensors pass it.

use crate::kernel::fused::{Input, Op, Saved};

/// A 1-D convolution of stride 1 with bias, zero-padded to keep the length.
///
/// Inputs: `x [batch, channels_in, length]`, weight `[channels_out, channels_in / groups, kernel]`, bias
/// `[channels_out]`. Output: `[batch, channels_out, length]`.
#[derive(Clone, Copy, Debug)]
pub(in crate::kernel) struct Line {
    pub groups: usize,
}

#[derive(Clone, Copy)]
struct Size {
    batch: usize,
    channels_in: usize,
    channels_out: usize,
    /// Input channels that an output channel sees.
    seen: usize,
    kernel: usize,
    length: usize,
    groups: usize,
}

impl Line {
    fn size(self, inputs: &[Input]) -> Size {
        let (x, weight) = (inputs[0].shape, inputs[1].shape);
        Size {
            batch: x[0],
            channels_in: x[1],
            channels_out: weight[0],
            seen: weight[1],
            kernel: weight[2],
            length: x[2],
            groups: self.groups,
        }
    }
}

impl Size {
    /// Every product of the convolution: positions in output, input and weight.
    fn products(self, mut work: impl FnMut(usize, usize, usize)) {
        let half = self.kernel / 2;
        for image in 0..self.batch {
            for output in 0..self.channels_out {
                let group = output / (self.channels_out / self.groups);
                for seen in 0..self.seen {
                    let input = (image * self.channels_in + group * self.seen + seen) * self.length;
                    for tap in 0..self.kernel {
                        let weight = (output * self.seen + seen) * self.kernel + tap;
                        let first = half.saturating_sub(tap);
                        let last = (self.length + half).saturating_sub(tap).min(self.length);
                        for position in first..last {
                            let target = (image * self.channels_out + output) * self.length + position;
                            work(target, input + position + tap - half, weight);
                        }
                    }
                }
            }
        }
    }
}

impl Op for Line {
    fn output_shape(&self, inputs: &[Input]) -> Vec<usize> {
        let size = self.size(inputs);
        vec![size.batch, size.channels_out, size.length]
    }

    fn multiply_adds(&self, inputs: &[Input]) -> u64 {
        let size = self.size(inputs);
        (size.batch * size.channels_out * size.length * size.seen * size.kernel) as u64
    }

    fn forward(&self, inputs: &[Input], _: bool) -> (Vec<f32>, Saved) {
        let size = self.size(inputs);
        let [x, weight, bias] = [0, 1, 2].map(|index: usize| inputs[index].values);
        let biases = bias.iter().flat_map(|bias| std::iter::repeat_n(*bias, size.length));
        let mut output: Vec<f32> = biases.collect::<Vec<f32>>().repeat(size.batch);
        size.products(|target, input, tap| output[target] += x[input] * weight[tap]);
        (output, Vec::new())
    }

    fn backward(&self, inputs: &[Input], _: &Saved, gradient: &[f32], _: &[bool]) -> Vec<Option<Vec<f32>>> {
        let size = self.size(inputs);
        let [x, weight, bias] = [0, 1, 2].map(|index: usize| inputs[index].values);
        let mut gradients = [x, weight, bias].map(|input| vec![0.0; input.len()]);
        size.products(|target, input, tap| {
            gradients[0][input] += gradient[target] * weight[tap];
            gradients[1][tap] += gradient[target] * x[input];
        });
        for (index, line) in gradient.chunks_exact(size.length).enumerate() {
            gradients[2][index % size.channels_out] += line.iter().sum::<f32>();
        }
        gradients.map(Some).into()
    }
}
