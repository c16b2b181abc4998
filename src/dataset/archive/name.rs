//! Which names entries may have.

/// The name of an entry as text, if it names a place inside of its archive; `longest` is in bytes.
///
/// Nothing is ever written under such a name, and yet one that would leave the archive's folder is no name of a
/// picture but somebody's attempt, so that the archive isn't trusted.
///
/// # Errors
/// What is wrong with it.
pub(super) fn check(name: &[u8], longest: usize) -> Result<&str, &'static str> {
    if name.len() > longest {
        return Err("has a name that is too long");
    }
    let Ok(name) = std::str::from_utf8(name) else { return Err("has a name that is not Unicode") };
    if name.is_empty() {
        return Err("has no name");
    }
    if name.chars().any(char::is_control) {
        return Err("has control characters in its name");
    }
    if name.contains('\\') {
        return Err("has a backslash in its name");
    }
    if name.starts_with('/') {
        return Err("has an absolute path");
    }
    if name.as_bytes().get(1) == Some(&b':') {
        return Err("has a drive letter");
    }
    if name.contains(':') {
        return Err("has a colon in its name");
    }
    let inner = name.strip_suffix('/').unwrap_or(name);
    for part in inner.split('/') {
        match part {
            ".." => return Err("leaves the archive's folder by `..`"),
            "." | "" => return Err("has an empty part in its path"),
            _ => {}
        }
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_places_inside_are_names() {
        for good in ["a.jpg", "a/b.jpg", "a/", "a b/ö.png", "a..b/c", "...", "a/..b"] {
            assert_eq!(check(good.as_bytes(), 512), Ok(good));
        }
        for (bad, expect) in [
            ("", "no name"),
            ("/etc/passwd", "absolute"),
            ("/", "absolute"),
            ("../a", "`..`"),
            ("a/../../b", "`..`"),
            ("a/..", "`..`"),
            ("a/../", "`..`"),
            ("..", "`..`"),
            ("a\\..\\b", "backslash"),
            ("\\\\host\\share", "backslash"),
            ("C:/a", "drive letter"),
            ("c:a", "drive letter"),
            ("a.jpg:stream", "colon"),
            ("a//b", "empty part"),
            ("./a", "empty part"),
            ("a\0.jpg", "control"),
            ("a\n.jpg", "control"),
            ("a\u{1b}[31m.jpg", "control"),
        ] {
            let problem = check(bad.as_bytes(), 512).unwrap_err();
            assert!(problem.contains(expect), "{bad:?}: {problem}");
        }
        assert!(check(b"a\xff.jpg", 512).unwrap_err().contains("not Unicode"));
        assert!(check(&[b'a'; 513], 512).unwrap_err().contains("too long"));
    }
}
