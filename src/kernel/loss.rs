//! Binary cross-entropy plus Dice over several outputs.

use burn::tensor::{Tensor, activation};

use super::cpu::{BceDice, DeepBceDice};
use super::native::{self, Native};
use super::{fused, resize_bilinear};

/// The loss of each image: over all outputs, weighted, `dice (1 - score) + bce entropy` with the score
/// `(2 Σ p·t + smooth) / (Σ p + Σ t + smooth)` and the mean cross-entropy; outputs are resized to the mask.
///
/// # Shapes
/// - `outputs`: logits of `[batch, 1, any, any]` with their weights
/// - `mask`: `[batch, 1, height, width]`, values in `[0, 1]`; it receives no gradient
/// - output: `[batch]`
pub fn deep_bce_dice(outputs: Vec<(Tensor<4>, f32)>, mask: Tensor<4>, form: BceDice) -> Tensor<1> {
    if fused::available(&mask) {
        let (outputs, weights): (Vec<_>, Vec<f32>) = outputs.into_iter().unzip();
        let tensors = std::iter::once(mask).chain(outputs).map(Into::into).collect();
        return fused::apply(DeepBceDice { form, weights }, tensors);
    }
    if native::available(&mask) {
        let (outputs, weights): (Vec<_>, Vec<f32>) = outputs.into_iter().unzip();
        let tensors = std::iter::once(mask).chain(outputs).map(Tensor::into_dispatch).collect();
        return native::apply(&Native::DeepBceDice { form, weights }, tensors);
    }
    let [batch, _, height, width] = mask.dims();
    let zero = Tensor::zeros([batch], &mask.device());
    outputs.into_iter().fold(zero, |total, (logits, weight)| {
        let logits = resize_bilinear(logits, [height, width]);
        total + one_output(logits, &mask, form).mul_scalar(weight)
    })
}

fn one_output(logits: Tensor<4>, mask: &Tensor<4>, form: BceDice) -> Tensor<1> {
    let [batch, _, height, width] = mask.dims();
    let flat = [batch, height * width];
    let (logits, mask) = (logits.reshape(flat), mask.clone().reshape(flat));
    let bce = if form.on_probabilities {
        bce_on_probabilities(logits.clone(), mask.clone())
    } else {
        bce_on_logits(logits.clone(), mask.clone())
    };
    let dice = dice_losses(activation::sigmoid(logits), mask, form.smooth);
    dice.mul_scalar(form.dice) + bce.mul_scalar(form.bce)
}

/// `1 - (2 Σ p·t + smooth) / (Σ p + Σ t + smooth)` of each image.
fn dice_losses(probabilities: Tensor<2>, mask: Tensor<2>, smooth: f32) -> Tensor<1> {
    let batch = mask.dims()[0];
    let overlap = (probabilities.clone() * mask.clone()).sum_dim(1);
    let sizes = probabilities.sum_dim(1) + mask.sum_dim(1);
    let score = overlap.mul_scalar(2.0).add_scalar(smooth) / sizes.add_scalar(smooth);
    (-score + 1.0).reshape([batch])
}

/// PyTorch's `BCELoss` on sigmoid outputs: logarithms cut at -100, and a gradient that vanishes where the
/// sigmoid has saturated.
fn bce_on_probabilities(logits: Tensor<2>, mask: Tensor<2>) -> Tensor<1> {
    let batch = mask.dims()[0];
    let p = activation::sigmoid(logits.clone().inner());
    let t = mask.inner();
    let q = -p.clone() + 1.0;
    // Below 1e-37 the logarithm of a 32-bit float loses its digits; PyTorch's cut is at e^-100.
    let log = |x: Tensor<2>| x.clone().clamp_min(1e-37).log().mask_fill(x.lower_elem(1e-37), -100.0);
    let rest = -t.clone() + 1.0;
    let value = -(t.clone() * log(p.clone()) + rest * log(q.clone()));
    // d loss / d logit as PyTorch computes it: (p - t) / max(p q, 1e-12) through the sigmoid's p q.
    let slope = p.clone() * q;
    let gradient = (p - t) * slope.clone() / slope.clamp_min(1e-12);
    // The second term is 0 and only carries the gradient, which autodiff would compute with an infinity
    // where a probability is 0.
    let carrier = logits.clone() - logits.detach();
    let value = Tensor::from_inner(value) + carrier * Tensor::from_inner(gradient);
    value.mean_dim(1).reshape([batch])
}

/// `max(x, 0) - x·t + log(1 + e^-|x|)`, finite for every logit.
fn bce_on_logits(logits: Tensor<2>, mask: Tensor<2>) -> Tensor<1> {
    let batch = mask.dims()[0];
    let rest = (-logits.clone().abs()).exp().log1p();
    (logits.clone().clamp_min(0.0) - logits * mask + rest).mean_dim(1).reshape([batch])
}
