//! Images with the outlines of truth and prediction.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;
use maud::{Markup, html};

use super::part::synthetic_tag;
use crate::metric::{Counts, Definition};
use crate::report::error::ReportError;
use crate::report::input::{GalleryItem, ReportInput};
use crate::report::outline;

/// JPEG quality of the pictures: the page stays small and a lesion's border sharp.
const QUALITY: u8 = 90;

/// The gallery, or why there is none.
pub(super) fn section(input: &ReportInput) -> Result<Markup, ReportError> {
    let mut figures = Vec::with_capacity(input.gallery.len());
    for item in &input.gallery {
        figures.push(figure(input, item)?);
    }
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
            }
        }
    })
}

fn key(class: &str) -> Markup {
    html! {
        svg.key.on-skin viewBox="0 0 40 8" aria-hidden="true" {
            line class={ "outline " (class) } x1="0" y1="4" x2="40" y2="4" {}
        }
    }
}

fn figure(input: &ReportInput, item: &GalleryItem) -> Result<Markup, ReportError> {
    let counts = Counts::of(item.prediction.iter().copied(), item.truth.iter().copied());
    // An image's own IoU is defined even where neither has a lesion.
    let iou = 100.0 * Definition::ImageIou.value(&[counts]).unwrap_or(1.0);
    let run = input.runs.iter().find(|run| run.record.id == item.run);
    let synthetic = run.is_some_and(|run| run.record.synthetic);
    let made_by = run
        .map_or_else(|| item.run.clone(), |run| format!("{}, seed {}", run.record.variant, run.record.seed));
    let picture = STANDARD.encode(jpeg(item)?);
    let (truth, prediction) =
        (outline::path(&item.truth, item.size), outline::path(&item.prediction, item.size));
    let kind = if synthetic { "Synthetic image" } else { "Skin lesion" };
    let alt = format!(
        "{kind} {}, {} of the gallery: predicted and true outline overlap with IoU {iou:.1} %",
        item.image, item.choice
    );
    Ok(html! {
        figure {
            div.picture {
                img src={ "data:image/jpeg;base64," (picture) } alt=(alt) width=(item.size) height=(item.size);
                svg viewBox={ "0 0 " (item.size) " " (item.size) } aria-hidden="true" {
                    @for (class, path) in [("truth", &truth), ("prediction", &prediction)] {
                        path.halo d=(path) {}
                        path class={ "outline " (class) } d=(path) {}
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

fn jpeg(item: &GalleryItem) -> Result<Vec<u8>, ReportError> {
    let mut bytes = Vec::new();
    let side = item.size as u32;
    // `encode` panics on a wrong length; a gallery item is input like any other.
    let expected = item.size * item.size * 3;
    if item.pixels.len() != expected {
        let kind = image::error::ParameterErrorKind::DimensionMismatch;
        let source = image::ImageError::Parameter(image::error::ParameterError::from_kind(kind));
        return Err(fault(item, source));
    }
    JpegEncoder::new_with_quality(&mut bytes, QUALITY)
        .encode(&item.pixels, side, side, ExtendedColorType::Rgb8)
        .map_err(|source| fault(item, source))?;
    Ok(bytes)
}

fn fault(item: &GalleryItem, source: image::ImageError) -> ReportError {
    ReportError::Image { image: item.image.clone(), size: item.size, bytes: item.pixels.len(), source }
}
