//! Floats as their bits, and how many floats apart two of them are.

/// Floats from one to the other: 0 for the same bits, 1 for neighbours, of which 0 and -0 are two.
pub fn ulps_f32(left: f32, right: f32) -> u64 {
    // The order of `total_cmp`, as whole numbers.
    let place = |value: f32| {
        let bits = value.to_bits() as i32;
        i64::from(bits ^ (((bits >> 31) as u32) >> 1) as i32)
    };
    place(left).abs_diff(place(right))
}

/// As [`ulps_f32`], of doubles.
pub fn ulps_f64(left: f64, right: f64) -> u64 {
    let place = |value: f64| {
        let bits = value.to_bits() as i64;
        bits ^ (((bits >> 63) as u64) >> 1) as i64
    };
    place(left).abs_diff(place(right))
}

/// All bits of a double in hexadecimal digits.
pub fn f64_bits(value: f64) -> String {
    format!("{:#018x}", value.to_bits())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_one_apart() {
        for (left, right, expect) in [
            (1.0, 1.0, 0),
            (1.0, 1.0_f64.next_up(), 1),
            (-1.0, -1.0_f64.next_down().next_down(), 2),
            (0.0, -0.0, 1),
            (f64::from_bits(1), -0.0, 2),
            (-f64::from_bits(1), f64::from_bits(1), 3),
        ] {
            assert_eq!((ulps_f64(left, right), ulps_f64(right, left)), (expect, expect), "{left} {right}");
        }
        assert_eq!(ulps_f64(f64::NEG_INFINITY, f64::INFINITY), 2 * 0x7ff0_0000_0000_0000 + 1);
        assert_eq!(ulps_f32(1.0, 1.0 + f32::EPSILON), 1);
        assert_eq!(ulps_f32(-0.0, 0.0), 1);
        assert_eq!(ulps_f32(-1.0, 1.0), 2 * u64::from(1.0_f32.to_bits()) + 1);
        assert_eq!(f64_bits(1.0), "0x3ff0000000000000");
    }
}
