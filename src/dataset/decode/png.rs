//! PNG: grey, palette, colour, with or without alpha, 1 to 16 bits.

use std::io::Cursor;

use image::codecs::png::PngDecoder;
use image::{DynamicImage, ImageDecoder, Limits};

use super::header::{Format, Header, orientation};

/// Reads the chunks before the pixels.
///
/// # Errors
/// A sentence that says what is wrong with the file.
pub(super) fn header(file: &[u8]) -> Result<Header, String> {
    const END: [u8; 8] = *b"IEND\xAE\x42\x60\x82";
    if !file.windows(END.len()).rev().any(|bytes| bytes == END) {
        return Err("PNG is cut short: it has no end marker".to_owned());
    }
    let mut decoder = decoder(file)?;
    if decoder.is_apng().map_err(told)? {
        return Err("is an animated PNG; save the one frame that is meant".to_owned());
    }
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    let exif = decoder.exif_metadata().map_err(told)?;
    Ok(Header {
        height: height as usize,
        width: width as usize,
        orientation: exif.map_or(1, |exif| orientation(&exif)),
        // As decoded, and as it is brought to bytes of three channels.
        memory: decoder.total_bytes().saturating_add(3 * pixels),
        format: Format::Png,
    })
}

/// Decodes it as it is stored, a palette's colours looked up.
///
/// # Errors
/// A sentence that says what is wrong with the file.
pub(super) fn stored(file: &[u8]) -> Result<DynamicImage, String> {
    DynamicImage::from_decoder(decoder(file)?).map_err(told)
}

fn decoder(file: &[u8]) -> Result<PngDecoder<Cursor<&[u8]>>, String> {
    /// Bytes that rows, colour profiles and texts may take: compressed ones could unfold to any size.
    const BESIDE_PIXELS: u64 = 64 << 20;
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(BESIDE_PIXELS);
    PngDecoder::with_limits(Cursor::new(file), limits).map_err(told)
}

#[expect(clippy::needless_pass_by_value, reason = "an error on its way through `map_err`")]
fn told(error: image::ImageError) -> String {
    format!("does not decode: {error}")
}
