//! Sums in a fixed order, whatever the number of threads.

use super::simd::{LANES, Vector};

/// The sum of arrays of one length, in their order.
pub(super) fn add_all(arrays: Vec<Vec<f32>>) -> Vec<f32> {
    let mut arrays = arrays.into_iter();
    let mut total = arrays.next().unwrap_or_default();
    for array in arrays {
        total.iter_mut().zip(&array).for_each(|(total, one)| *total += one);
    }
    total
}

/// The sum of an array.
#[inline(always)]
pub(super) fn total<V: Vector>(x: &[f32]) -> f32 {
    let (eights, rest) = x.as_chunks::<LANES>();
    let sum = eights.iter().fold(V::splat(0.0), |sum, eight| sum.add(V::load(eight)));
    rest.iter().fold(sum.sum(), |sum, x| sum + x)
}
