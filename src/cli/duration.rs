//! Times as people say them.

use std::time::Duration;

/// `38 s`, `3 min 05 s`, `2 h 07 min` or `4 d 02 h`; `?` for what isn't a time.
pub(super) fn human(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return "?".to_owned();
    }
    if seconds < 9.95 {
        return format!("{seconds:.1} s");
    }
    let whole = seconds.round() as u64;
    match whole {
        0..60 => format!("{whole} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        3600..86_400 => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
        _ => format!("{} d {:02} h", whole / 86_400, whole % 86_400 / 3600),
    }
}

/// Reads `90`, `90s`, `45m`, `2h`, `1d` or several after one another, such as `1h30m`.
///
/// # Errors
/// What is wrong with the text, and what is allowed.
pub(super) fn parse(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no duration: write 90s, 45m, 2h, 1d, or 1h30m");
    let mut seconds = 0_u64;
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let number: u64 = rest[..end].parse().map_err(|_| wrong())?;
        let unit = rest[end..].chars().next();
        let factor = match unit {
            None | Some('s') => 1,
            Some('m') => 60,
            Some('h') => 3600,
            Some('d') => 86_400,
            Some(_) => return Err(wrong()),
        };
        seconds = number.checked_mul(factor).and_then(|n| seconds.checked_add(n)).ok_or_else(wrong)?;
        rest = &rest[end + usize::from(unit.is_some())..];
    }
    if seconds == 0 {
        Err("the time must be at least 1s".to_owned())
    } else {
        Ok(Duration::from_secs(seconds))
    }
}

#[cfg(test)]
mod tests {
    use super::{human, parse};

    #[test]
    fn durations_are_read() {
        for (text, expect) in
            [("90", 90), ("90s", 90), ("45m", 2700), ("2h", 7200), ("1h30m", 5400), ("1d2h", 93_600)]
        {
            assert_eq!(parse(text).map(|time| time.as_secs()), Ok(expect), "{text}");
        }
        for text in
            ["", "h", "2x", "-1s", "0", "1.5h", "99999999999999999999s", "9999999999999999999h", "2 h"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn times_are_told_in_two_units() {
        for (seconds, expect) in [
            (0.04, "0.0 s"),
            (9.94, "9.9 s"),
            (59.4, "59 s"),
            (59.6, "1 min 00 s"),
            (185.0, "3 min 05 s"),
            (7620.0, "2 h 07 min"),
            (354_000.0, "4 d 02 h"),
            (f64::INFINITY, "?"),
            (f64::NAN, "?"),
        ] {
            assert_eq!(human(seconds), expect, "{seconds}");
        }
    }
}
