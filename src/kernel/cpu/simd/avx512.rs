//! Sixteen floats in one AVX-512 register.
//!
//! Every method is inlined into a function compiled with AVX-512's instructions; `for_each_wide_instruction_set!` is the only
//! place that instantiates kernels with this type. Each lane is computed as AVX2 computes it, and sums have the same
//! order: a kernel has the same bits with both.

use std::arch::x86_64::{
    __m512, _CMP_EQ_OQ, _CMP_LT_OQ, _MM_FROUND_NO_EXC, _MM_FROUND_TO_NEAREST_INT, _MM_HINT_T0, _mm_prefetch,
    _mm512_abs_ps, _mm512_add_epi32, _mm512_add_ps, _mm512_and_si512, _mm512_castps_si512,
    _mm512_castsi512_ps, _mm512_cmp_ps_mask, _mm512_cvtepi32_ps, _mm512_cvtps_epi32, _mm512_div_ps,
    _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_mask_blend_ps, _mm512_max_ps, _mm512_min_ps, _mm512_mul_ps,
    _mm512_or_si512, _mm512_permutex2var_ps, _mm512_roundscale_ps, _mm512_set1_epi32, _mm512_set1_ps,
    _mm512_setr_epi32, _mm512_setzero_ps, _mm512_slli_epi32, _mm512_sqrt_ps, _mm512_srli_epi32,
    _mm512_storeu_ps, _mm512_sub_epi32, _mm512_sub_ps,
};

use super::avx2::Avx2;
use super::vector::sum_of_eight;
use super::{LANES, Lanes, WIDE, Wide};

/// Sixteen floats in one AVX-512 register.
#[derive(Clone, Copy)]
pub(in crate::kernel) struct Avx512(__m512);

impl Wide for Avx512 {
    type Half = Avx2;
    const ROOMY: bool = true;
}

// SAFETY, for every block below: values of this type are made only inside functions that run after the
// processor was asked for AVX-512, so the instructions exist; pointers come from slices whose length
// was checked, or whose caller vouches for it.
impl Lanes for Avx512 {
    const LANES: usize = WIDE;

    #[inline(always)]
    fn splat(x: f32) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_set1_ps(x) })
    }
    #[inline(always)]
    fn load(x: &[f32]) -> Self {
        assert!(x.len() >= WIDE);
        // SAFETY: see above.
        Self(unsafe { _mm512_loadu_ps(x.as_ptr()) })
    }
    #[inline(always)]
    fn store(self, out: &mut [f32]) {
        assert!(out.len() >= WIDE);
        // SAFETY: see above.
        unsafe { _mm512_storeu_ps(out.as_mut_ptr(), self.0) }
    }
    #[inline(always)]
    unsafe fn load_at(x: &[f32], at: usize) -> Self {
        debug_assert!(at + WIDE <= x.len(), "load of {at}.. from {}", x.len());
        // SAFETY: the caller vouches for the bounds.
        Self(unsafe { _mm512_loadu_ps(x.as_ptr().add(at)) })
    }
    #[inline(always)]
    unsafe fn store_at(self, out: &mut [f32], at: usize) {
        debug_assert!(at + WIDE <= out.len(), "store of {at}.. to {}", out.len());
        // SAFETY: the caller vouches for the bounds.
        unsafe { _mm512_storeu_ps(out.as_mut_ptr().add(at), self.0) }
    }
    #[inline(always)]
    fn prefetch(x: &[f32], at: usize) {
        // A hint reads nothing, whatever the address.
        let line = x.as_ptr().wrapping_add(at);
        // SAFETY: see above.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(line.cast()) }
    }
    #[inline(always)]
    fn mul_add(self, b: Self, c: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_fmadd_ps(self.0, b.0, c.0) })
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_add_ps(self.0, other.0) })
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_sub_ps(self.0, other.0) })
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_mul_ps(self.0, other.0) })
    }
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_div_ps(self.0, other.0) })
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_max_ps(self.0, other.0) })
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_min_ps(self.0, other.0) })
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_sqrt_ps(self.0) })
    }
    #[inline(always)]
    fn abs(self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_abs_ps(self.0) })
    }
    #[inline(always)]
    fn exp2_whole(self) -> Self {
        // SAFETY: see above.
        unsafe {
            let exponent = _mm512_add_epi32(_mm512_cvtps_epi32(self.0), _mm512_set1_epi32(127));
            Self(_mm512_castsi512_ps(_mm512_slli_epi32::<23>(exponent)))
        }
    }
    #[inline(always)]
    fn split_exponent(self) -> (Self, Self) {
        // SAFETY: see above.
        unsafe {
            let bits = _mm512_castps_si512(self.0);
            let fraction = _mm512_and_si512(bits, _mm512_set1_epi32(0x007f_ffff));
            let mantissa = _mm512_or_si512(fraction, _mm512_set1_epi32(0x3f00_0000));
            let exponent = _mm512_sub_epi32(_mm512_srli_epi32::<23>(bits), _mm512_set1_epi32(126));
            (Self(_mm512_castsi512_ps(mantissa)), Self(_mm512_cvtepi32_ps(exponent)))
        }
    }
    #[inline(always)]
    fn round(self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_roundscale_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(self.0) })
    }
    #[inline(always)]
    fn select_less(self, bound: Self, yes: Self, no: Self) -> Self {
        // SAFETY: see above.
        unsafe {
            let less = _mm512_cmp_ps_mask::<_CMP_LT_OQ>(self.0, bound.0);
            Self(_mm512_mask_blend_ps(less, no.0, yes.0))
        }
    }
    #[inline(always)]
    fn deinterleave(self, next: Self) -> (Self, Self) {
        // SAFETY: see above.
        unsafe {
            let even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
            let odd = _mm512_add_epi32(even, _mm512_set1_epi32(1));
            let take = |lanes| Self(_mm512_permutex2var_ps(self.0, lanes, next.0));
            (take(even), take(odd))
        }
    }
    #[inline(always)]
    fn interleave(self, odd: Self) -> (Self, Self) {
        // SAFETY: see above.
        unsafe {
            let low = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
            let high = _mm512_add_epi32(low, _mm512_set1_epi32(8));
            let take = |lanes| Self(_mm512_permutex2var_ps(self.0, lanes, odd.0));
            (take(low), take(high))
        }
    }
    #[inline(always)]
    fn is_zero(self) -> bool {
        // SAFETY: see above.
        unsafe { _mm512_cmp_ps_mask::<_CMP_EQ_OQ>(self.0, _mm512_setzero_ps()) == 0xffff }
    }
    #[inline(always)]
    fn sum(self) -> f32 {
        let mut lanes = [0.0; WIDE];
        self.store(&mut lanes);
        sum_of_eight(std::array::from_fn(|lane| lanes[lane] + lanes[lane + LANES]))
    }
}
