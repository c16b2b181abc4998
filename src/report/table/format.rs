//! Numbers as text.

/// A difference with its sign; the minus sign is as wide as the plus.
pub(in crate::report) fn signed(value: f64, digits: usize) -> String {
    let text = format!("{:.digits$}", value.abs());
    let zero = text.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    match (zero, value < 0.0) {
        (true, _) => text,
        (false, true) => format!("\u{2212}{text}"),
        (false, false) => format!("+{text}"),
    }
}

/// Seconds in the largest fitting units: `42 s`, `3 min 05 s`, `2 h 07 min`.
pub(in crate::report) fn duration(seconds: f64) -> String {
    if seconds < 9.95 {
        return format!("{seconds:.1} s");
    }
    let whole = seconds.round() as u64;
    match whole {
        0..60 => format!("{whole} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}

/// The middle value, the mean of the middle two of an even number; `None` without any.
pub(in crate::report) fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let (upper, lower) = (values.len() / 2, values.len().checked_sub(1)? / 2);
    Some(f64::midpoint(values[lower], values[upper]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_odd_and_even_numbers() {
        for (values, expect) in
            [(vec![], None), (vec![3.0, 1.0, 2.0], Some(2.0)), (vec![4.0, 1.0, 2.0, 3.0], Some(2.5))]
        {
            assert_eq!(median(values), expect);
        }
    }

    #[test]
    fn differences_have_signs() {
        for (value, expect) in
            [(0.334, "+0.33"), (-8.0912, "\u{2212}8.09"), (0.001, "0.00"), (-0.001, "0.00")]
        {
            assert_eq!(signed(value, 2), expect);
        }
    }

    #[test]
    fn durations_pick_their_unit() {
        for (seconds, expect) in [
            (3.21, "3.2 s"),
            (9.97, "10 s"),
            (59.6, "1 min 00 s"),
            (185.0, "3 min 05 s"),
            (7622.0, "2 h 07 min"),
        ] {
            assert_eq!(duration(seconds), expect);
        }
    }
}
