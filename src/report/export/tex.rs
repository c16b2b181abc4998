//! Text as LaTeX reads it.

/// Text whose every character LaTeX prints: pdfTeX, too, for what reports are written with.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    for character in text.chars() {
        match character {
            // Two hyphens or quotes in a row would become one character.
            '-' | '\'' | '`' | ',' if before == character => {
                out.push_str("{}");
                out.push(character);
            }
            _ => match replaced(character) {
                Some(latex) => out.push_str(latex),
                None => out.push(character),
            },
        }
        before = character;
    }
    out
}

/// What stands for a character that LaTeX reads as something else or doesn't know.
fn replaced(character: char) -> Option<&'static str> {
    Some(match character {
        '\n' | '\r' | '\t' => " ",
        '\\' => "\\textbackslash{}",
        '{' => "\\{",
        '}' => "\\}",
        '$' => "\\$",
        '&' => "\\&",
        '#' => "\\#",
        '_' => "\\_",
        '%' => "\\%",
        '~' => "\\textasciitilde{}",
        '^' => "\\textasciicircum{}",
        '<' => "$<$",
        '>' => "$>$",
        '|' => "$|$",
        '"' => "\\textquotedbl{}",
        '\u{a0}' => "~",
        '\u{b1}' => "$\\pm$",
        '\u{b2}' => "$^2$",
        '\u{b3}' => "$^3$",
        '\u{b7}' => "$\\cdot$",
        '\u{bd}' => "$\\frac12$",
        '\u{d7}' => "$\\times$",
        '\u{2013}' => "--",
        '\u{2014}' => "---",
        '\u{2018}' => "`",
        '\u{2019}' => "'",
        '\u{201c}' => "``",
        '\u{201d}' => "''",
        '\u{2026}' => "\\dots{}",
        '\u{207b}' => "$^-$",
        '\u{2192}' => "$\\rightarrow$",
        '\u{2208}' => "$\\in$",
        '\u{2211}' | '\u{3a3}' => "$\\Sigma$",
        '\u{2212}' => "$-$",
        '\u{221e}' => "$\\infty$",
        '\u{2229}' => "$\\cap$",
        '\u{222a}' => "$\\cup$",
        '\u{2248}' => "$\\approx$",
        '\u{2260}' => "$\\ne$",
        '\u{2264}' => "$\\le$",
        '\u{2265}' => "$\\ge$",
        '\u{394}' => "$\\Delta$",
        '\u{3b1}' => "$\\alpha$",
        '\u{3b2}' => "$\\beta$",
        '\u{3b3}' => "$\\gamma$",
        '\u{3b4}' => "$\\delta$",
        '\u{3b5}' => "$\\varepsilon$",
        '\u{3bb}' => "$\\lambda$",
        '\u{3bc}' | '\u{b5}' => "$\\mu$",
        '\u{3c3}' => "$\\sigma$",
        _ => return None,
    })
}

/// A heading in lines of about `width` characters, on top of one another.
pub(super) fn stacked(heading: &str, width: usize, side: char) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in heading.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width.max(8) => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    let lines: Vec<String> = lines.iter().map(|line| escaped(line)).collect();
    if lines.len() > 1 { format!("\\shortstack[{side}]{{{}}}", lines.join("\\\\")) } else { lines.concat() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_special_character_is_escaped() {
        for (text, expect) in [
            ("plain, text", "plain, text"),
            ("79.81 \u{b1} 0.10", "79.81 $\\pm$ 0.10"),
            ("5 % of $a_b #1 & {c}", "5 \\% of \\$a\\_b \\#1 \\& \\{c\\}"),
            ("a\\b~c^d", "a\\textbackslash{}b\\textasciitilde{}c\\textasciicircum{}d"),
            ("<x|y>\n", "$<$x$|$y$>$ "),
            ("--jobs \u{2212}1 \u{2013} 2", "-{}-jobs $-$1 -- 2"),
            ("the paper\u{2019}s \u{201c}mIoU\u{201d}", "the paper's ``mIoU''"),
        ] {
            assert_eq!(escaped(text), expect);
        }
    }

    #[test]
    fn headings_break_between_words() {
        for (heading, width, expect) in [
            ("Variant", 3, "Variant"),
            ("Pooled IoU", 12, "Pooled IoU"),
            ("Sensitivity, pooled (%)", 12, "\\shortstack[r]{Sensitivity,\\\\pooled (\\%)}"),
            ("", 4, ""),
        ] {
            assert_eq!(stacked(heading, width, 'r'), expect);
        }
    }
}
