//! Binary cross-entropy plus Dice over the output and all side outputs at once.
//!
//! Side outputs are resized row by row as they are needed; no full-size map is written. See
//! [`image_losses`](crate::train::image_losses) for the formula.

use rayon::prelude::*;

use super::bilinear::Axes;
use super::scratch;
use super::simd::{LANES, Vector, for_each_instruction_set, math};
use crate::kernel::fused::{Input, Op, Saved};

/// What an output's loss is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BceDice {
    /// Weight of the binary cross-entropy.
    pub bce: f32,
    /// Weight of the Dice loss.
    pub dice: f32,
    /// Added to numerator and denominator of the Dice score.
    pub smooth: f32,
    /// True to cut logarithms at -100 and let the gradient vanish where a sigmoid saturates, as PyTorch's
    /// `BCELoss` on probabilities does; false for the loss on logits.
    pub on_probabilities: bool,
}

/// The weighted sum of every output's loss, for each image.
///
/// Inputs: `mask [batch, 1, height, width]`, then the outputs' logits `[batch, 1, any, any]`. Output:
/// `[batch]`.
#[derive(Clone, Debug)]
pub(in crate::kernel) struct DeepBceDice {
    pub form: BceDice,
    /// Weight of each output.
    pub weights: Vec<f32>,
}

/// Sums over an image's pixels of `p·t`, `p`, `t` and the cross-entropy.
type Sums = [f64; 4];

impl Op for DeepBceDice {
    fn output_shape(&self, inputs: &[Input]) -> Vec<usize> {
        vec![inputs[0].shape[0]]
    }

    fn forward(&self, inputs: &[Input], _: bool) -> (Vec<f32>, Saved) {
        let (masks, outputs) = (inputs[0], &inputs[1..]);
        let [batch, _, height, width] = shape(masks);
        let pixels = height * width;
        let axes: Vec<Axes> = outputs.iter().map(|output| resize(*output, height, width)).collect();
        let images: Vec<(f32, Vec<f32>)> = masks
            .values
            .par_chunks(pixels)
            .enumerate()
            .map(|(image, mask)| {
                let mut kept = Vec::with_capacity(3 * outputs.len());
                let mut loss = 0.0;
                for ((output, axes), weight) in outputs.iter().zip(&axes).zip(&self.weights) {
                    let logits = plane(*output, image, batch);
                    let mut sums = Sums::default();
                    scratch::with(axes.memory(), |memory| {
                        axes.forward_rows(logits, memory, |row, logits| {
                            let mask = &mask[row * width..][..width];
                            let part = row_sums(logits, mask, self.form.on_probabilities);
                            sums.iter_mut().zip(part).for_each(|(sum, part)| *sum += f64::from(part));
                        });
                    });
                    let [overlap, predicted, truth, entropy] = sums;
                    let smooth = f64::from(self.form.smooth);
                    let score = (2.0 * overlap + smooth) / (predicted + truth + smooth);
                    let dice = f64::from(self.form.dice) * (1.0 - score);
                    let bce = f64::from(self.form.bce) * entropy / pixels as f64;
                    loss += f64::from(*weight) * (dice + bce);
                    kept.extend([overlap, predicted, truth].map(|sum| sum as f32));
                }
                (loss as f32, kept)
            })
            .collect();
        let (losses, kept): (Vec<f32>, Vec<Vec<f32>>) = images.into_iter().unzip();
        (losses, kept)
    }

    fn backward(
        &self,
        inputs: &[Input],
        saved: &Saved,
        gradient: &[f32],
        _: &[bool],
    ) -> Vec<Option<Vec<f32>>> {
        let (masks, outputs) = (inputs[0], &inputs[1..]);
        let [batch, _, height, width] = shape(masks);
        let pixels = height * width;
        let mut gradients = vec![None];
        for (index, output) in outputs.iter().enumerate() {
            let axes = resize(*output, height, width);
            let mut result = vec![0.0; output.values.len()];
            result.par_chunks_mut(output.values.len() / batch).enumerate().for_each(|(image, result)| {
                let [overlap, predicted, truth] =
                    *saved[image][3 * index..].first_chunk().expect("three sums an output");
                let size = predicted + truth + self.form.smooth;
                let factor = gradient[image] * self.weights[index];
                let pull = Pull {
                    entropy: factor * self.form.bce / pixels as f32,
                    truth: -2.0 * factor * self.form.dice / size,
                    constant: factor * self.form.dice * (2.0 * overlap + self.form.smooth) / (size * size),
                    on_probabilities: self.form.on_probabilities,
                };
                let mask = &masks.values[image * pixels..][..pixels];
                scratch::with(pixels + axes.memory(), |memory| {
                    let (logits, memory) = memory.split_at_mut(pixels);
                    axes.forward_rows(plane(*output, image, batch), memory, |row, values| {
                        logits[row * width..][..width].copy_from_slice(values);
                    });
                    axes.backward_rows(result, memory, |row, pulls| {
                        let part = row * width..(row + 1) * width;
                        row_pulls(&logits[part.clone()], &mask[part], pulls, pull);
                    });
                });
            });
            gradients.push(Some(result));
        }
        gradients
    }
}

