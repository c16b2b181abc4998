//! What a fuzzer asks of the code that reads what somebody else wrote.

use super::archive;
use super::decode::{self, MaskValues};

/// Pixels up to which a picture is decoded here; larger ones are only looked at.
const MOST_PIXELS: usize = 1 << 22;

/// Names and sizes of all files of a zip archive in memory, each of them read.
///
/// # Errors
/// What is wrong with the archive or with its first file that can't be read.
pub fn archive(bytes: &[u8]) -> Result<Vec<(String, usize)>, String> {
    archive::probe(bytes)
}

/// Height and width of a picture, after it was decoded as an image and as a mask.
///
/// # Errors
/// What is wrong with it.
pub fn picture(bytes: &[u8]) -> Result<(usize, usize), String> {
    let header = decode::header(bytes)?;
    if header.height * header.width > MOST_PIXELS {
        return Ok((header.height, header.width));
    }
    let mask = decode::mask(bytes, &MaskValues::default());
    let image = decode::image(bytes)?;
    if (image.height, image.width) != (header.height, header.width) {
        return Err(format!("decodes to {}x{} pixels", image.width, image.height));
    }
    assert_eq!(image.bytes.len(), 3 * image.height * image.width, "three bytes a pixel");
    if let Ok(mask) = mask {
        assert_eq!(mask.bytes.len(), mask.height * mask.width, "one byte a pixel");
    }
    Ok((image.height, image.width))
}
