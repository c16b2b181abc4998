//! JPEG: baseline and progressive, grey, colour and CMYK.

use std::borrow::Cow;
use std::ops::Range;

use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::header::{Format, Header, orientation};

/// Reads the markers before the first scan.
///
/// # Errors
/// A sentence that says what is wrong with the file.
pub(super) fn header(file: &[u8]) -> Result<Header, String> {
    if scans(file).is_none() {
        return Err("JPEG is cut short: it has no end marker".to_owned());
    }
    let mut decoder = decoder(file);
    decoder.decode_headers().map_err(|error| told(&error))?;
    let (width, height) = decoder.dimensions().ok_or("JPEG has no frame")?;
    let info = decoder.info().ok_or("JPEG has no frame")?;
    // A progressive image is kept as coefficients of 16 bits until its last scan.
    let bytes_a_sample = if info.sof.is_sequential_dct() { 1 } else { 3 };
    let components = u64::from(info.components.max(3));
    Ok(Header {
        height,
        width,
        orientation: decoder.exif().map_or(1, |exif| orientation(exif)),
        memory: (height * width) as u64 * components * bytes_a_sample,
        format: Format::Jpeg,
    })
}

/// Decodes to RGB; grey becomes three equal channels, CMYK what its inks leave of white.
///
/// # Errors
/// A sentence that says what is wrong with the file: the decoder is told to be strict, since it would fill with grey what
/// is missing or makes no sense.
pub(super) fn rgb(file: &[u8]) -> Result<Vec<u8>, String> {
    decoder(&without_end(file)).decode().map_err(|error| told(&error))
}

/// Second bytes of markers.
const START_OF_SCAN: u8 = 0xDA;
const END_OF_IMAGE: u8 = 0xD9;

fn decoder(file: &[u8]) -> JpegDecoder<ZCursor<&[u8]>> {
    let options = DecoderOptions::default()
        .jpeg_set_out_colorspace(ColorSpace::RGB)
        .set_strict_mode(true)
        // What is too large is refused by `header`, in words of its own.
        .set_max_width(usize::MAX)
        .set_max_height(usize::MAX);
    JpegDecoder::new_with_options(ZCursor::new(file), options)
}

fn told(error: &zune_jpeg::errors::DecodeErrors) -> String {
    format!("does not decode: {}", format!("{error:?}").trim_matches('"'))
}

/// The scans of the image that a file begins with.
struct Scans {
    /// From the first marker of a scan to the end marker; an image inside the EXIF data, or behind the end, is another one.
    range: Range<usize>,
    /// True where another scan follows the first.
    several: bool,
}

/// Looks for the scans; none where the file has no end marker.
fn scans(file: &[u8]) -> Option<Scans> {
    let mut start = 2;
    // Segments before the first scan: a marker, then a length that counts itself.
    while file.get(start + 1) != Some(&START_OF_SCAN) {
        match file.get(start..start + 4)? {
            // Any number of these may stand before a marker.
            [0xFF, 0xFF, ..] => start += 1,
            [0xFF, _, high, low] => start += 2 + usize::from(u16::from_be_bytes([*high, *low])),
            _ => return None,
        }
    }
    // Inside a scan the byte 0xFF is never followed by one of these unless it is the marker.
    let mut count = 0;
    for at in memchr::memchr_iter(0xFF, &file[start..]) {
        match file.get(start + at + 1) {
            Some(&START_OF_SCAN) => count += 1,
            Some(&END_OF_IMAGE) => return Some(Scans { range: start..start + at, several: count > 1 }),
            _ => {}
        }
    }
    None
}

/// The file up to its end, which is replaced by bytes that continue the scan: the decoder goes on over an end marker that
/// comes too early as if zeros followed it, but not over the end of what it is given. An image that is whole needs none of
/// these bytes. Where more scans than one follow each other, it looks for the end marker, and gets it.
fn without_end(file: &[u8]) -> Cow<'_, [u8]> {
    /// More than the decoder reads ahead.
    const AHEAD: usize = 64;
    match scans(file) {
        Some(Scans { range, several: false }) => [&file[..range.end], &[0; AHEAD]].concat().into(),
        _ => file.into(),
    }
}