fn shape(x: Input) -> [usize; 4] {
    x.shape.try_into().expect("masks are [batch, 1, height, width]")
}

fn resize(output: Input, height: usize, width: usize) -> Axes {
    Axes::new([output.shape[2], output.shape[3]], [height, width])
}

fn plane(x: Input<'_>, image: usize, batch: usize) -> &[f32] {
    let pixels = x.values.len() / batch;
    &x.values[image * pixels..][..pixels]
}

for_each_instruction_set! {
    /// Sums of `p·t`, `p`, `t` and the cross-entropy over a row.
    fn row_sums(logits: &[f32], mask: &[f32], on_probabilities: bool) -> [f32; 4] = row_sums_with
}

#[inline(always)]
fn row_sums_with<V: Vector>(logits: &[f32], mask: &[f32], on_probabilities: bool) -> [f32; 4] {
    let one = V::splat(1.0);
    let mut sums = [V::splat(0.0); 4];
    let (xs, x_rest) = logits.as_chunks::<LANES>();
    let (ts, t_rest) = mask.as_chunks::<LANES>();
    for (x, t) in xs.iter().zip(ts) {
        sums = add_pixels(sums, V::load(x), V::load(t), one, on_probabilities);
    }
    if !x_rest.is_empty() {
        let (mut x, mut t, mut count) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
        x[..x_rest.len()].copy_from_slice(x_rest);
        t[..t_rest.len()].copy_from_slice(t_rest);
        count[..x_rest.len()].fill(1.0);
        sums = add_pixels(sums, V::load(&x), V::load(&t), V::load(&count), on_probabilities);
    }
    sums.map(V::sum)
}

/// Adds eight pixels, each as often as `count` says: once or not at all.
#[inline(always)]
fn add_pixels<V: Vector>(sums: [V; 4], x: V, t: V, count: V, on_probabilities: bool) -> [V; 4] {
    let (one, zero) = (V::splat(1.0), V::splat(0.0));
    let p = math::sigmoid(x);
    let entropy = if on_probabilities {
        let (yes, no) = (cut_log(p), cut_log(one.sub(p)));
        zero.sub(t.mul_add(yes, one.sub(t).mul(no)))
    } else {
        let rest = math::log(one.add(math::exp(zero.sub(x.abs()))));
        zero.max(x).sub(x.mul(t)).add(rest)
    };
    let p = p.mul(count);
    [p.mul_add(t, sums[0]), sums[1].add(p), sums[2].add(t), entropy.mul_add(count, sums[3])]
}

/// `max(log x, -100)`, as PyTorch's `BCELoss` cuts it; below 1e-37 a 32-bit float has lost its digits.
#[inline(always)]
fn cut_log<V: Vector>(x: V) -> V {
    let tiny = V::splat(1e-37);
    x.select_less(tiny, V::splat(-100.0), math::log(tiny.max(x)))
}

/// Factors of a pixel's gradient: `entropy (p - t) + (truth t + constant) p q`.
#[derive(Clone, Copy)]
struct Pull {
    entropy: f32,
    truth: f32,
    constant: f32,
    on_probabilities: bool,
}

for_each_instruction_set! {
    /// The gradient of a row's logits.
    fn row_pulls(logits: &[f32], mask: &[f32], output: &mut [f32], pull: Pull) = row_pulls_with
}

#[inline(always)]
fn row_pulls_with<V: Vector>(logits: &[f32], mask: &[f32], output: &mut [f32], pull: Pull) {
    let (xs, x_rest) = logits.as_chunks::<LANES>();
    let (ts, t_rest) = mask.as_chunks::<LANES>();
    let (outputs, rest) = output.as_chunks_mut::<LANES>();
    for ((x, t), output) in xs.iter().zip(ts).zip(outputs) {
        pixel_pulls(V::load(x), V::load(t), pull).store(output);
    }
    for ((&x, &t), output) in x_rest.iter().zip(t_rest).zip(rest) {
        *output = pixel_pulls(V::splat(x), V::splat(t), pull).to_array()[0];
    }
}

#[inline(always)]
fn pixel_pulls<V: Vector>(x: V, t: V, pull: Pull) -> V {
    let p = math::sigmoid(x);
    let slope = p.mul(V::splat(1.0).sub(p));
    let mut entropy = p.sub(t).mul(V::splat(pull.entropy));
    if pull.on_probabilities {
        entropy = entropy.mul(slope).div(slope.max(V::splat(1e-12)));
    }
    t.mul_add(V::splat(pull.truth), V::splat(pull.constant)).mul_add(slope, entropy)
}
