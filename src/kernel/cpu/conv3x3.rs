//! Direct 3x3 convolution for few channels, band by band of rows.

use rayon::prelude::*;

use super::buffer::unwritten;
use super::conv_band::{BandGradient, Size, forward_band, pack, weight_band};
use super::reduce::add_all;
use super::scratch;
use crate::kernel::fused::{Input, Op, Saved};

/// A 3x3 convolution with bias.
#[derive(Clone, Copy, Debug)]
pub(in crate::kernel) struct Conv3x3;

impl Conv3x3 {
    pub(super) fn size(inputs: &[Input]) -> Size {
        let (x, weight) = (inputs[0].shape, inputs[1].shape);
        Size { batch: x[0], channels_in: x[1], channels_out: weight[0], height: x[2], width: x[3] }
    }
}

impl Op for Conv3x3 {
    fn output_shape(&self, inputs: &[Input]) -> Vec<usize> {
        let size = Self::size(inputs);
        vec![size.batch, size.channels_out, size.height, size.width]
    }

    fn multiply_adds(&self, inputs: &[Input]) -> u64 {
        Self::size(inputs).multiply_adds()
    }

    fn forward(&self, inputs: &[Input], _: bool) -> (Vec<f32>, Saved) {
        let size = Self::size(inputs);
        let mut output = unwritten(self.output_shape(inputs).iter().product());
        forward(inputs[0].values, inputs[1].values, inputs[2].values, &mut output, size);
        (output, Vec::new())
    }

    fn backward(
        &self,
        inputs: &[Input],
        _: &Saved,
        gradient: &[f32],
        wanted: &[bool],
    ) -> Vec<Option<Vec<f32>>> {
        let size = Self::size(inputs);
        let zeros = |input: Input| vec![0.0; input.values.len()];
        let x = wanted[0].then(|| {
            let mut x = unwritten(inputs[0].values.len());
            backward_input(gradient, inputs[1].values, &mut x, size);
            x
        });
        let (mut weight, mut bias) = (zeros(inputs[1]), zeros(inputs[2]));
        backward_weight(inputs[0].values, gradient, &mut weight, &mut bias, size);
        vec![x, Some(weight), Some(bias)]
    }
}

/// `output = conv(input, weight) + bias`.
fn forward(input: &[f32], weight: &[f32], bias: &[f32], output: &mut [f32], size: Size) {
    let packed = pack(weight, size, false);
    correlate(input, &packed, Some(bias), output, size);
}

/// The gradient of the input from that of the output.
fn backward_input(gradient: &[f32], weight: &[f32], output: &mut [f32], size: Size) {
    let packed = pack(weight, size, true);
    correlate(gradient, &packed, None, output, size.transposed());
}

/// The convolution of a batch with packed weights, each image and, of few images, each four channels by
/// themselves.
fn correlate(input: &[f32], packed: &[f32], bias: Option<&[f32]>, output: &mut [f32], size: Size) {
    let plane = size.plane();
    let group = channels_at_once(size);
    output.par_chunks_mut(size.channels_out * plane).enumerate().for_each(|(image, output)| {
        let input = &input[image * size.channels_in * plane..][..size.channels_in * plane];
        output.par_chunks_mut(group * plane).enumerate().for_each(|(index, output)| {
            correlate_image(input, packed, bias, output, size, index * group);
        });
    });
}

/// Output channels of one task: all of them, or four where the images alone wouldn't keep the threads busy, so
/// that inference on a single image is parallel too.
pub(super) fn channels_at_once(size: Size) -> usize {
    if size.batch >= 4 { size.channels_out } else { 4.min(size.channels_out) }
}

/// The output channels from `first` on, whose planes `output` holds, of one image.
pub(super) fn correlate_image(
    input: &[f32],
    packed: &[f32],
    bias: Option<&[f32]>,
    output: &mut [f32],
    size: Size,
    first: usize,
) {
    scratch::with(size.forward_memory(), |padded| {
        for band in size.bands() {
            forward_band(input, padded, packed, bias, output, size, first, band);
        }
    });
}

/// Gradients of weight and bias from that of the output; `weight` and `bias` are overwritten.
///
/// Each image is summed by itself and the images in their order, so that the result doesn't depend on the
/// number of threads.
fn backward_weight(input: &[f32], gradient: &[f32], weight: &mut [f32], bias: &mut [f32], size: Size) {
    let plane = size.plane();
    let partial: Vec<Vec<f32>> = (0..size.batch)
        .into_par_iter()
        .map(|image| {
            let input = &input[image * size.channels_in * plane..][..size.channels_in * plane];
            let gradient = &gradient[image * size.channels_out * plane..][..size.channels_out * plane];
            let mut sums = vec![0.0; size.taps() + size.channels_out];
            scratch::with(size.weight_memory(), |memory| {
                for band in size.bands() {
                    let from = band.top * size.width;
                    let gradient = BandGradient { values: gradient, from, channel_stride: plane };
                    weight_band(input, gradient, memory, &mut sums, size, band);
                }
            });
            sums
        })
        .collect();
    let sums = add_all(partial);
    let (weights, biases) = sums.split_at(size.taps());
    weight.copy_from_slice(weights);
    bias.copy_from_slice(biases);
}
