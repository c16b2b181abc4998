//! Just enough of Rust's lexical structure to tell code from comments, strings and tests.

/// The source with the contents of comments, strings and characters blanked out; every line stays where
/// it was.
pub fn code(source: &str) -> String {
    let chars: Vec<char> = source.chars().collect();
    let mut out = String::with_capacity(source.len());
    let mut at = 0;
    while at < chars.len() {
        let end = token_end(&chars, at);
        if end == at {
            out.push(chars[at]);
            at += 1;
            continue;
        }
        out.extend(chars[at..end].iter().map(|&c| if c == '\n' { '\n' } else { ' ' }));
        at = end;
    }
    out
}

/// Where the comment, string or character that starts at `at` ends; `at` itself if none starts there.
fn token_end(chars: &[char], at: usize) -> usize {
    let next = |offset: usize| chars.get(at + offset).copied();
    match chars[at] {
        '/' if next(1) == Some('/') => find(chars, at, |c| c == '\n'),
        '/' if next(1) == Some('*') => block_comment_end(chars, at),
        '"' => string_end(chars, at),
        '\'' => character_end(chars, at),
        'r' | 'b' | 'c' if at == 0 || !is_word(chars[at - 1]) => prefixed_string_end(chars, at),
        _ => at,
    }
}

fn find(chars: &[char], from: usize, stop: impl Fn(char) -> bool) -> usize {
    (from..chars.len()).find(|&i| stop(chars[i])).unwrap_or(chars.len())
}

fn block_comment_end(chars: &[char], at: usize) -> usize {
    let (mut depth, mut i) = (0, at);
    while i + 1 < chars.len() {
        match (chars[i], chars[i + 1]) {
            ('/', '*') => (depth, i) = (depth + 1, i + 2),
            ('*', '/') => (depth, i) = (depth - 1, i + 2),
            _ => i += 1,
        }
        if depth == 0 {
            return i;
        }
    }
    chars.len()
}

fn string_end(chars: &[char], quote: usize) -> usize {
    let mut i = quote + 1;
    while i < chars.len() {
        match chars[i] {
            '\\' => i += 2,
            '"' => return i + 1,
            _ => i += 1,
        }
    }
    chars.len()
}

/// `r"..."`, `r#"..."#`, `b"..."`, `br#"..."#`, `c"..."`, `b'x'`; not `r#raw_identifier`.
fn prefixed_string_end(chars: &[char], at: usize) -> usize {
    let prefix = find(chars, at, |c| !matches!(c, 'r' | 'b' | 'c'));
    let raw = chars[at..prefix].contains(&'r');
    if prefix - at > 2 || prefix == chars.len() {
        return at;
    }
    match chars[prefix] {
        '\'' if chars[at..prefix] == ['b'] => character_end(chars, prefix),
        '"' if !raw => string_end(chars, prefix),
        '"' | '#' if raw => {
            let quote = find(chars, prefix, |c| c != '#');
            if chars.get(quote) != Some(&'"') {
                return at;
            }
            let hashes = quote - prefix;
            let closes = |i: usize| {
                chars[i] == '"' && chars[i + 1..].iter().take(hashes).filter(|&&c| c == '#').count() == hashes
            };
            (quote + 1..chars.len()).find(|&i| closes(i)).map_or(chars.len(), |i| i + 1 + hashes)
        }
        _ => at,
    }
}

/// A character's end, or `quote` itself for a lifetime.
fn character_end(chars: &[char], quote: usize) -> usize {
    match (chars.get(quote + 1), chars.get(quote + 2)) {
        (Some('\\'), _) => (find(chars, quote + 3, |c| c == '\'') + 1).min(chars.len()),
        (Some(_), Some('\'')) => quote + 3,
        _ => quote,
    }
}

/// Blanks the items that only tests compile; takes what [`code`] returns.
pub fn without_tests(code: &str) -> String {
    let mut out: Vec<char> = code.chars().collect();
    let mut at = 0;
    while at < out.len() {
        if starts_with(&out, at, "#[cfg(test)]") || starts_with(&out, at, "#[cfg(all(test") {
            let end = item_end(&out, at);
            out[at..end].iter_mut().filter(|c| **c != '\n').for_each(|c| *c = ' ');
            at = end;
        } else {
            at += 1;
        }
    }
    out.into_iter().collect()
}

