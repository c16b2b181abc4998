//! What a browser may do with the page: show it, and run the one script that it brings.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// The page's style sheet.
pub(super) const STYLE: &str =
    concat!(include_str!("style.css"), include_str!("controls.css"), include_str!("print.css"));

/// The page's script. The page can be read without it.
pub(super) const SCRIPT: &str = concat!(
    include_str!("script/tables.js"),
    include_str!("script/choose.js"),
    include_str!("script/copy.js"),
    include_str!("script/details.js"),
    include_str!("script/gallery.js"),
    include_str!("script/links.js"),
    include_str!("script/scroll.js"),
);

/// A content security policy that allows this style sheet, this script and the pictures in the page, and nothing else.
pub(super) fn policy() -> String {
    format!(
        "default-src 'none'; img-src data:; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'",
        source(STYLE),
        source(SCRIPT)
    )
}

fn source(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_the_hash_of_its_text() {
        // `printf abc | openssl dgst -sha256 -binary | base64`
        assert_eq!(source("abc"), "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
    }

    #[test]
    fn nothing_in_script_and_style_ends_them_or_asks_the_network() {
        for forbidden in ["</", "<!--", "http:", "https:", "url(", "@import", "fetch(", "innerHTML", "eval("]
        {
            assert!(!SCRIPT.contains(forbidden) && !STYLE.contains(forbidden), "{forbidden}");
        }
    }
}
