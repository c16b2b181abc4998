//! Attention between tokens, as transformers have it.

use burn::tensor::Tensor;

use super::{matmul, scale, softmax};

/// Every token's values in the shares that its query finds in the keys of all, for each head alone.
///
/// # Shapes
/// - `queries_keys_values`: `[batch, tokens, 3 * channels]`, each third cut into heads
/// - output: `[batch, tokens, channels]`, channels a multiple of `heads`
pub fn self_attention(queries_keys_values: &Tensor<3>, heads: usize) -> Tensor<3> {
    let [batch, tokens, triple] = queries_keys_values.dims();
    let channels = triple / 3;
    let own = channels / heads;
    let part = |index: usize| {
        queries_keys_values
            .clone()
            .narrow(2, index * channels, channels)
            .reshape([batch, tokens, heads, own])
            .swap_dims(1, 2)
    };
    let likeness = scale(matmul(part(0), part(1).swap_dims(2, 3)), 1.0 / (own as f64).sqrt());
    matmul(softmax(likeness, 3), part(2)).swap_dims(1, 2).reshape([batch, tokens, channels])
}