fn starts_with(chars: &[char], at: usize, word: &str) -> bool {
    word.chars().enumerate().all(|(i, c)| chars.get(at + i) == Some(&c))
}

/// Where the item ends whose first attribute starts at `at`: behind its braces or its semicolon.
fn item_end(chars: &[char], at: usize) -> usize {
    let (mut braces, mut others) = (0_i32, 0_i32);
    for (i, &c) in chars.iter().enumerate().skip(at) {
        match c {
            '(' | '[' => others += 1,
            ')' | ']' => others -= 1,
            '{' => braces += 1,
            '}' => braces -= 1,
            _ => {}
        }
        if others == 0 && braces == 0 && matches!(c, '}' | ';') {
            return i + 1;
        }
    }
    chars.len()
}

/// True for what identifiers are made of.
pub fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// A word of the code with what stands around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Word<'a> {
    /// The identifier or keyword.
    pub text: &'a str,
    /// Its line, from 1.
    pub line: usize,
    /// The code before it, without trailing space.
    pub before: &'a str,
    /// The code behind it, without leading space.
    pub after: &'a str,
}

impl Word<'_> {
    /// True for the name of a macro that is called.
    pub fn is_macro(&self) -> bool {
        self.after.starts_with('!') && !self.after.starts_with("!=")
    }
}

/// The identifiers and keywords of what [`code`] returns.
pub fn words(code: &str) -> Vec<Word<'_>> {
    let mut found = Vec::new();
    let (mut line, mut at) = (1, 0);
    while let Some(c) = code[at..].chars().next() {
        let length = code[at..].find(|c| !is_word(c)).unwrap_or(code.len() - at);
        if length == 0 {
            line += usize::from(c == '\n');
            at += c.len_utf8();
            continue;
        }
        let (before, after) = (code[..at].trim_end(), code[at + length..].trim_start());
        found.push(Word { text: &code[at..at + length], line, before, after });
        at += length;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{code, without_tests, words};

    #[test]
    fn comments_strings_and_characters_are_no_code() {
        for (source, expect) in [
            ("a // b\nc", "a     \nc"),
            ("a /* b /* c */ d */ e", "a                   e"),
            ("f(\"todo!\") g", "f(       ) g"),
            (r#"f("\"b\\") g"#, "f(       ) g"),
            ("r#\"b \" c\"# d", "           d"),
            ("br\"b\" c", "      c"),
            ("x = '\"'; y", "x =    ; y"),
            (r"x = '\''; y", "x =     ; y"),
            (r"x = '\u{41}'; y", "x =         ; y"),
            ("b'{' c", "     c"),
            ("fn f<'a>(x: &'a str)", "fn f<'a>(x: &'a str)"),
            ("r#type = for_b\"\"", "r#type = for_b  "),
            ("\"open", "     "),
            ("/* open", "       "),
        ] {
            assert_eq!(code(source), expect, "{source}");
        }
    }

    #[test]
    fn lines_stay_where_they_were() {
        let source = "a\n/* b\nc */ d\n\"e\nf\" g\n";
        assert_eq!(code(source).lines().count(), source.lines().count());
        assert_eq!(
            words(&code(source)).iter().map(|w| (w.text, w.line)).collect::<Vec<_>>(),
            [("a", 1), ("d", 3), ("g", 5)]
        );
    }

    #[test]
    fn items_that_only_tests_compile_are_left_out() {
        for (source, expect) in [
            ("a #[cfg(test)] mod t { b { c } } d", &["a", "d"][..]),
            ("a #[cfg(test)] use b::{c, d}; e", &["a", "e"]),
            ("a #[cfg(test)] #[x(y)] fn f(g: [u8; 2]) -> h { i } j", &["a", "j"]),
            ("a #[cfg(all(test, unix))] mod t; b", &["a", "b"]),
            ("a #[cfg(unix)] mod t; b", &["a", "cfg", "unix", "mod", "t", "b"]),
        ] {
            let left = without_tests(source);
            assert_eq!(words(&left).iter().map(|w| w.text).collect::<Vec<_>>(), expect, "{source}");
        }
    }

    #[test]
    fn a_word_knows_what_stands_around_it() {
        let found = words("a ::b  (c)");
        assert_eq!((found[1].text, found[1].before, found[1].after), ("b", "a ::", "(c)"));
    }
}
