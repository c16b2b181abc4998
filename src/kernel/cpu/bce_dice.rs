//! Binary cross-entropy plus Dice over the output and all side outputs at once.
//!
//! Side outputs are resized row by row as they are needed; of full size only the probabilities are kept, and these
//! only for a backward. See [`image_losses`](crate::train::image_losses) for the formula.

use rayon::prelude::*;

use super::bilinear::Axes;
use super::buffer::unwritten;
use super::scratch;
use super::simd::{self, Lanes, WIDE, Wide, for_each_wide_instruction_set, math, partial};
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

    fn reads_back(&self, input: usize) -> bool {
        input == 0
    }

    fn forward(&self, inputs: &[Input], keep: bool) -> (Vec<f32>, Saved) {
        let (masks, outputs) = (inputs[0], &inputs[1..]);
        let [batch, _, height, width] = shape(masks);
        let pixels = height * width;
        let axes: Vec<Axes> = outputs.iter().map(|output| resize(*output, height, width)).collect();
        let images: Vec<(f32, Vec<f32>)> = masks
            .values
            .par_chunks(pixels)
            .enumerate()
            .map(|(image, mask)| {
                // Three sums of each output, then each output's probabilities.
                let mut kept = unwritten(outputs.len() * (3 + if keep { pixels } else { 0 }));
                let (kept_sums, probabilities) = kept.split_at_mut(3 * outputs.len());
                let mut loss = 0.0;
                for (index, ((output, axes), weight)) in
                    outputs.iter().zip(&axes).zip(&self.weights).enumerate()
                {
                    let logits = plane(*output, image, batch);
                    let mut sums = Sums::default();
                    scratch::with(width + axes.memory(), |memory| {
                        let (spare, memory) = memory.split_at_mut(width);
                        axes.forward_rows(logits, memory, |row, logits| {
                            let mask = &mask[row * width..][..width];
                            let at = index * pixels + row * width;
                            let row = if keep { &mut probabilities[at..at + width] } else { &mut *spare };
                            let part = row_sums(logits, mask, self.form.on_probabilities, row);
                            sums.iter_mut().zip(part).for_each(|(sum, part)| *sum += f64::from(part));
                        });
                    });
                    let [overlap, predicted, truth, entropy] = sums;
                    let smooth = f64::from(self.form.smooth);
                    let score = (2.0 * overlap + smooth) / (predicted + truth + smooth);
                    let dice = f64::from(self.form.dice) * (1.0 - score);
                    let bce = f64::from(self.form.bce) * entropy / pixels as f64;
                    loss += f64::from(*weight) * (dice + bce);
                    let sums = [overlap, predicted, truth].map(|sum| sum as f32);
                    kept_sums[3 * index..][..3].copy_from_slice(&sums);
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
                let probabilities = &saved[image][3 * outputs.len() + index * pixels..][..pixels];
                scratch::with(axes.memory(), |memory| {
                    axes.backward_rows(result, memory, |row, pulls| {
                        let part = row * width..(row + 1) * width;
                        row_pulls(&probabilities[part.clone()], &mask[part], pulls, pull);
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

for_each_wide_instruction_set! {
    /// Sums of `p·t`, `p`, `t` and the cross-entropy over a row; writes its probabilities.
    fn row_sums(
        logits: &[f32],
        mask: &[f32],
        on_probabilities: bool,
        probabilities: &mut [f32],
    ) -> [f32; 4] = row_sums_with
}

/// Vectors whose mantissas, at least one half each, are multiplied before the product might underflow.
const FACTORS: usize = 64;

#[inline(always)]
fn row_sums_with<W: Wide>(
    logits: &[f32],
    mask: &[f32],
    on_probabilities: bool,
    probabilities: &mut [f32],
) -> [f32; 4] {
    let (one, zero) = (W::splat(1.0), W::splat(0.0));
    let mut sums = [zero; 4];
    let (xs, x_rest) = logits.as_chunks::<WIDE>();
    let (ts, t_rest) = mask.as_chunks::<WIDE>();
    for (x, p) in xs.iter().zip(probabilities.as_chunks_mut::<WIDE>().0) {
        math::sigmoid(W::load(x)).store(p);
    }
    let (ps, _) = probabilities.as_chunks::<WIDE>();
    let vectors = xs.chunks(FACTORS).zip(ps.chunks(FACTORS)).zip(ts.chunks(FACTORS));
    for ((xs, ps), ts) in vectors {
        let (mut product, mut exponents) = (one, zero);
        for ((x, p), t) in xs.iter().zip(ps).zip(ts) {
            let (p, t) = (W::load(p), W::load(t));
            sums = [p.mul_add(t, sums[0]), sums[1].add(p), sums[2].add(t), sums[3]];
            if on_probabilities && t.mul(one.sub(t)).is_zero() {
                let cut;
                (cut, product, exponents) = likelihood(p, t, product, exponents);
                sums[3] = sums[3].add(cut);
            } else {
                sums[3] = sums[3].add(entropy(W::load(x), p, t, on_probabilities));
            }
        }
        let log = exponents.mul_add(W::splat(std::f32::consts::LN_2), math::log(product));
        sums[3] = sums[3].sub(log);
    }
    if !x_rest.is_empty() {
        let (mut x, mut t, mut count) = ([0.0; WIDE], [0.0; WIDE], [0.0; WIDE]);
        x[..x_rest.len()].copy_from_slice(x_rest);
        t[..t_rest.len()].copy_from_slice(t_rest);
        count[..x_rest.len()].fill(1.0);
        let (x, t, count) = (W::load(&x), W::load(&t), W::load(&count));
        let p = math::sigmoid(x);
        let whole = probabilities.len() - x_rest.len();
        let mut lanes = [0.0; WIDE];
        p.store(&mut lanes);
        probabilities[whole..].copy_from_slice(&lanes[..x_rest.len()]);
        let entropy = entropy(x, p, t, on_probabilities);
        let p = p.mul(count);
        sums = [p.mul_add(t, sums[0]), sums[1].add(p), sums[2].add(t), entropy.mul_add(count, sums[3])];
    }
    simd::sums(sums)
}

/// Multiplies mantissa and exponent of the probability of each pixel's own class, for masks of 0 and 1: a sum
/// of logarithms is the logarithm of a product. Returns first what the pixels cost that [`cut_log`] would cut.
#[inline(always)]
fn likelihood<V: Lanes>(p: V, t: V, product: V, exponents: V) -> (V, V, V) {
    let (one, tiny) = (V::splat(1.0), V::splat(TINY));
    let own = t.select_less(V::splat(0.5), one.sub(p), p);
    let cut = own.select_less(tiny, V::splat(-LEAST_LOG), V::splat(0.0));
    let (mantissa, exponent) = own.select_less(tiny, one, own).split_exponent();
    (cut, product.mul(mantissa), exponents.add(exponent))
}

/// The cross-entropy of some pixels.
#[inline(always)]
fn entropy<V: Lanes>(x: V, p: V, t: V, on_probabilities: bool) -> V {
    let (one, zero) = (V::splat(1.0), V::splat(0.0));
    if on_probabilities {
        let (yes, no) = (cut_log(p), cut_log(one.sub(p)));
        zero.sub(t.mul_add(yes, one.sub(t).mul(no)))
    } else {
        let rest = math::log(one.add(math::exp(zero.sub(x.abs()))));
        zero.max(x).sub(x.mul(t)).add(rest)
    }
}

/// The least logarithm of a probability, as PyTorch's `BCELoss` cuts it.
const LEAST_LOG: f32 = -100.0;

/// Below this a 32-bit float has lost its digits; its logarithm counts as the least.
const TINY: f32 = 1e-37;

/// `max(log x, -100)`.
#[inline(always)]
fn cut_log<V: Lanes>(x: V) -> V {
    let tiny = V::splat(TINY);
    x.select_less(tiny, V::splat(LEAST_LOG), math::log(tiny.max(x)))
}

/// Factors of a pixel's gradient: `entropy (p - t) + (truth t + constant) p q`.
#[derive(Clone, Copy)]
struct Pull {
    entropy: f32,
    truth: f32,
    constant: f32,
    on_probabilities: bool,
}

for_each_wide_instruction_set! {
    /// The gradient of a row's logits from their probabilities.
    fn row_pulls(probabilities: &[f32], mask: &[f32], output: &mut [f32], pull: Pull) = row_pulls_with
}

#[inline(always)]
fn row_pulls_with<W: Wide>(probabilities: &[f32], mask: &[f32], output: &mut [f32], pull: Pull) {
    let (ps, p_rest) = probabilities.as_chunks::<WIDE>();
    let (ts, t_rest) = mask.as_chunks::<WIDE>();
    let (outputs, rest) = output.as_chunks_mut::<WIDE>();
    for ((p, t), output) in ps.iter().zip(ts).zip(outputs) {
        pixel_pulls(W::load(p), W::load(t), pull).store(output);
    }
    if !rest.is_empty() {
        let mut t = [0.0; WIDE];
        t[..t_rest.len()].copy_from_slice(t_rest);
        let pulls = partial::<W>(p_rest, |p| pixel_pulls(p, W::load(&t), pull));
        rest.copy_from_slice(&pulls[..rest.len()]);
    }
}

#[inline(always)]
fn pixel_pulls<V: Lanes>(p: V, t: V, pull: Pull) -> V {
    let slope = p.mul(V::splat(1.0).sub(p));
    let mut entropy = p.sub(t).mul(V::splat(pull.entropy));
    if pull.on_probabilities {
        // PyTorch divides by at least 1e-12 what it multiplies with the slope afterwards.
        entropy = slope.select_less(V::splat(1e-12), entropy.mul(slope).mul(V::splat(1e12)), entropy);
    }
    t.mul_add(V::splat(pull.truth), V::splat(pull.constant)).mul_add(slope, entropy)
}
