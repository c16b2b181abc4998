//! Binary cross-entropy plus Dice over several outputs.

use tch::{Reduction, Tensor};

use super::aten::{resize_bilinear, single};
use crate::kernel::BceDice;

/// The loss of each image: `[batch]`; a mask, then logits with these weights.
pub(super) fn deep_bce_dice(inputs: &[Tensor], form: BceDice, weights: &[f32]) -> Tensor {
    let (mask, outputs) = (&inputs[0], &inputs[1..]);
    let size = [2, 3].map(|axis| mask.size()[axis] as usize);
    let flat = mask.flatten(1, -1);
    let lesion = sums(&flat);
    let losses = outputs.iter().zip(weights).map(|(logits, &weight)| {
        let logits = single(logits);
        let same = logits.size()[2..] == mask.size()[2..];
        let logits = if same { logits } else { resize_bilinear(&logits, size, true) };
        let logits = logits.flatten(1, -1);
        let probabilities = logits.sigmoid();
        let bce = if form.on_probabilities {
            // Logarithms are cut at -100, and so is the gradient where a probability is 0 or 1.
            probabilities.binary_cross_entropy(&flat, None::<Tensor>, Reduction::None)
        } else {
            logits.binary_cross_entropy_with_logits(&flat, None::<Tensor>, None::<Tensor>, Reduction::None)
        };
        let bce = bce.mean_dim([1_i64].as_slice(), false, None);
        let (smooth, dice) = (f64::from(form.smooth), f64::from(form.dice));
        let overlap = sums(&(&probabilities * &flat));
        let score = (overlap * 2.0 + smooth) / (sums(&probabilities) + &lesion + smooth);
        ((1.0 - score) * dice + bce * f64::from(form.bce)) * f64::from(weight)
    });
    losses
        .reduce(|sum, one| sum + one)
        .unwrap_or_else(|| flat.new_zeros([flat.size()[0]], (flat.kind(), flat.device())))
}

/// Of each image: `[batch, pixels]` to `[batch]`.
fn sums(x: &Tensor) -> Tensor {
    x.sum_dim_intlist([1_i64].as_slice(), false, None)
}
