//! Amounts of bytes as people say them.

/// `512 B`, `2.4 kB`, `15.3 MB` or `1.2 GB`, in powers of a thousand.
pub(super) fn human(bytes: u64) -> String {
    let scaled = |unit: f64, name: &str| format!("{:.1} {name}", bytes as f64 / unit);
    match bytes {
        0..1000 => format!("{bytes} B"),
        1000..999_950 => scaled(1e3, "kB"),
        999_950..999_950_000 => scaled(1e6, "MB"),
        _ => scaled(1e9, "GB"),
    }
}

/// Reads `4096`, `500kB`, `200MB` or `8GB`, in powers of a thousand.
///
/// # Errors
/// What is wrong with the text, and what is allowed.
pub(super) fn parse(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{text}` is no amount of bytes: write 4096, 500kB, 200MB or 8GB");
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..end].parse().map_err(|_| wrong())?;
    let unit: u64 = match &text[end..] {
        "" | "B" => 1,
        "kB" | "KB" => 1000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        _ => return Err(wrong()),
    };
    number.checked_mul(unit).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::{human, parse};

    #[test]
    fn amounts_are_told_in_the_unit_that_fits() {
        for (bytes, expect) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (999_949, "999.9 kB"),
            (999_950, "1.0 MB"),
            (15_340_000, "15.3 MB"),
            (1_200_000_000, "1.2 GB"),
        ] {
            assert_eq!(human(bytes), expect);
        }
    }

    #[test]
    fn amounts_are_read() {
        for (text, expect) in
            [("4096", 4096), ("5B", 5), ("500kB", 500_000), ("2MB", 2_000_000), ("8GB", 8_000_000_000)]
        {
            assert_eq!(parse(text), Ok(expect), "{text}");
        }
        for text in ["", "GB", "-1", "1.5GB", "8 GB", "8TB", "99999999999999999999", "99999999999999GB"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
