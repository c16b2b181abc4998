//! A 3x3 convolution and the end of its encoder stage in one operation.
//!
//! What follows the convolution works on each image while the caches still hold it, and the gradient of the
//! convolution's output, the largest array of a training step, is never written as a whole batch: each image's, or
//! only a band of it where the input wants no gradient, stands in memory that the thread keeps.

use rayon::prelude::*;

use super::buffer::unwritten;
use super::conv_band::{Band, BandGradient, Size, forward_band, pack, weight_band};
use super::conv3x3::{Conv3x3, channels_at_once, correlate_image};
use super::group_norm::{self, Moments, Tally, affine, dense_line, tally, weight_and_bias};
use super::reduce::add_all;
use super::scratch;
use super::stage::{Plane, pool_gelu, pool_gelu_keep, pull_sums, spread};
use crate::kernel::fused::{Input, Op, Saved};

/// A 3x3 convolution with bias, group normalisation, the maximum of each 2x2 block, and GELU.
///
/// Inputs: image, the convolution's weight and bias, the norm's weight and bias.
#[derive(Clone, Copy, Debug)]
pub(in crate::kernel) struct ConvNormPoolGelu {
    pub groups: usize,
    pub epsilon: f32,
}

/// What the stage is about: sizes, and the norm's scale and shift of each channel.
#[derive(Clone, Copy)]
struct Stage<'a> {
    conv: Size,
    norm: group_norm::Size,
    weight: &'a [f32],
    bias: &'a [f32],
}

impl Stage<'_> {
    fn plane(self) -> Plane {
        Plane { height: self.conv.height, width: self.conv.width }
    }

    /// Elements of one image's output.
    fn pooled(self) -> usize {
        self.conv.channels_out * self.plane().pooled()
    }

    /// Elements of one image's convolution.
    fn dense(self) -> usize {
        self.conv.channels_out * self.conv.plane()
    }

    fn affine(self, channel: usize, moments: Moments) -> (f32, f32) {
        affine(moments, self.weight[channel], self.bias[channel])
    }

    /// The group's moments from its channels' tallies.
    fn moments(self, tallies: &[Tally]) -> Vec<Moments> {
        let groups = tallies.chunks(self.norm.group());
        let joined = groups.map(|group| group.iter().fold(Tally::default(), |all, one| all.join(*one)));
        joined.map(|tally| tally.moments(self.norm.epsilon)).collect()
    }
}

impl ConvNormPoolGelu {
    fn stage<'a>(&self, inputs: &[Input<'a>]) -> Stage<'a> {
        let conv = Conv3x3::size(inputs);
        let (channels, pixels) = (conv.channels_out, conv.plane());
        let norm = group_norm::Size { channels, pixels, groups: self.groups, epsilon: self.epsilon };
        Stage { conv, norm, weight: inputs[3].values, bias: inputs[4].values }
    }
}

impl Op for ConvNormPoolGelu {
    fn output_shape(&self, inputs: &[Input]) -> Vec<usize> {
        let Size { batch, channels_out, height, width, .. } = Conv3x3::size(inputs);
        vec![batch, channels_out, height / 2, width / 2]
    }

    fn multiply_adds(&self, inputs: &[Input]) -> u64 {
        Conv3x3::size(inputs).multiply_adds()
    }

