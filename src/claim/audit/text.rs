//! Numbers in findings.

/// An integer with a comma between thousands.
pub(super) fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `mIoU (%) 76.98, DSC (%) 86.99`.
pub(super) fn percent_list<'a>(values: impl Iterator<Item = (&'a str, f64, usize)>) -> String {
    values
        .map(|(heading, value, digits)| format!("{heading} {value:.digits$}"))
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn thousands_have_commas() {
        for (value, expect) in [(7, "7"), (1000, "1,000"), (42_598_400, "42,598,400")] {
            assert_eq!(count(value), expect);
        }
    }
}
