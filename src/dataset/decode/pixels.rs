//! Images as RGB bytes.

use std::panic::{AssertUnwindSafe, catch_unwind};

use image::DynamicImage;

use super::header::{Format, header};
use super::{Header, jpeg, png};

/// An image as stored.
pub(in crate::dataset) struct Pixels {
    /// Height in pixels.
    pub height: usize,
    /// Width in pixels.
    pub width: usize,
    /// `[height, width, channels]` bytes: three channels for an image, one for a mask.
    pub bytes: Vec<u8>,
}

/// Decodes an image to RGB.
///
/// Grey becomes three equal channels, CMYK what its inks leave of white; 16 bits a channel are rounded to 8. Alpha is
/// left out where every pixel is opaque. The orientation tag is ignored, as Pillow's `convert("RGB")` does: masks are
/// drawn on the pixels as they are stored.
///
/// # Errors
/// A sentence that says what is wrong with the file.
pub(in crate::dataset) fn image(file: &[u8]) -> Result<Pixels, String> {
    let Header { height, width, format, .. } = header(file)?;
    let bytes = caught(|| match format {
        Format::Jpeg => jpeg::rgb(file),
        Format::Png => rgb(png::stored(file)?),
    })?;
    if bytes.len() != 3 * height * width {
        return Err(format!("does not decode: {} bytes for {width}x{height} pixels", bytes.len()));
    }
    Ok(Pixels { height, width, bytes })
}

fn rgb(image: DynamicImage) -> Result<Vec<u8>, String> {
    refuse_transparent(&image)?;
    Ok(image.into_rgb8().into_raw())
}

/// What lies under a pixel that isn't opaque isn't known.
pub(super) fn refuse_transparent(image: &DynamicImage) -> Result<(), String> {
    let seen_through = match image {
        DynamicImage::ImageLumaA8(image) => image.pixels().filter(|pixel| pixel.0[1] != u8::MAX).count(),
        DynamicImage::ImageLumaA16(image) => image.pixels().filter(|pixel| pixel.0[1] != u16::MAX).count(),
        DynamicImage::ImageRgba8(image) => image.pixels().filter(|pixel| pixel.0[3] != u8::MAX).count(),
        DynamicImage::ImageRgba16(image) => image.pixels().filter(|pixel| pixel.0[3] != u16::MAX).count(),
        _ => 0,
    };
    if seen_through == 0 {
        return Ok(());
    }
    let all = u64::from(image.width()) * u64::from(image.height());
    Err(format!("{seen_through} of {all} pixels are transparent in part; save it without an alpha channel"))
}

/// Decoders are others' code on others' bytes: should one panic, the file is refused, and the command goes on.
pub(super) fn caught<T>(decode: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(decode))
        .unwrap_or_else(|_| Err("does not decode: the decoder gave up on it".to_owned()))
}
