//! Pictures within the page.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;

use crate::report::error::ReportError;

/// A JPEG of `[size, size, 3]` bytes as a data address; `name` is for the message.
///
/// # Errors
/// When there are more or fewer bytes, or the picture can't be made.
pub(super) fn address(name: &str, pixels: &[u8], size: usize, quality: u8) -> Result<String, ReportError> {
    let fault = |source| ReportError::Image { image: name.to_owned(), size, bytes: pixels.len(), source };
    // `encode` panics on a wrong length; pictures are input like any other.
    if pixels.len() != size * size * 3 {
        let kind = image::error::ParameterErrorKind::DimensionMismatch;
        return Err(fault(image::ImageError::Parameter(image::error::ParameterError::from_kind(kind))));
    }
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality)
        .encode(pixels, size as u32, size as u32, ExtendedColorType::Rgb8)
        .map_err(fault)?;
    Ok(format!("data:image/jpeg;base64,{}", STANDARD.encode(bytes)))
}

/// A picture at most `side` pixels high and wide: every so many pixels one is taken as the mean of its field.
pub(super) fn thumbnail(pixels: &[u8], size: usize, side: usize) -> (Vec<u8>, usize) {
    let step = size.div_ceil(side).max(1);
    let small = size / step;
    let mut out = Vec::with_capacity(3 * small * small);
    for (y, x) in (0..small).flat_map(|y| (0..small).map(move |x| (y, x))) {
        for channel in 0..3 {
            let field = (0..step).flat_map(|dy| (0..step).map(move |dx| (y * step + dy, x * step + dx)));
            let sum: usize = field.map(|(y, x)| usize::from(pixels[3 * (y * size + x) + channel])).sum();
            out.push((sum / (step * step)) as u8);
        }
    }
    (out, small)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thumbnail_is_the_mean_of_its_fields() {
        let pixels: Vec<u8> = (0..4 * 4).flat_map(|at| [at as u8, 100, 10 * (at / 4) as u8]).collect();
        let (small, side) = thumbnail(&pixels, 4, 2);
        assert_eq!(side, 2);
        // The fields' corners are 0, 1, 4, 5 and so on.
        assert_eq!(small, [2, 100, 5, 4, 100, 5, 10, 100, 25, 12, 100, 25]);
        assert_eq!(thumbnail(&pixels, 4, 9), (pixels, 4));
    }

    #[test]
    fn a_wrong_length_is_an_error() {
        let error = address("I1", &[0; 11], 2, 90).unwrap_err().to_string();
        assert!(error.contains("I1"), "{error}");
        assert!(address("I1", &[0; 12], 2, 90).unwrap().starts_with("data:image/jpeg;base64,/9j"));
    }
}
