//! Eight floats in plain Rust.

use super::vector::sum_of_eight;
use super::{LANES, Lanes, Vector};

/// Eight floats, one operation after the other as far as the compiler can't do better.
#[derive(Clone, Copy)]
pub(in crate::kernel) struct Portable([f32; LANES]);

impl Portable {
    #[inline(always)]
    fn map(self, f: impl Fn(f32) -> f32) -> Self {
        Self(self.0.map(f))
    }

    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        Self(std::array::from_fn(|lane| f(self.0[lane], other.0[lane])))
    }
}

impl Lanes for Portable {
    const LANES: usize = LANES;
    #[inline(always)]
    fn splat(x: f32) -> Self {
        Self([x; LANES])
    }
    #[inline(always)]
    fn load(x: &[f32]) -> Self {
        Self(*x.first_chunk().expect("eight floats"))
    }
    #[inline(always)]
    fn store(self, out: &mut [f32]) {
        out[..LANES].copy_from_slice(&self.0);
    }
    #[inline(always)]
    unsafe fn load_at(x: &[f32], at: usize) -> Self {
        Self::load(&x[at..])
    }
    #[inline(always)]
    unsafe fn store_at(self, out: &mut [f32], at: usize) {
        self.store(&mut out[at..]);
    }
    #[inline(always)]
    fn prefetch(_: &[f32], _: usize) {}
    #[inline(always)]
    fn mul_add(self, b: Self, c: Self) -> Self {
        // Two roundings: without the instruction, one rounding would cost a library call a lane.
        self.mul(b).add(c)
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.zip(other, |a, b| a * b)
    }
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        self.zip(other, |a, b| a / b)
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        self.zip(other, |a, b| if a > b { a } else { b })
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        self.zip(other, |a, b| if a < b { a } else { b })
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        self.map(f32::sqrt)
    }
    #[inline(always)]
    fn abs(self) -> Self {
        self.map(f32::abs)
    }
    #[inline(always)]
    fn exp2_whole(self) -> Self {
        self.map(|n| f32::from_bits(((n as i32 + 127) as u32) << 23))
    }
    #[inline(always)]
    fn split_exponent(self) -> (Self, Self) {
        let mantissa = self.map(|x| f32::from_bits(x.to_bits() & 0x007f_ffff | 0x3f00_0000));
        (mantissa, self.map(|x| ((x.to_bits() >> 23) as i32 - 126) as f32))
    }
    #[inline(always)]
    fn round(self) -> Self {
        self.map(f32::round_ties_even)
    }
    #[inline(always)]
    fn select_less(self, bound: Self, yes: Self, no: Self) -> Self {
        Self(std::array::from_fn(|lane| if self.0[lane] < bound.0[lane] { yes.0[lane] } else { no.0[lane] }))
    }
    #[inline(always)]
    fn deinterleave(self, next: Self) -> (Self, Self) {
        let at = |i: usize| if i < LANES { self.0[i] } else { next.0[i - LANES] };
        (Self(std::array::from_fn(|lane| at(2 * lane))), Self(std::array::from_fn(|lane| at(2 * lane + 1))))
    }
    #[inline(always)]
    fn interleave(self, odd: Self) -> (Self, Self) {
        let at = |i: usize| if i.is_multiple_of(2) { self.0[i / 2] } else { odd.0[i / 2] };
        (Self(std::array::from_fn(at)), Self(std::array::from_fn(|lane| at(lane + LANES))))
    }
    #[inline(always)]
    fn is_zero(self) -> bool {
        self.0.iter().all(|&lane| lane == 0.0)
    }
    #[inline(always)]
    fn sum(self) -> f32 {
        sum_of_eight(self.to_array())
    }
}

impl Vector for Portable {
    #[inline(always)]
    fn permute(self, lanes: &[i32; LANES]) -> Self {
        Self(lanes.map(|lane| self.0[lane as usize % LANES]))
    }
    #[inline(always)]
    fn to_array(self) -> [f32; LANES] {
        self.0
    }
}