    fn forward(&self, inputs: &[Input], keep: bool) -> (Vec<f32>, Saved) {
        let stage = self.stage(inputs);
        let Stage { conv, norm, .. } = stage;
        let packed = pack(inputs[1].values, conv, false);
        let convolve = |image: usize, dense: &mut [f32], tallies: &mut [Tally]| {
            let input = &inputs[0].values[image * conv.channels_in * conv.plane()..];
            convolve(input, &packed, inputs[2].values, dense, tallies, conv);
        };
        let mut output = unwritten(conv.batch * stage.pooled());
        if !keep {
            output.par_chunks_mut(stage.pooled()).enumerate().for_each(|(image, output)| {
                scratch::with(stage.dense(), |dense| {
                    let mut tallies = vec![Tally::default(); conv.channels_out];
                    convolve(image, dense, &mut tallies);
                    let moments = stage.moments(&tallies);
                    let channels = output.par_chunks_mut(stage.plane().pooled());
                    channels.zip(dense.par_chunks(conv.plane())).enumerate().for_each(
                        |(channel, (output, dense))| {
                            let affine = stage.affine(channel, moments[channel / norm.group()]);
                            pool_gelu(dense, output, affine, stage.plane());
                        },
                    );
                });
            });
            return (output, Vec::new());
        }
        let mut dense = unwritten(conv.batch * stage.dense());
        let mut scales = vec![0.0; conv.batch * norm.groups * 2];
        let (mut slopes, mut normals) = (unwritten(output.len()), unwritten(output.len()));
        output
            .par_chunks_mut(stage.pooled())
            .zip(slopes.par_chunks_mut(stage.pooled()).zip(normals.par_chunks_mut(stage.pooled())))
            .zip(dense.par_chunks_mut(stage.dense()).zip(scales.par_chunks_mut(norm.groups * 2)))
            .enumerate()
            .for_each(|(image, ((output, (slopes, normals)), (dense, scales)))| {
                let mut tallies = vec![Tally::default(); conv.channels_out];
                convolve(image, dense, &mut tallies);
                let moments = stage.moments(&tallies);
                for (pair, moments) in scales.chunks_exact_mut(2).zip(&moments) {
                    pair.copy_from_slice(&[moments.mean, moments.scale]);
                }
                let pooled = stage.plane().pooled();
                for (channel, dense) in dense.chunks_exact(conv.plane()).enumerate() {
                    let part = channel * pooled..(channel + 1) * pooled;
                    let moments = moments[channel / norm.group()];
                    let kept = (&mut slopes[part.clone()], &mut normals[part.clone()]);
                    let affine = stage.affine(channel, moments);
                    pool_gelu_keep(dense, &mut output[part], kept, affine, moments, stage.plane());
                }
            });
        (output, vec![dense, scales, slopes, normals])
    }

    fn backward(
        &self,
        inputs: &[Input],
        saved: &Saved,
        gradient: &[f32],
        wanted: &[bool],
    ) -> Vec<Option<Vec<f32>>> {
        let stage = self.stage(inputs);
        let Stage { conv, norm, .. } = stage;
        let (dense, scales, slopes, normals) = (&saved[0], &saved[1], &saved[2], &saved[3]);
        let back = wanted[0].then(|| pack(inputs[1].values, conv, true));
        let image_floats = conv.channels_in * conv.plane();
        // One float where nobody asks for the input's gradient, so that the images have something to be cut by.
        let input_part = if wanted[0] { image_floats } else { 1 };
        let mut input_gradient = unwritten(conv.batch * input_part);
        let sums: Vec<ImageSums> = input_gradient
            .par_chunks_mut(input_part)
            .enumerate()
            .map(|(image, output)| {
                let of = |len: usize| image * len..(image + 1) * len;
                let pooled = of(stage.pooled());
                let kept = Kept {
                    dense: &dense[of(stage.dense())],
                    scales: &scales[of(norm.groups * 2)],
                    slopes: &slopes[pooled.clone()],
                    normals: &normals[pooled.clone()],
                };
                let input = &inputs[0].values[of(image_floats)];
                let output = back.as_ref().map(|back| (back.as_slice(), output));
                image_backward(stage, input, kept, &gradient[pooled], output)
            })
            .collect();
        let groups: Vec<Vec<[f32; 2]>> = sums.iter().flat_map(|image| image.groups.clone()).collect();
        let mut weight = add_all(sums.into_iter().map(|image| image.taps).collect());
        let bias = weight.split_off(conv.taps());
        let (scale, shift) = weight_and_bias(&groups, norm);
        vec![wanted[0].then_some(input_gradient), Some(weight), Some(bias), Some(scale), Some(shift)]
    }
}

