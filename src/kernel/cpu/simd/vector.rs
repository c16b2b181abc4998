//! What a kernel may ask of an instruction set.

/// Lanes of a [`Vector`].
pub(in crate::kernel) const LANES: usize = 8;

/// Eight 32-bit floats.
pub(in crate::kernel) trait Vector: Copy {
    /// All lanes `x`.
    fn splat(x: f32) -> Self;
    /// `x[0..8]`.
    ///
    /// # Panics
    /// When `x` is shorter than eight elements.
    fn load(x: &[f32]) -> Self;
    /// Writes `out[0..8]`.
    ///
    /// # Panics
    /// When `out` is shorter than eight elements.
    fn store(self, out: &mut [f32]);
    /// `x[at..at + 8]`.
    ///
    /// # Safety
    /// `at + 8` must not exceed the length of `x`; debug builds check it.
    unsafe fn load_at(x: &[f32], at: usize) -> Self;
    /// Writes `out[at..at + 8]`.
    ///
    /// # Safety
    /// `at + 8` must not exceed the length of `out`; debug builds check it.
    unsafe fn store_at(self, out: &mut [f32], at: usize);
    /// Asks for the cache line of `x[at]`, which will be read soon; nothing where `x` has no such element or the
    /// instruction set no such hint.
    fn prefetch(x: &[f32], at: usize);
    /// `self · b + c`, rounded once where the processor can.
    fn mul_add(self, b: Self, c: Self) -> Self;
    /// Lane by lane sum.
    fn add(self, other: Self) -> Self;
    /// Lane by lane difference.
    fn sub(self, other: Self) -> Self;
    /// Lane by lane product.
    fn mul(self, other: Self) -> Self;
    /// Lane by lane quotient.
    fn div(self, other: Self) -> Self;
    /// Lane by lane maximum; `other` where a lane of either is no number.
    fn max(self, other: Self) -> Self;
    /// Lane by lane minimum; `other` where a lane of either is no number.
    fn min(self, other: Self) -> Self;
    /// Lane by lane square root.
    fn sqrt(self) -> Self;
    /// Lane by lane absolute value.
    fn abs(self) -> Self;
    /// `2^n` for lanes that hold whole numbers in -126..=127.
    fn exp2_whole(self) -> Self;
    /// Mantissa in `[0.5, 1)` and exponent of lanes that hold positive normal numbers.
    fn split_exponent(self) -> (Self, Self);
    /// The nearest whole number, ties to even.
    fn round(self) -> Self;
    /// `yes` where `self < bound`, else `no`.
    fn select_less(self, bound: Self, yes: Self, no: Self) -> Self;
    /// The even and the odd lanes of `self` followed by `next`.
    fn deinterleave(self, next: Self) -> (Self, Self);
    /// The inverse of [`deinterleave`](Self::deinterleave): lanes of `self` and `odd` in turn.
    fn interleave(self, odd: Self) -> (Self, Self);
    /// The lanes of `self` with the numbers `lanes`, each in 0..8.
    fn permute(self, lanes: &[i32; LANES]) -> Self;
    /// True if every lane is zero.
    fn is_zero(self) -> bool;
    /// The lanes.
    fn to_array(self) -> [f32; LANES];

    /// The sum of the lanes, in a fixed order that every instruction set keeps.
    #[inline(always)]
    fn sum(self) -> f32 {
        let [a, b, c, d, e, f, g, h] = self.to_array();
        ((a + e) + (c + g)) + ((b + f) + (d + h))
    }
}

/// `f` of each vector.
///
/// The array's own `map` isn't always inlined, and what isn't doesn't have the instruction set.
#[inline(always)]
pub(in crate::kernel) fn each<V: Vector, const N: usize>(mut values: [V; N], f: impl Fn(V) -> V) -> [V; N] {
    for value in &mut values {
        *value = f(*value);
    }
    values
}

/// The sum of each vector's lanes.
#[inline(always)]
pub(in crate::kernel) fn sums<V: Vector, const N: usize>(values: [V; N]) -> [f32; N] {
    let mut sums = [0.0; N];
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum = value.sum();
    }
    sums
}

/// The sum of each vector's lanes, as the lanes of one vector.
#[inline(always)]
pub(in crate::kernel) fn sum_each<V: Vector>([a, b, c, d, e, f, g, h]: [V; LANES]) -> V {
    // Neighbouring lanes first: the lanes of `join(a, b)` are half the sums of `a`, then those of `b`.
    let join = |left: V, right: V| {
        let (even, odd) = left.deinterleave(right);
        even.add(odd)
    };
    join(join(join(a, b), join(c, d)), join(join(e, f), join(g, h)))
}
