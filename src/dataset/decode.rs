//! From the bytes of a file to pixels, with every doubt spoken out.
//!
//! JPEG leaves the rounding of the inverse transform and of colours to the decoder: on the ISIC 2017 copy at
//! 256x256 this one differs from Pillow's by at most 5 grey levels: by 0.13 in the mean, and brighter by 0.06.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, ImageReader};

/// An image as stored.
pub(super) struct Pixels {
    /// Height in pixels.
    pub height: usize,
    /// Width in pixels.
    pub width: usize,
    /// `[height, width, channels]` bytes: three channels for an image, one for a mask.
    pub bytes: Vec<u8>,
}

/// Decodes an image to RGB; the orientation tag is ignored, as Pillow's `convert("RGB")` does.
///
/// # Errors
/// A sentence that says what is wrong with the file.
pub(super) fn image(file: &[u8]) -> Result<Pixels, String> {
    let decoded = decode(file)?;
    Ok(Pixels {
        height: decoded.height() as usize,
        width: decoded.width() as usize,
        bytes: decoded.into_rgb8().into_raw(),
    })
}

/// Decodes a mask to grey and checks that each pixel is 0 or 255.
///
/// # Errors
/// A sentence that says what is wrong with the file.
pub(super) fn mask(file: &[u8]) -> Result<Pixels, String> {
    let decoded = decode(file)?;
    let (height, width) = (decoded.height() as usize, decoded.width() as usize);
    let bytes = decoded.into_luma8().into_raw();
    let between = |grey: &u8| !matches!(grey, 0 | 255);
    if let Some(first) = bytes.iter().position(between) {
        let count = bytes.iter().filter(|grey| between(grey)).count();
        return Err(format!(
            "{count} of {} mask pixels are neither 0 nor 255; the first is {} in row {}, column {}",
            bytes.len(),
            bytes[first],
            first / width,
            first % width
        ));
    }
    Ok(Pixels { height, width, bytes })
}

fn decode(file: &[u8]) -> Result<DynamicImage, String> {
    let reader =
        ImageReader::new(Cursor::new(file)).with_guessed_format().map_err(|error| error.to_string())?;
    match reader.format() {
        Some(ImageFormat::Jpeg) if !jpeg_is_complete(file) => {
            return Err("JPEG is cut short: it has no end marker".to_owned());
        }
        Some(ImageFormat::Jpeg | ImageFormat::Png) => {}
        _ => return Err("is neither JPEG nor PNG".to_owned()),
    }
    reader.decode().map_err(|error| format!("does not decode: {error}"))
}

/// True if an end marker follows the last scan. The decoder fills what is missing of a cut file with grey,
/// so it can't be asked. Inside a scan the byte 0xFF is never followed by 0xD9 unless it is the marker.
fn jpeg_is_complete(file: &[u8]) -> bool {
    let last = |marker: u8| file.windows(2).rposition(|pair| pair == [0xFF, marker]);
    match (last(0xDA), last(0xD9)) {
        (Some(scan), Some(end)) => scan < end,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32, grey: &[u8]) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        image::GrayImage::from_raw(width, height, grey.to_vec())
            .unwrap()
            .write_to(&mut file, ImageFormat::Png)
            .unwrap();
        file.into_inner()
    }

    fn jpeg() -> Vec<u8> {
        let pixels = (0..32 * 32 * 3).map(|i| (i * 31 % 251) as u8).collect();
        let mut file = Cursor::new(Vec::new());
        image::RgbImage::from_raw(32, 32, pixels).unwrap().write_to(&mut file, ImageFormat::Jpeg).unwrap();
        file.into_inner()
    }

    #[test]
    fn binary_masks_pass_and_others_are_located() {
        let decoded = mask(&png(3, 2, &[0, 255, 0, 255, 255, 0])).unwrap();
        assert_eq!((decoded.height, decoded.width, decoded.bytes), (2, 3, vec![0, 255, 0, 255, 255, 0]));
        let problem = mask(&png(3, 2, &[0, 255, 0, 255, 128, 7])).err().unwrap();
        assert_eq!(problem, "2 of 6 mask pixels are neither 0 nor 255; the first is 128 in row 1, column 1");
    }

    #[test]
    fn a_grey_image_becomes_rgb() {
        assert_eq!(image(&png(2, 1, &[7, 200])).unwrap().bytes, [7, 7, 7, 200, 200, 200]);
    }

    #[test]
    fn cut_and_foreign_files_are_refused() {
        let whole = jpeg();
        assert_eq!(image(&whole).unwrap().bytes.len(), 32 * 32 * 3);
        let check = |file: &[u8], expect: &str| {
            let problem = image(file).err().unwrap();
            assert!(problem.contains(expect), "{problem}");
        };
        check(&whole[..whole.len() - 2], "no end marker");
        check(&whole[..whole.len() / 2], "no end marker");
        check(&whole[..4], "no end marker");
        check(b"GIF89a and so on", "neither JPEG nor PNG");
        check(b"", "neither JPEG nor PNG");
        let mask = png(16, 16, &[255; 256]);
        check(&mask[..mask.len() - 20], "does not decode");
    }
}
