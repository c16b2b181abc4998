//! Whole numbers as text.

/// An integer with a comma between thousands.
pub fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_are_set_apart() {
        for (value, expect) in
            [(0, "0"), (999, "999"), (1000, "1,000"), (53_374, "53,374"), (72_096_256, "72,096,256")]
        {
            assert_eq!(grouped(value), expect);
        }
    }
}