/// The convolution of one image and the tally of each of its channels.
///
/// A channel is tallied band by band, whatever the channels of a task, so that an image's result doesn't depend on
/// the batch that it stands in.
fn convolve(
    input: &[f32],
    packed: &[f32],
    bias: &[f32],
    dense: &mut [f32],
    tallies: &mut [Tally],
    size: Size,
) {
    let at_once = channels_at_once(size);
    let parts = dense.par_chunks_mut(at_once * size.plane()).zip(tallies.par_chunks_mut(at_once));
    parts.enumerate().for_each(|(index, (dense, tallies))| {
        scratch::with(size.forward_memory(), |padded| {
            for band in size.bands() {
                forward_band(input, padded, packed, Some(bias), dense, size, index * at_once, band);
                let rows = band.top * size.width..(band.top + band.rows) * size.width;
                for (tally_so_far, plane) in tallies.iter_mut().zip(dense.chunks_exact(size.plane())) {
                    *tally_so_far = tally_so_far.join(tally(&plane[rows.clone()]));
                }
            }
        });
    });
}

/// What the forward kept of one image.
#[derive(Clone, Copy)]
struct Kept<'a> {
    /// The convolution.
    dense: &'a [f32],
    /// Mean and inverse standard deviation of each group.
    scales: &'a [f32],
    /// The slope of GELU at each maximum.
    slopes: &'a [f32],
    /// The normalised value of each maximum.
    normals: &'a [f32],
}

/// Sums over one image.
struct ImageSums {
    /// The gradients of the convolution's weight, then of its bias.
    taps: Vec<f32>,
    /// Each group's channels' `[Σ g x̂, Σ g]`.
    groups: Vec<Vec<[f32; 2]>>,
}

/// The backward of one image. Where the input's gradient is wanted, `output` holds the packed weights and the place
/// for it.
fn image_backward(
    stage: Stage,
    input: &[f32],
    kept: Kept,
    gradient: &[f32],
    output: Option<(&[f32], &mut [f32])>,
) -> ImageSums {
    let Stage { conv, norm, .. } = stage;
    let (plane, pooled) = (conv.plane(), stage.plane().pooled());
    let moments: Vec<Moments> =
        kept.scales.chunks_exact(2).map(|pair| Moments { mean: pair[0], scale: pair[1] }).collect();
    let mut sums = vec![0.0; conv.taps() + conv.channels_out];
    let rows_kept = if output.is_some() { conv.height } else { conv.band_rows() };
    let channel_stride = rows_kept * conv.width;
    scratch::with(gradient.len() + conv.channels_out * channel_stride, |memory| {
        // Each maximum's gradient before GELU, and the gradient of the convolution.
        let (pulls, dense_gradient) = memory.split_at_mut(gradient.len());
        let channels: Vec<[f32; 2]> = (0..conv.channels_out)
            .map(|channel| {
                let part = channel * pooled..(channel + 1) * pooled;
                let (slopes, normals) = (&kept.slopes[part.clone()], &kept.normals[part.clone()]);
                pull_sums(&gradient[part.clone()], slopes, normals, &mut pulls[part])
            })
            .collect();
        let groups: Vec<Vec<[f32; 2]>> = channels.chunks(norm.group()).map(<[_]>::to_vec).collect();
        let weights = stage.weight.chunks(norm.group());
        let lines: Vec<[f32; 2]> = groups
            .iter()
            .zip(weights)
            .zip(&moments)
            .map(|((sums, weight), moments)| dense_line(sums, weight, *moments, norm.group() * plane))
            .collect();
        scratch::with(conv.weight_memory(), |memory| {
            for band @ Band { top, rows } in conv.bands() {
                let from = if output.is_some() { top * conv.width } else { 0 };
                for channel in 0..conv.channels_out {
                    let group = channel / norm.group();
                    let x = &kept.dense[channel * plane + top * conv.width..][..rows * conv.width];
                    let pulls = &pulls[channel * pooled + top / 2 * (conv.width / 2)..(channel + 1) * pooled];
                    let target = &mut dense_gradient[channel * channel_stride + from..][..rows * conv.width];
                    let part = Plane { height: rows, width: conv.width };
                    spread(x, pulls, target, stage.affine(channel, moments[group]), lines[group], part);
                }
                let gradient = BandGradient { values: dense_gradient, from, channel_stride };
                weight_band(input, gradient, memory, &mut sums, conv, band);
            }
        });
        if let Some((back, output)) = output {
            correlate_image(dense_gradient, back, None, output, conv.transposed(), 0);
        }
        ImageSums { taps: sums, groups }
    })
}
