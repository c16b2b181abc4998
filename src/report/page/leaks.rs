//! Images that look the same, side by side.

use maud::{Markup, html};

use super::picture::{address, thumbnail};
use super::{anchor, part};
use crate::report::error::ReportError;
use crate::report::input::{LeakItem, ReportInput};
use crate::report::table::Tables;

/// Height and width of a picture in pixels, at most.
const SIDE: usize = 128;

/// Pairs that are shown; the table has all.
const SHOWN: usize = 24;

const QUALITY: u8 = 80;

/// Pairs of images that look the same, or that there are none; nothing where images weren't compared.
pub(super) fn section(input: &ReportInput, tables: &Tables) -> Result<Markup, ReportError> {
    if input.compared.is_empty() {
        return Ok(html! {});
    }
    let names: Vec<String> = input.leaks.iter().map(|leak| leak.images.join(" ")).collect();
    let ids = anchor::ids("pair", &names);
    let figures: Vec<Markup> = input
        .leaks
        .iter()
        .zip(&ids)
        .take(SHOWN)
        .map(|(leak, id)| figure(leak, id))
        .collect::<Result<_, _>>()?;
    let leaking = input.leaks.iter().filter(|leak| leak.leaks).count();
    Ok(html! {
        section id="leaks" aria-labelledby="leaks-title" {
            h2 id="leaks-title" { "Images that look the same" }
            p.prose {
                "Compared with one another at 32\u{d7}32, turned by quarters and mirrored: " (input.compared.join("; ")) ". "
                @if input.leaks.is_empty() {
                    "No two look the same. Cropped copies aren\u{2019}t found."
                } @else {
                    (leaking) " of " (input.leaks.len()) " pairs leak from one part into another: what was learned or selected on one is judged on the other. \
                    A split of the name with " code { "-without-leaks" } " behind it leaves out those that are known. Cropped copies aren\u{2019}t found."
                }
            }
            @if !figures.is_empty() {
                div.pairs { @for figure in &figures { (figure) } }
                @if input.leaks.len() > SHOWN {
                    p.note { (input.leaks.len() - SHOWN) " more are in the table." }
                }
                (part::table(&tables.leaks))
            }
        }
    })
}

fn figure(leak: &LeakItem, id: &str) -> Result<Markup, ReportError> {
    let picture = |at: usize| {
        let (pixels, side) = thumbnail(&leak.pixels[at], leak.size, SIDE);
        Ok::<_, ReportError>((address(&leak.images[at], &pixels, side, QUALITY)?, side))
    };
    let pictures = [picture(0)?, picture(1)?];
    Ok(html! {
        figure id=(id) {
            div.pair {
                @for (at, (source, side)) in pictures.iter().enumerate() {
                    img src=(source) alt=(format!("Image {}, {}", leak.images[at], leak.parts[at])) width=(side) height=(side);
                }
            }
            figcaption {
                @if leak.leaks { strong { "leaks" } " \u{b7} " }
                (leak.images[0]) " (" (leak.parts[0]) ") and " (leak.images[1]) " (" (leak.parts[1]) ")"
                span.second { (leak.how()) }
            }
        }
    })
}
