//! Eight floats in one AVX register.
//!
//! Every method is inlined into a function compiled with `avx2,fma`; `for_each_instruction_set!` and
//! `for_each_wide_instruction_set!` are the only places that instantiate kernels with this type.

use std::arch::x86_64::{
    __m256, _CMP_EQ_OQ, _CMP_LT_OQ, _MM_FROUND_NO_EXC, _MM_FROUND_TO_NEAREST_INT, _MM_HINT_T0, _mm_prefetch,
    _mm256_add_epi32, _mm256_add_ps, _mm256_and_si256, _mm256_andnot_ps, _mm256_blendv_ps, _mm256_castpd_ps,
    _mm256_castps_pd, _mm256_castps_si256, _mm256_castsi256_ps, _mm256_cmp_ps, _mm256_cvtepi32_ps,
    _mm256_cvtps_epi32, _mm256_div_ps, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_loadu_si256, _mm256_max_ps,
    _mm256_min_ps, _mm256_movemask_ps, _mm256_mul_ps, _mm256_or_si256, _mm256_permute2f128_ps,
    _mm256_permute4x64_pd, _mm256_permutevar8x32_ps, _mm256_round_ps, _mm256_set1_epi32, _mm256_set1_ps,
    _mm256_setzero_ps, _mm256_shuffle_ps, _mm256_slli_epi32, _mm256_sqrt_ps, _mm256_srli_epi32,
    _mm256_storeu_ps, _mm256_sub_epi32, _mm256_sub_ps, _mm256_unpackhi_ps, _mm256_unpacklo_ps,
};

use super::vector::sum_of_eight;
use super::{LANES, Lanes, Vector};

/// Eight floats in one AVX register.
#[derive(Clone, Copy)]
pub(in crate::kernel) struct Avx2(__m256);

// SAFETY, for every block below: values of this type are made only inside functions that run after the
// processor was asked for AVX2 and FMA, so the instructions exist; pointers come from slices whose length
// was checked, or whose caller vouches for it.
impl Lanes for Avx2 {
    const LANES: usize = LANES;
    #[inline(always)]
    fn splat(x: f32) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_set1_ps(x) })
    }
    #[inline(always)]
    fn load(x: &[f32]) -> Self {
        assert!(x.len() >= LANES);
        // SAFETY: see above.
        Self(unsafe { _mm256_loadu_ps(x.as_ptr()) })
    }
    #[inline(always)]
    fn store(self, out: &mut [f32]) {
        assert!(out.len() >= LANES);
        // SAFETY: see above.
        unsafe { _mm256_storeu_ps(out.as_mut_ptr(), self.0) }
    }
    #[inline(always)]
    unsafe fn load_at(x: &[f32], at: usize) -> Self {
        debug_assert!(at + LANES <= x.len(), "load of {at}.. from {}", x.len());
        // SAFETY: the caller vouches for the bounds.
        Self(unsafe { _mm256_loadu_ps(x.as_ptr().add(at)) })
    }
    #[inline(always)]
    unsafe fn store_at(self, out: &mut [f32], at: usize) {
        debug_assert!(at + LANES <= out.len(), "store of {at}.. to {}", out.len());
        // SAFETY: the caller vouches for the bounds.
        unsafe { _mm256_storeu_ps(out.as_mut_ptr().add(at), self.0) }
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
        Self(unsafe { _mm256_fmadd_ps(self.0, b.0, c.0) })
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_add_ps(self.0, other.0) })
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_sub_ps(self.0, other.0) })
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_mul_ps(self.0, other.0) })
    }
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_div_ps(self.0, other.0) })
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_max_ps(self.0, other.0) })
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_min_ps(self.0, other.0) })
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_sqrt_ps(self.0) })
    }
    #[inline(always)]
    fn abs(self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_andnot_ps(_mm256_set1_ps(-0.0), self.0) })
    }
    #[inline(always)]
    fn exp2_whole(self) -> Self {
        // SAFETY: see above.
        unsafe {
            let exponent = _mm256_add_epi32(_mm256_cvtps_epi32(self.0), _mm256_set1_epi32(127));
            Self(_mm256_castsi256_ps(_mm256_slli_epi32::<23>(exponent)))
        }
    }
    #[inline(always)]
    fn split_exponent(self) -> (Self, Self) {
        // SAFETY: see above.
        unsafe {
            let bits = _mm256_castps_si256(self.0);
            let fraction = _mm256_and_si256(bits, _mm256_set1_epi32(0x007f_ffff));
            let mantissa = _mm256_or_si256(fraction, _mm256_set1_epi32(0x3f00_0000));
            let exponent = _mm256_sub_epi32(_mm256_srli_epi32::<23>(bits), _mm256_set1_epi32(126));
            (Self(_mm256_castsi256_ps(mantissa)), Self(_mm256_cvtepi32_ps(exponent)))
        }
    }
    #[inline(always)]
    fn round(self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_round_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(self.0) })
    }
    #[inline(always)]
    fn select_less(self, bound: Self, yes: Self, no: Self) -> Self {
        // SAFETY: see above.
        unsafe {
            let less = _mm256_cmp_ps::<_CMP_LT_OQ>(self.0, bound.0);
            Self(_mm256_blendv_ps(no.0, yes.0, less))
        }
    }
    #[inline(always)]
    fn deinterleave(self, next: Self) -> (Self, Self) {
        // SAFETY: see above.
        unsafe {
            let even = _mm256_shuffle_ps::<0b10_00_10_00>(self.0, next.0);
            let odd = _mm256_shuffle_ps::<0b11_01_11_01>(self.0, next.0);
            let order = |v| _mm256_castpd_ps(_mm256_permute4x64_pd::<0b11_01_10_00>(_mm256_castps_pd(v)));
            (Self(order(even)), Self(order(odd)))
        }
    }
    #[inline(always)]
    fn interleave(self, odd: Self) -> (Self, Self) {
        // SAFETY: see above.
        unsafe {
            let low = _mm256_unpacklo_ps(self.0, odd.0);
            let high = _mm256_unpackhi_ps(self.0, odd.0);
            (Self(_mm256_permute2f128_ps::<0x20>(low, high)), Self(_mm256_permute2f128_ps::<0x31>(low, high)))
        }
    }
    #[inline(always)]
    fn is_zero(self) -> bool {
        // SAFETY: see above.
        unsafe { _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_EQ_OQ>(self.0, _mm256_setzero_ps())) == 0xff }
    }
    #[inline(always)]
    fn sum(self) -> f32 {
        sum_of_eight(self.to_array())
    }
}

// SAFETY, for the blocks below: as above.
impl Vector for Avx2 {
    #[inline(always)]
    fn permute(self, lanes: &[i32; LANES]) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_permutevar8x32_ps(self.0, _mm256_loadu_si256(lanes.as_ptr().cast())) })
    }
    #[inline(always)]
    fn to_array(self) -> [f32; LANES] {
        let mut lanes = [0.0; LANES];
        // SAFETY: see above.
        unsafe { _mm256_storeu_ps(lanes.as_mut_ptr(), self.0) }
        lanes
    }
}
