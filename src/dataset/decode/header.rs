//! What a file says of its image before a pixel is decoded, and what is too much to decode.

use image::ImageFormat;

use super::{jpeg, png};

/// Height and width in pixels that an image may have at most.
const LARGEST_SIDE: usize = 16_384;

/// Pixels that an image may have at most: five times the largest official photograph.
const MOST_PIXELS: usize = 128_000_000;

/// What the beginning of a file tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::dataset) struct Header {
    /// Height in pixels, as stored.
    pub height: usize,
    /// Width in pixels, as stored.
    pub width: usize,
    /// The orientation tag, 1 to 8; 1, upright, where there is none.
    pub orientation: u8,
    /// Bytes of memory that decoding takes at most, from the numbers of the header.
    pub memory: u64,
    /// JPEG or PNG.
    pub format: Format,
}

/// The formats of data sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::dataset) enum Format {
    /// By its three first bytes.
    Jpeg,
    /// By its signature.
    Png,
}

/// Reads the header of a JPEG or PNG file and refuses what is no single image of reasonable size.
///
/// # Errors
/// A sentence that says what is wrong with the file.
pub(in crate::dataset) fn header(file: &[u8]) -> Result<Header, String> {
    let header = match image::guess_format(file) {
        Ok(ImageFormat::Jpeg) => jpeg::header(file)?,
        Ok(ImageFormat::Png) => png::header(file)?,
        Ok(other) => return Err(format!("is neither JPEG nor PNG but {}", name(other))),
        Err(_) => return Err("is neither JPEG nor PNG".to_owned()),
    };
    let Header { height, width, .. } = header;
    if height > LARGEST_SIDE || width > LARGEST_SIDE || height * width > MOST_PIXELS {
        return Err(format!(
            "claims {width}x{height} pixels; at most {LARGEST_SIDE} a side and {MOST_PIXELS} in all are decoded"
        ));
    }
    Ok(header)
}

fn name(format: ImageFormat) -> String {
    format.extensions_str().first().map_or_else(|| format!("{format:?}"), |name| name.to_uppercase())
}

/// The orientation tag in EXIF data; upright where it has none or one that isn't defined.
pub(super) fn orientation(exif: &[u8]) -> u8 {
    image::metadata::Orientation::from_exif_chunk(exif).map_or(1, image::metadata::Orientation::to_exif)
}
