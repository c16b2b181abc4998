//! Whole numbers of 32 and 64 bits, for sums whose results fit though what is between may not; small ones in floating point,
//! which every processor multiplies fast.

/// Added to a number below 256, it leaves no bits behind the point: the lowest byte of the sum's bits is the nearest whole
/// number.
pub(super) const LARGE: f64 = 4_503_599_627_370_496.0;

/// Sums and products of numbers `T`, which wrap around: a result that fits is right, whatever was between.
pub(super) trait Whole<T>: Copy + Default {
    fn of(value: T) -> Self;
    /// Its lower bits.
    fn cut(value: i64) -> Self;
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
    fn times(self, other: Self) -> Self;
}

macro_rules! whole {
    ($($number:ty: $($from:ty),*;)*) => {$($(
        impl Whole<$from> for $number {
            #[inline]
            fn of(value: $from) -> Self {
                value as Self
            }
            #[inline]
            fn cut(value: i64) -> Self {
                value as Self
            }
            #[inline]
            fn plus(self, other: Self) -> Self {
                self.wrapping_add(other)
            }
            #[inline]
            fn minus(self, other: Self) -> Self {
                self.wrapping_sub(other)
            }
            #[inline]
            fn times(self, other: Self) -> Self {
                self.wrapping_mul(other)
            }
        }
    )*)*};
}

whole! {
    i32: u16, u32, i32;
    i64: u32, i32, i64;
}

/// Below this, whole numbers and their sums are exact in 32-bit floating point.
pub(super) const SINGLE: u64 = 1 << 23;

impl Whole<u16> for f32 {
    #[inline]
    fn of(value: u16) -> Self {
        value.into()
    }
    #[inline]
    fn cut(value: i64) -> Self {
        value as Self
    }
    #[inline]
    fn plus(self, other: Self) -> Self {
        self + other
    }
    #[inline]
    fn minus(self, other: Self) -> Self {
        self - other
    }
    #[inline]
    fn times(self, other: Self) -> Self {
        self * other
    }
}

impl Whole<f32> for i32 {
    /// Of a number from 0 to [`SINGLE`]: the bits behind those of the latter.
    #[inline]
    fn of(value: f32) -> Self {
        ((value + SINGLE as f32).to_bits().wrapping_sub((SINGLE as f32).to_bits())) as Self
    }
    #[inline]
    fn cut(value: i64) -> Self {
        value as Self
    }
    #[inline]
    fn plus(self, other: Self) -> Self {
        self.wrapping_add(other)
    }
    #[inline]
    fn minus(self, other: Self) -> Self {
        self.wrapping_sub(other)
    }
    #[inline]
    fn times(self, other: Self) -> Self {
        self.wrapping_mul(other)
    }
}

/// A number from 0 to 2^52, as floating point.
pub(super) trait Exact {
    fn exact(self) -> f64;
}

impl Exact for i32 {
    #[inline]
    fn exact(self) -> f64 {
        f64::from(self)
    }
}

impl Exact for i64 {
    /// Its bits behind those of 2^52: most instruction sets can't convert vectors of 64 bits.
    #[inline]
    fn exact(self) -> f64 {
        f64::from_bits(self as u64 | LARGE.to_bits()) - LARGE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_converted_exactly() {
        for value in [0, 1, 255, 1 << 31, (1 << 52) - 1] {
            assert_eq!(value.exact() as i64, value);
        }
        for value in [0, 1, 65_535, SINGLE as i32 - 1] {
            assert_eq!(<i32 as Whole<f32>>::of(value as f32), value);
        }
    }

    #[test]
    fn results_that_fit_are_right_whatever_was_between() {
        let large = <i32 as Whole<i32>>::cut(3_000_000_000);
        let sum = Whole::<i32>::minus(Whole::<i32>::times(large, 2), <i32 as Whole<i32>>::cut(5_999_999_990));
        assert_eq!(sum, 10);
    }
}
