//! Images with the outlines of truth and prediction.

use maud::{Markup, html};

use super::part::synthetic_tag;
use super::{anchor, picture};
use crate::metric::{Counts, Definition};
use crate::report::error::ReportError;
use crate::report::input::{GalleryItem, ReportInput};
use crate::report::outline;

/// JPEG qualities of the pictures, the first under which all fit: a lesion's border stays sharp.
const QUALITIES: [u8; 4] = [90, 80, 65, 50];

/// What all pictures may take of the page, in bytes.
const BUDGET: usize = 3_000_000;

/// The gallery, or why there is none.
pub(super) fn section(input: &ReportInput) -> Result<Markup, ReportError> {
    let (figures, quality) = figures(input)?;
    let left_out = input.gallery.len() - figures.len();
    Ok(html! {
        section id="gallery" aria-labelledby="gallery-title" {
            h2 id="gallery-title" { "Gallery" }
            @if figures.is_empty() {
                p.note {
                    @if input.gallery_note.is_empty() { "No images to look at." } @else { (input.gallery_note) }
                }
            } @else {
                p.prose { "Reported images by their own IoU: the best, those around the median, and the worst." }
                ul.legend {
                    li { (key("truth")) "truth" }
                    li { (key("prediction")) "prediction" }
                }
                div.gallery { @for figure in &figures { (figure) } }
                @if !input.gallery_note.is_empty() { p.note { (input.gallery_note) } }
                @if quality < QUALITIES[0] {
                    p.note { "So many pictures are JPEG of quality " (quality) " here; the counts come from the images themselves." }
                }
                @if left_out > 0 {
                    p.note { (left_out) " more would make the page too large and are left out, evenly." }
                }
            }
        }
    })
}

/// The figures, and the quality of their pictures; where all are too large at the lowest, some of them, evenly.
fn figures(input: &ReportInput) -> Result<(Vec<Markup>, u8), ReportError> {
    let names: Vec<String> = input.gallery.iter().map(|item| item.image.clone()).collect();
    let ids = anchor::ids("picture", &names);
    let (mut figures, mut quality) = (Vec::new(), QUALITIES[0]);
    for next in QUALITIES {
        quality = next;
        let items = input.gallery.iter().zip(&ids);
        figures = items.map(|(item, id)| figure(input, item, id, quality)).collect::<Result<_, _>>()?;
        if figures.iter().map(|figure| figure.0.len()).sum::<usize>() <= BUDGET {
            return Ok((figures, quality));
        }
    }
    let (all, largest) = (figures.len(), figures.iter().map(|figure| figure.0.len()).max().unwrap_or(1));
    let fit = (BUDGET / largest).min(all);
    let kept = |at: usize| (at + 1) * fit / all > at * fit / all;
    let figures = figures.into_iter().enumerate().filter(|(at, _)| kept(*at)).map(|(_, figure)| figure);
    Ok((figures.collect(), quality))
}

fn key(class: &str) -> Markup {
    html! {
        svg.key.on-skin viewBox="0 0 40 8" aria-hidden="true" {
            line class={ "outline " (class) } x1="0" y1="4" x2="40" y2="4" {}
        }
    }
}

fn figure(input: &ReportInput, item: &GalleryItem, id: &str, quality: u8) -> Result<Markup, ReportError> {
    let counts = Counts::of(item.prediction.iter().copied(), item.truth.iter().copied());
    // An image's own IoU is defined even where neither has a lesion.
    let iou = 100.0 * Definition::ImageIou.value(&[counts]).unwrap_or(1.0);
    let run = input.runs.iter().find(|run| run.record.id == item.run);
    let synthetic = run.is_some_and(|run| run.record.synthetic);
    let made_by = run
        .map_or_else(|| item.run.clone(), |run| format!("{}, seed {}", run.record.variant, run.record.seed));
    let picture = picture::address(&item.image, &item.pixels, item.size, quality)?;
    let (truth, prediction) =
        (outline::path(&item.truth, item.size), outline::path(&item.prediction, item.size));
    let kind = if synthetic { "Synthetic image" } else { "Skin lesion" };
    let alt = format!(
        "{kind} {}, {} of the gallery: predicted and true outline overlap with IoU {iou:.1} %",
        item.image, item.choice
    );
    Ok(html! {
        figure id=(id) data-image=(item.image) data-iou=(iou) {
            div.picture {
                img src=(picture) alt=(alt) width=(item.size) height=(item.size);
                svg viewBox={ "0 0 " (item.size) " " (item.size) } aria-hidden="true" {
                    @for (class, path) in [("truth", &truth), ("prediction", &prediction)] {
                        @let shape = format!("{id}-{class}");
                        g class=(class) {
                            defs { path id=(shape) d=(path) {} }
                            use.halo href={ "#" (shape) } {}
                            use class={ "outline " (class) } href={ "#" (shape) } {}
                        }
                    }
                }
            }
            figcaption {
                strong.choice { (item.choice) } " \u{b7} IoU " (format!("{iou:.1}")) " %" (synthetic_tag(synthetic))
                span.second { (item.image) " \u{b7} " (made_by) }
            }
        }
    })
}
