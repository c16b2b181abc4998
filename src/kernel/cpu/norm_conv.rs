//! Layer normalisation over channels and a 1x1 convolution in one pass: the normalised map is never written.
//!
//! Parameters: the norm's weight and bias `[channels]`, the convolution's weight `[channels_out, channels]` and
//! bias `[channels_out]`.

use super::channel_norm::{Size, denormalize, gather, normalize, scale_and_shift, spread};
use super::pointwise::{self, transpose};
use super::scratch;

/// Parameters, in their order.
#[derive(Clone, Copy)]
pub(super) struct NormConv<'a> {
    pub scales: &'a [f32],
    pub shifts: &'a [f32],
    pub matrix: &'a [f32],
    pub bias: &'a [f32],
    pub epsilon: f32,
}

impl NormConv<'_> {
    /// Channels of the output.
    pub fn channels_out(self) -> usize {
        self.bias.len()
    }

    /// A chunk as the convolution sees it.
    fn part(self, wide: usize) -> pointwise::Size {
        let (channels_in, channels_out) = (self.scales.len(), self.channels_out());
        pointwise::Size { batch: 1, channels_in, channels_out, pixels: wide }
    }

    /// Floats of working memory: two chunks of all channels, one of the outputs', and the deviations.
    fn memory(self, size: Size) -> usize {
        (2 * size.channels + self.channels_out() + 1) * size.chunk()
    }

    /// Normalises and convolves planes, or parts of them, of `pixels` pixels each.
    pub fn forward(self, x: &[&[f32]], output: &mut [&mut [f32]], pixels: usize) {
        let size = Size { channels: x.len(), pixels };
        scratch::with(self.memory(size), |memory| {
            for part in size.chunks() {
                let wide = Size::wide(part);
                let (normal, rest) = memory.split_at_mut(size.channels * wide);
                let (result, rest) = rest.split_at_mut(self.channels_out() * wide);
                gather(x, part, normal);
                normalize(normal, &mut rest[..wide], self.epsilon);
                scale_and_shift(normal, wide, self.scales, self.shifts);
                pointwise::image_forward(normal, self.matrix, self.bias, result, self.part(wide));
                spread(result, part, output);
            }
        });
    }

    /// The matrix from the output's gradient to that of the normalised channels, for [`backward`](Self::backward):
    /// the norm's weight goes into it.
    pub fn back(self) -> Vec<f32> {
        let mut back = transpose(self.matrix, self.channels_out(), self.scales.len());
        for (row, scale) in back.chunks_exact_mut(self.channels_out()).zip(self.scales) {
            for weight in row {
                *weight *= scale;
            }
        }
        back
    }

    /// The gradient of the planes, and added to `sums` the products that [`parameters`](Self::parameters) wants:
    /// `channels_out * (channels + 1)` floats.
    pub fn backward(
        self,
        x: &[&[f32]],
        gradient: &[&[f32]],
        back: &[f32],
        output: &mut [&mut [f32]],
        sums: &mut [f32],
        pixels: usize,
    ) {
        let size = Size { channels: x.len(), pixels };
        scratch::with(self.memory(size) + size.channels, |memory| {
            let (zeros, memory) = memory.split_at_mut(size.channels);
            zeros.fill(0.0);
            for part in size.chunks() {
                let wide = Size::wide(part);
                let (normal, rest) = memory.split_at_mut(size.channels * wide);
                let (pull, rest) = rest.split_at_mut(size.channels * wide);
                let (result, rest) = rest.split_at_mut(self.channels_out() * wide);
                let deviations = &mut rest[..wide];
                gather(x, part, normal);
                normalize(normal, deviations, self.epsilon);
                gather(gradient, part, result);
                pointwise::image_weight(normal, result, sums, self.part(wide));
                pointwise::image_forward(result, back, zeros, pull, self.part(wide).reversed());
                denormalize(normal, pull, deviations);
                spread(pull, part, output);
            }
        });
    }

    /// Gradients of the parameters, in their order, from `Σ g x̂` of every output and channel, and then `Σ g` of
    /// every output.
    pub fn parameters(self, mut products: Vec<f32>) -> [Vec<f32>; 4] {
        let channels = self.scales.len();
        let bias = products.split_off(self.channels_out() * channels);
        let (mut scales, mut shifts) = (vec![0.0; channels], vec![0.0; channels]);
        let rows = products.chunks_exact_mut(channels).zip(self.matrix.chunks_exact(channels));
        for ((products, weights), bias) in rows.zip(&bias) {
            for channel in 0..channels {
                scales[channel] += weights[channel] * products[channel];
                shifts[channel] += weights[channel] * bias;
                products[channel] = self.scales[channel] * products[channel] + self.shifts[channel] * bias;
            }
        }
        [scales, shifts, products, bias]
    }
}
