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

/// Sums that run side by side: an addition takes several cycles, and several can be under way.
const STRANDS: usize = 4;

/// The sum of an array.
#[inline(always)]
pub(super) fn total<V: Vector>(x: &[f32]) -> f32 {
    strands::<V>(x, V::add, |sum, x| sum + x)
}

/// The sum of the squared distances from `centre`.
#[inline(always)]
pub(super) fn squares<V: Vector>(x: &[f32], centre: f32) -> f32 {
    let all = V::splat(centre);
    let add = |sum: V, x: V| {
        let centred = x.sub(all);
        centred.mul_add(centred, sum)
    };
    strands::<V>(x, add, |sum, x| sum + (x - centre) * (x - centre))
}

/// A sum over an array, by a step for vectors and one for what is left.
#[inline(always)]
fn strands<V: Vector>(x: &[f32], add: impl Fn(V, V) -> V, add_one: impl Fn(f32, f32) -> f32) -> f32 {
    let mut sums = [V::splat(0.0); STRANDS];
    let (blocks, rest) = x.as_chunks::<{ STRANDS * LANES }>();
    for block in blocks {
        for (sum, eight) in sums.iter_mut().zip(block.as_chunks::<LANES>().0) {
            *sum = add(*sum, V::load(eight));
        }
    }
    let (eights, rest) = rest.as_chunks::<LANES>();
    for (sum, eight) in sums.iter_mut().zip(eights) {
        *sum = add(*sum, V::load(eight));
    }
    let [a, b, c, d] = sums;
    rest.iter().fold(a.add(b).add(c.add(d)).sum(), |sum, &x| add_one(sum, x))
}
