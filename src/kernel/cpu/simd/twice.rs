//! Sixteen floats in two vectors of eight.

use super::{LANES, Lanes, Vector, WIDE, Wide};

/// Sixteen floats in two vectors.
#[derive(Clone, Copy)]
pub(in crate::kernel) struct Twice<V>(V, V);

impl<V: Vector> Twice<V> {
    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(V, V) -> V) -> Self {
        Self(f(self.0, other.0), f(self.1, other.1))
    }
}

impl<V: Vector> Wide for Twice<V> {
    type Half = V;
    const ROOMY: bool = false;
}

impl<V: Vector> Lanes for Twice<V> {
    const LANES: usize = WIDE;

    #[inline(always)]
    fn splat(x: f32) -> Self {
        Self(V::splat(x), V::splat(x))
    }
    #[inline(always)]
    fn load(x: &[f32]) -> Self {
        assert!(x.len() >= WIDE);
        Self(V::load(x), V::load(&x[LANES..]))
    }
    #[inline(always)]
    fn store(self, out: &mut [f32]) {
        assert!(out.len() >= WIDE);
        self.0.store(out);
        self.1.store(&mut out[LANES..]);
    }
    #[inline(always)]
    unsafe fn load_at(x: &[f32], at: usize) -> Self {
        debug_assert!(at + WIDE <= x.len(), "load of {at}.. from {}", x.len());
        // SAFETY: the caller vouches for the bounds.
        unsafe { Self(V::load_at(x, at), V::load_at(x, at + LANES)) }
    }
    #[inline(always)]
    unsafe fn store_at(self, out: &mut [f32], at: usize) {
        debug_assert!(at + WIDE <= out.len(), "store of {at}.. to {}", out.len());
        // SAFETY: the caller vouches for the bounds.
        unsafe {
            self.0.store_at(out, at);
            self.1.store_at(out, at + LANES);
        }
    }
    #[inline(always)]
    fn prefetch(x: &[f32], at: usize) {
        V::prefetch(x, at);
    }
    #[inline(always)]
    fn mul_add(self, b: Self, c: Self) -> Self {
        Self(self.0.mul_add(b.0, c.0), self.1.mul_add(b.1, c.1))
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, V::add)
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, V::sub)
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.zip(other, V::mul)
    }
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        self.zip(other, V::div)
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        self.zip(other, V::max)
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        self.zip(other, V::min)
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        Self(self.0.sqrt(), self.1.sqrt())
    }
    #[inline(always)]
    fn abs(self) -> Self {
        Self(self.0.abs(), self.1.abs())
    }
    #[inline(always)]
    fn exp2_whole(self) -> Self {
        Self(self.0.exp2_whole(), self.1.exp2_whole())
    }
    #[inline(always)]
    fn round(self) -> Self {
        Self(self.0.round(), self.1.round())
    }
    #[inline(always)]
    fn split_exponent(self) -> (Self, Self) {
        let (low, high) = (self.0.split_exponent(), self.1.split_exponent());
        (Self(low.0, high.0), Self(low.1, high.1))
    }
    #[inline(always)]
    fn select_less(self, bound: Self, yes: Self, no: Self) -> Self {
        Self(self.0.select_less(bound.0, yes.0, no.0), self.1.select_less(bound.1, yes.1, no.1))
    }
    #[inline(always)]
    fn deinterleave(self, next: Self) -> (Self, Self) {
        let (low, high) = (self.0.deinterleave(self.1), next.0.deinterleave(next.1));
        (Self(low.0, high.0), Self(low.1, high.1))
    }
    #[inline(always)]
    fn interleave(self, odd: Self) -> (Self, Self) {
        let (low, high) = (self.0.interleave(odd.0), self.1.interleave(odd.1));
        (Self(low.0, low.1), Self(high.0, high.1))
    }
    #[inline(always)]
    fn is_zero(self) -> bool {
        self.0.is_zero() & self.1.is_zero()
    }
    #[inline(always)]
    fn sum(self) -> f32 {
        self.0.add(self.1).sum()
    }
}
