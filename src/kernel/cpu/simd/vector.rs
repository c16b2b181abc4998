//! What a kernel may ask of an instruction set.

/// Lanes of a [`Vector`].
pub(in crate::kernel) const LANES: usize = 8;

/// Lanes of a [`Wide`] vector.
pub(in crate::kernel) const WIDE: usize = 16;

/// Some 32-bit floats, and what every number of them can do.
pub(in crate::kernel) trait Lanes: Copy {
    /// How many.
    const LANES: usize;
    /// All lanes `x`.
    fn splat(x: f32) -> Self;
    /// The first elements of `x`.
    ///
    /// # Panics
    /// When `x` has fewer elements than this has lanes.
    fn load(x: &[f32]) -> Self;
    /// Writes the first elements of `out`.
    ///
    /// # Panics
    /// When `out` has fewer elements than this has lanes.
    fn store(self, out: &mut [f32]);
    /// The elements of `x` from `at` on.
    ///
    /// # Safety
    /// `at + LANES` must not exceed the length of `x`; debug builds check it.
    unsafe fn load_at(x: &[f32], at: usize) -> Self;
    /// Writes the elements of `out` from `at` on.
    ///
    /// # Safety
    /// `at + LANES` must not exceed the length of `out`; debug builds check it.
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
    /// True if every lane is zero.
    fn is_zero(self) -> bool;
    /// The sum of the lanes, in a fixed order that every instruction set keeps.
    fn sum(self) -> f32;
}

/// Eight 32-bit floats.
pub(in crate::kernel) trait Vector: Lanes {
    /// The lanes of `self` with the numbers `lanes`, each in 0..8.
    fn permute(self, lanes: &[i32; LANES]) -> Self;
    /// The lanes.
    fn to_array(self) -> [f32; LANES];
}

/// Sixteen 32-bit floats.
pub(in crate::kernel) trait Wide: Lanes {
    /// Half of them.
    type Half: Vector;
    /// True where registers hold sixteen of these, besides what is read.
    const ROOMY: bool;
}

/// The sum of eight lanes, in the order of every instruction set.
#[inline(always)]
pub(super) fn sum_of_eight([a, b, c, d, e, f, g, h]: [f32; LANES]) -> f32 {
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

/// Runs `work` on fewer elements than a vector has as if they were as many: zeros behind them.
#[inline(always)]
pub(in crate::kernel) fn partial<W: Wide>(values: &[f32], work: impl FnOnce(W) -> W) -> [f32; WIDE] {
    let mut all = [0.0; WIDE];
    all[..values.len()].copy_from_slice(values);
    work(W::load(&all)).store(&mut all);
    all
}

/// `f` of each vector.
///
/// The array's own `map` isn't always inlined, and what isn't doesn't have the instruction set.
#[inline(always)]
pub(in crate::kernel) fn each<V: Lanes, const N: usize>(mut values: [V; N], f: impl Fn(V) -> V) -> [V; N] {
    for value in &mut values {
        *value = f(*value);
    }
    values
}

/// The sum of each vector's lanes.
#[inline(always)]
pub(in crate::kernel) fn sums<V: Lanes, const N: usize>(values: [V; N]) -> [f32; N] {
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
