//! From plotters' colours to CSS classes, so that one SVG holds in light and dark.
//!
//! plotters draws with stand-in colours that no chart would use; [`themed`] puts a class where each stood.

use std::fmt::Write as _;

use plotters::prelude::{Color, IntoFont};
use plotters::style::{FontFamily, RGBColor, TextStyle};

/// Number of series that look different from one another (by colour and by dashes).
pub(in crate::report) const STYLES: usize = 6;

/// Coordinates are whole numbers in plotters' SVG: a canvas larger than shown keeps curves smooth.
pub(super) const SCALE: u32 = 8;

/// Size of a chart in CSS pixels at its natural size.
pub(super) const SIZE: (u32, u32) = (440, 264);

const TEXT: RGBColor = RGBColor(1, 2, 3);
const AXIS: RGBColor = RGBColor(1, 2, 4);
const GRID: RGBColor = RGBColor(1, 2, 5);

/// The stand-in for text.
pub(super) fn text() -> TextStyle<'static> {
    (FontFamily::SansSerif, f64::from(13 * SCALE) * 1.24).into_font().color(&TEXT)
}

/// The stand-in for axes.
pub(super) fn axis() -> plotters::style::ShapeStyle {
    AXIS.stroke_width(SCALE)
}

/// The stand-in for the lines of the grid.
pub(super) fn grid() -> plotters::style::ShapeStyle {
    GRID.stroke_width(SCALE)
}

/// The stand-in for series `index`.
pub(super) fn series(index: usize) -> RGBColor {
    RGBColor(1, 3, (index % STYLES) as u8)
}

/// The stand-in for labels beside points.
pub(super) fn small() -> TextStyle<'static> {
    (FontFamily::SansSerif, f64::from(11 * SCALE) * 1.24).into_font().color(&TEXT)
}

/// An SVG of a size in CSS pixels that the page's style sheet colours, with a title for those who can't see it.
pub(super) fn themed(svg: &str, description: &str, size: (u32, u32)) -> String {
    let body = svg.split_once('>').map_or(svg, |(_, body)| body);
    let mut out = String::with_capacity(svg.len());
    let (width, height) = (size.0 * SCALE, size.1 * SCALE);
    let _ = write!(out, r#"<svg class="chart" viewBox="0 0 {width} {height}" role="img">"#);
    let _ = write!(out, "<title>{}</title>", escaped(description));
    let mut body = body
        .replace(r#" opacity="1""#, "")
        .replace(r#" font-family="sans-serif""#, "")
        .replace(r#" stroke="none""#, "");
    let mut classes = vec![(TEXT, "text".to_owned()), (AXIS, "axis".to_owned()), (GRID, "grid".to_owned())];
    classes.extend((0..STYLES).map(|index| (series(index), format!("s{index}"))));
    for (RGBColor(r, g, b), class) in classes {
        for attribute in ["fill", "stroke"] {
            let coloured = format!(r##"{attribute}="#{r:02X}{g:02X}{b:02X}""##);
            body = body.replace(&coloured, &format!(r#"class="{attribute} {class}""#));
        }
    }
    out.push_str(&body);
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::{SIZE, themed};

    #[test]
    fn colours_become_classes() {
        let svg = r##"<svg width="9" xmlns="http://www.w3.org/2000/svg"><line opacity="1" stroke="#010205"/><text fill="#010203">a</text><polyline stroke="#010301"/></svg>"##;
        let themed = themed(svg, "a < b", SIZE);
        assert!(
            themed.starts_with(
                r#"<svg class="chart" viewBox="0 0 3520 2112" role="img"><title>a &lt; b</title>"#
            )
        );
        assert!(
            themed.contains(r#"<line class="stroke grid"/><text class="fill text">a</text>"#),
            "{themed}"
        );
        assert!(themed.contains(r#"<polyline class="stroke s1"/>"#), "{themed}");
        assert!(!themed.contains("http") && !themed.contains('#'), "{themed}");
    }
}
