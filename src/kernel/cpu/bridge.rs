//! GAB: groups of parts of two feature maps and, often, a mask, each normalised and convolved, then joined,
//! normalised and convolved again, without joining anything in memory before its convolution.

use rayon::prelude::*;

use super::bridge_group::{Group, stride};
use super::buffer::unwritten;
use super::depthwise::Plane;
use super::norm_conv::{NormConv, Packed, Planes};
use super::reduce::add_all;
use super::scratch;
use crate::kernel::fused::{Input, Op, Saved};

/// For each group: its part of `high`, its part of `low` and the mask, if there is one, layer-normalised over these
/// channels, then a depthwise 3x3 convolution of the group's dilation; all groups' channels layer-normalised, then
/// a 1x1 convolution.
///
/// Inputs: `high` and `low [batch, channels, height, width]`, with a mask `mask [batch, 1, height, width]`; then
/// for each group, of `own` channels, the norm's weight and bias `[own]` and the convolution's weight `[own, 1, 3,
/// 3]` and bias; then the joined norm's weight and bias `[groups own]` and the last convolution's weight
/// `[channels_out, groups own, 1, 1]` and bias. Output: `[batch, channels_out, height, width]`.
#[derive(Clone, Debug)]
pub(in crate::kernel) struct Bridge {
    /// Of each group.
    pub dilations: Vec<usize>,
    /// Whether there is a mask.
    pub mask: bool,
    pub epsilon: f32,
    /// Of the joined channels' norm.
    pub tail_epsilon: f32,
}

/// Images of a batch from which on each has one task; below, an image has several.
const WHOLE_IMAGES: usize = 4;

#[derive(Clone, Copy)]
struct Size {
    groups: usize,
    /// Channels of each map that a group sees.
    part: usize,
    mask: bool,
    height: usize,
    width: usize,
}

impl Size {
    fn pixels(self) -> usize {
        self.height * self.width
    }

    /// Channels of a group.
    fn group(self) -> usize {
        2 * self.part + usize::from(self.mask)
    }

    /// Floats of all groups' planes of one image in working memory.
    fn joined(self) -> usize {
        self.groups * self.group() * stride(self.pixels())
    }

    /// The planes of one group of one image.
    fn planes<'a>(self, inputs: &[Input<'a>], image: usize, group: usize) -> Vec<&'a [f32]> {
        let part = self.part * self.pixels();
        let at = (image * self.groups + group) * part;
        let maps = [inputs[0].values, inputs[1].values].into_iter();
        let planes = maps.flat_map(|x| x[at..at + part].chunks_exact(self.pixels()));
        let mask = self.mask.then(|| &inputs[2].values[image * self.pixels()..][..self.pixels()]);
        planes.chain(mask).collect()
    }
}

/// All groups' planes of one image.
fn planes_of(joined: &[f32], pixels: usize) -> Planes<'_> {
    Planes { values: joined, stride: stride(pixels), from: 0, pixels }
}

impl Bridge {
    fn size(&self, inputs: &[Input]) -> Size {
        let (shape, groups) = (inputs[1].shape, self.dilations.len());
        Size { groups, part: shape[1] / groups, mask: self.mask, height: shape[2], width: shape[3] }
    }

    /// Where the groups' parameters begin among the inputs.
    fn first(&self) -> usize {
        2 + usize::from(self.mask)
    }

    fn group<'a>(&self, inputs: &[Input<'a>], group: usize) -> Group<'a> {
        let size = self.size(inputs);
        let at = self.first() + 4 * group;
        let [scales, shifts, kernels, biases] = std::array::from_fn(|index| inputs[at + index].values);
        let plane = Plane { height: size.height, width: size.width, dilation: self.dilations[group] };
        Group { scales, shifts, kernels, biases, plane, epsilon: self.epsilon }
    }

    fn tail<'a>(&self, inputs: &[Input<'a>]) -> NormConv<'a> {
        let at = self.first() + 4 * self.dilations.len();
        let [scales, shifts, matrix, bias] = std::array::from_fn(|index| inputs[at + index].values);
        NormConv { scales, shifts, matrix, bias, epsilon: self.tail_epsilon }
    }

    /// All groups of one image.
    fn join(&self, inputs: &[Input], image: usize, joined: &mut [f32]) {
        let size = self.size(inputs);
        joined.par_chunks_mut(size.group() * stride(size.pixels())).enumerate().for_each(
            |(index, joined)| {
                let group = self.group(inputs, index);
                let x = size.planes(inputs, image, index);
                scratch::with(group.forward_memory(), |memory| group.forward(&x, joined, memory));
            },
        );
    }

    /// The end of one image: in parts of its rows where the batch leaves threads without an image.
    fn end(
        &self,
        inputs: &[Input],
        folded: &(Packed, Vec<f32>),
        joined: &[f32],
        output: &mut [f32],
        parts: usize,
    ) {
        let pixels = self.size(inputs).pixels();
        let part = pixels.div_ceil(parts);
        let (x, tail) = (planes_of(joined, pixels), self.tail(inputs));
        let mut outputs: Vec<_> =
            output.chunks_exact_mut(pixels).map(|plane| plane.chunks_mut(part)).collect();
        let tasks: Vec<_> = (0..pixels)
            .step_by(part)
            .map(|from| {
                let output: Vec<&mut [f32]> = outputs.iter_mut().filter_map(Iterator::next).collect();
                (Planes { from, pixels: part.min(pixels - from), ..x }, output)
            })
            .collect();
        tasks.into_par_iter().with_max_len(1).for_each(|(x, mut output)| {
            tail.forward(folded, x, &mut output);
        });
    }
}

