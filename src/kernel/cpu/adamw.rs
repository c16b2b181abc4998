//! AdamW in one pass over arrays, in place.

use super::simd::{LANES, Vector, for_each_instruction_set};

/// What a step of AdamW multiplies by; the names are those of the formula in [`adamw`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamWScale {
    /// `1 - rate · weight decay`
    pub keep: f32,
    /// `1 - β₁`
    pub rest1: f32,
    /// `β₂`
    pub beta2: f32,
    /// `1 - β₂`
    pub rest2: f32,
    /// `rate / (1 - β₁ᵗ)`
    pub size: f32,
    /// `√(1 - β₂ᵗ)`
    pub root: f32,
    /// `ε`
    pub epsilon: f32,
}

for_each_instruction_set! {
    /// One step for arrays of one length, with PyTorch's order of operations (`torch.optim.AdamW`):
    ///
    /// `w ← keep w`, `m ← m + rest1 (g - m)`, `v ← β₂ v + rest2 g²`, `w ← w - size m / (√v / root + ε)`.
    pub fn adamw(
        weights: &mut [f32],
        gradient: &[f32],
        first: &mut [f32],
        second: &mut [f32],
        scale: AdamWScale,
    ) = adamw_with
}

#[inline(always)]
fn adamw_with<V: Vector>(
    weights: &mut [f32],
    gradient: &[f32],
    first: &mut [f32],
    second: &mut [f32],
    scale: AdamWScale,
) {
    let (weights, weight_rest) = weights.as_chunks_mut::<LANES>();
    let (gradients, gradient_rest) = gradient.as_chunks::<LANES>();
    let (firsts, first_rest) = first.as_chunks_mut::<LANES>();
    let (seconds, second_rest) = second.as_chunks_mut::<LANES>();
    let moments = firsts.iter_mut().zip(seconds);
    for ((weight, gradient), (first, second)) in weights.iter_mut().zip(gradients).zip(moments) {
        eight::<V>(weight, gradient, first, second, scale);
    }
    let rest = weight_rest.len();
    let mut padded = [[0.0; LANES]; 4];
    let [weight, gradient, first, second] = &mut padded;
    weight[..rest].copy_from_slice(weight_rest);
    gradient[..rest].copy_from_slice(gradient_rest);
    first[..rest].copy_from_slice(first_rest);
    second[..rest].copy_from_slice(second_rest);
    eight::<V>(weight, gradient, first, second, scale);
    weight_rest.copy_from_slice(&weight[..rest]);
    first_rest.copy_from_slice(&first[..rest]);
    second_rest.copy_from_slice(&second[..rest]);
}

#[inline(always)]
fn eight<V: Vector>(
    weight: &mut [f32; LANES],
    gradient: &[f32; LANES],
    first: &mut [f32; LANES],
    second: &mut [f32; LANES],
    scale: AdamWScale,
) {
    let g = V::load(gradient);
    let old = V::load(first);
    let m = old.add(V::splat(scale.rest1).mul(g.sub(old)));
    let v = V::splat(scale.beta2).mul(V::load(second)).add(V::splat(scale.rest2).mul(g).mul(g));
    let bound = v.sqrt().div(V::splat(scale.root)).add(V::splat(scale.epsilon));
    let kept = V::load(weight).mul(V::splat(scale.keep));
    kept.sub(V::splat(scale.size).mul(m.div(bound))).store(weight);
    m.store(first);
    v.store(second);
}