impl Op for Bridge {
    fn output_shape(&self, inputs: &[Input]) -> Vec<usize> {
        let shape = inputs[1].shape;
        vec![shape[0], self.tail(inputs).channels_out(), shape[2], shape[3]]
    }

    fn multiply_adds(&self, inputs: &[Input]) -> u64 {
        let size = self.size(inputs);
        let joined = size.groups * size.group();
        let taps = joined * (9 + self.tail(inputs).channels_out());
        (inputs[1].shape[0] * size.pixels() * taps) as u64
    }

    fn forward(&self, inputs: &[Input], keep: bool) -> (Vec<f32>, Saved) {
        let size = self.size(inputs);
        let shape = self.output_shape(inputs);
        let (batch, image) = (shape[0], shape[1] * size.pixels());
        let parts = if batch < WHOLE_IMAGES { 4 } else { 1 };
        let mut output = unwritten(batch * image);
        let mut kept = unwritten(if keep { batch * size.joined() } else { batch });
        let kept_part = kept.len() / batch;
        let folded = self.tail(inputs).folded();
        output.par_chunks_mut(image).zip(kept.par_chunks_mut(kept_part)).enumerate().for_each(
            |(image, (output, kept))| {
                if keep {
                    self.join(inputs, image, kept);
                    self.end(inputs, &folded, kept, output, parts);
                } else {
                    scratch::with(size.joined(), |joined| {
                        self.join(inputs, image, joined);
                        self.end(inputs, &folded, joined, output, parts);
                    });
                }
            },
        );
        (output, if keep { vec![kept] } else { Vec::new() })
    }

    fn backward(
        &self,
        inputs: &[Input],
        saved: &Saved,
        gradient: &[f32],
        _: &[bool],
    ) -> Vec<Option<Vec<f32>>> {
        let size = self.size(inputs);
        let (pixels, channels) = (size.pixels(), size.group());
        let part = size.part * pixels;
        let mut high = unwritten(inputs[0].values.len());
        let mut low = unwritten(inputs[1].values.len());
        let batch = inputs[1].shape[0];
        // One float an image where there is no mask, so that the images have something to be cut by.
        let mask_part = if self.mask { pixels } else { 1 };
        let mut mask = vec![0.0; batch * mask_part];
        let tail = self.tail(inputs);
        let back = tail.back();
        let sums = size.groups * channels * 12;
        let tail_sums = tail.matrix.len() + tail.bias.len();
        let partial: Vec<Vec<f32>> = high
            .par_chunks_mut(size.groups * part)
            .zip(low.par_chunks_mut(size.groups * part))
            .zip(mask.par_chunks_mut(mask_part))
            .zip(saved[0].par_chunks(size.joined()))
            .zip(gradient.par_chunks(tail.bias.len() * pixels))
            .enumerate()
            .map(|(image, ((((high, low), mask), joined), gradient))| {
                let mut all = vec![0.0; sums + tail_sums];
                let (sums, tail_sums) = all.split_at_mut(sums);
                scratch::with(size.joined() + pixels, |memory| {
                    let (pull, own) = memory.split_at_mut(size.joined());
                    tail.backward(planes_of(joined, pixels), gradient, &back, pull, tail_sums);
                    let groups = sums.chunks_exact_mut(channels * 12);
                    let pulls = pull.chunks_exact_mut(channels * stride(pixels));
                    let parts = high.chunks_exact_mut(part).zip(low.chunks_exact_mut(part));
                    for (index, ((sums, pull), (high, low))) in groups.zip(pulls).zip(parts).enumerate() {
                        let planes = high.chunks_exact_mut(pixels).chain(low.chunks_exact_mut(pixels));
                        let mut planes: Vec<&mut [f32]> =
                            planes.chain(self.mask.then_some(&mut *own)).collect();
                        let group = self.group(inputs, index);
                        let x = size.planes(inputs, image, index);
                        scratch::with(group.backward_memory(), |memory| {
                            group.backward(&x, pull, &mut planes, sums, memory);
                        });
                        if self.mask {
                            mask.iter_mut().zip(&*own).for_each(|(mask, own)| *mask += own);
                        }
                    }
                });
                all
            })
            .collect();
        let mut total = add_all(partial);
        let products = total.split_off(sums);
        let mut gradients = vec![Some(high), Some(low)];
        gradients.extend(self.mask.then_some(Some(mask)));
        for sums in total.chunks_exact(channels * 12) {
            // Norm weight, norm bias, kernel, bias.
            let ends = [0, channels, 2 * channels, 11 * channels, 12 * channels];
            gradients.extend(ends.windows(2).map(|pair| Some(sums[pair[0]..pair[1]].to_vec())));
        }
        gradients.extend(tail.parameters(products).map(Some));
        gradients
    }
}
