//! Single pictures of any size: in for a prediction, and out with what was predicted.

use std::io::Cursor;
use std::path::Path;

use image::{GrayImage, ImageFormat, RgbImage};

use super::decode::{self, Pixels};
use super::resize;
use crate::experiment::settings::Resize;

/// A decoded picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Height in pixels.
    pub height: usize,
    /// Width in pixels.
    pub width: usize,
    /// `[height, width, 3]` bytes.
    pub rgb: Vec<u8>,
}

impl Picture {
    /// Reads a JPEG or PNG file.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the file.
    pub fn read(path: &Path) -> Result<Self, String> {
        let file = fs_err::read(path).map_err(|error| error.to_string())?;
        let Pixels { height, width, bytes } = decode::image(&file)?;
        Ok(Self { height, width, rgb: bytes })
    }

    /// The bytes `[size, size, 3]` as data sets are prepared: bilinearly with antialias, whatever the aspect.
    pub fn squared(&self, size: usize) -> Vec<u8> {
        resize::resized(Resize::default(), &self.rgb, [self.height, self.width, 3], size)
    }

    /// The picture as PNG with what `mask` (`[height, width]`) marks tinted red and its border drawn.
    ///
    /// # Errors
    /// When the mask has another size.
    pub fn overlay(&self, mask: &[bool]) -> Result<Vec<u8>, String> {
        let mut rgb = self.rgb.clone();
        for (index, pixel) in rgb.as_chunks_mut::<3>().0.iter_mut().enumerate() {
            if mask.get(index) != Some(&true) {
                continue;
            }
            if on_border(mask, self.width, index) {
                *pixel = [255, 255, 0];
            } else {
                *pixel = [pixel[0] / 2 + 127, pixel[1] / 2, pixel[2] / 2];
            }
        }
        let picture = RgbImage::from_raw(self.width as u32, self.height as u32, rgb)
            .filter(|_| mask.len() == self.height * self.width)
            .ok_or_else(|| "the mask has another size than its picture".to_owned())?;
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, ImageFormat::Png).map_err(|error| error.to_string())?;
        Ok(bytes.into_inner())
    }
}

/// A mask `[height, width]` as grey PNG: 0 background, 255 lesion.
///
/// # Errors
/// When the mask has another size.
pub fn mask_png(mask: &[bool], height: usize, width: usize) -> Result<Vec<u8>, String> {
    let grey = mask.iter().map(|&lesion| if lesion { 255 } else { 0 }).collect();
    let picture = GrayImage::from_raw(width as u32, height as u32, grey)
        .filter(|_| mask.len() == height * width)
        .ok_or_else(|| format!("a mask of {} pixels is not {height} by {width}", mask.len()))?;
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).map_err(|error| error.to_string())?;
    Ok(bytes.into_inner())
}

/// What a mask says of a lesion, in pixels of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// Lesion pixels.
    pub area: usize,
    /// Sides of lesion pixels beyond which there is none: the boundary's length along pixel edges.
    pub boundary: usize,
    /// First and last row and first and last column with a lesion pixel; none where there is none.
    pub bounds: Option<[usize; 4]>,
}

impl Region {
    /// Of a mask `[height, width]`.
    pub fn of(mask: &[bool], width: usize) -> Self {
        let mut region = Self { area: 0, boundary: 0, bounds: None };
        for (index, _) in mask.iter().enumerate().filter(|(_, lesion)| **lesion) {
            region.area += 1;
            region.boundary += 4 - neighbours(mask, width, index).filter(|&lesion| lesion).count();
            let (row, column) = (index / width, index % width);
            let [top, bottom, left, right] = region.bounds.unwrap_or([row, row, column, column]);
            region.bounds = Some([top.min(row), bottom.max(row), left.min(column), right.max(column)]);
        }
        region
    }
}

/// The four neighbours of a pixel; what lies outside is no lesion.
fn neighbours(mask: &[bool], width: usize, index: usize) -> impl Iterator<Item = bool> {
    let (row, column) = (index / width, index % width);
    let at = |inside: bool, at: usize| inside && mask.get(at).copied().unwrap_or(false);
    [
        at(row > 0, index.wrapping_sub(width)),
        at(true, index + width),
        at(column > 0, index.wrapping_sub(1)),
        at(column + 1 < width, index + 1),
    ]
    .into_iter()
}

fn on_border(mask: &[bool], width: usize, index: usize) -> bool {
    neighbours(mask, width, index).any(|lesion| !lesion)
}

/// Numbers `[size, size]` at `height` by `width`, bilinearly between pixel centres.
pub fn enlarge(values: &[f32], size: usize, height: usize, width: usize) -> Vec<f32> {
    let taps = |to: usize| -> Vec<(usize, usize, f32)> {
        let scale = size as f64 / to as f64;
        (0..to)
            .map(|position| {
                let exact = (scale * (position as f64 + 0.5) - 0.5).clamp(0.0, (size - 1) as f64);
                let low = exact as usize;
                (low, (low + 1).min(size - 1), (exact - low as f64) as f32)
            })
            .collect()
    };
    let columns = taps(width);
    let mix = |low: f32, high: f32, weight: f32| low + weight * (high - low);
    let row = |row: usize, (low, high, weight): (usize, usize, f32)| {
        mix(values[row * size + low], values[row * size + high], weight)
    };
    let rows = taps(height).into_iter();
    rows.flat_map(|(low, high, weight)| {
        columns
            .iter()
            .map(move |&column| mix(row(low, column), row(high, column), weight))
            .collect::<Vec<_>>()
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_measured_along_pixel_edges() {
        let draw = |text: &str| text.chars().map(|c| c == '#').collect::<Vec<bool>>();
        let check = |text: &str, width, area, boundary, bounds| {
            assert_eq!(Region::of(&draw(text), width), Region { area, boundary, bounds }, "{text}");
        };
        check("......", 3, 0, 0, None);
        check("#", 1, 1, 4, Some([0, 0, 0, 0]));
        check("....##...##.....", 4, 4, 8 + 2, Some([1, 2, 0, 2]));
        check("#########", 3, 9, 12, Some([0, 2, 0, 2]));
        // The end of a row and the beginning of the next aren't neighbours.
        check("..##..", 3, 2, 8, Some([0, 1, 0, 2]));
    }

    #[test]
    fn enlarging_keeps_what_is_there() {
        assert_eq!(enlarge(&[1.0, 2.0, 3.0, 4.0], 2, 2, 2), [1.0, 2.0, 3.0, 4.0]);
        assert_eq!(enlarge(&[0.0, 1.0, 0.0, 1.0], 2, 1, 4), [0.0, 0.25, 0.75, 1.0]);
        assert_eq!(enlarge(&[5.0], 1, 2, 3), [5.0; 6]);
    }

    #[test]
    fn masks_and_overlays_are_pictures_of_their_size() {
        let picture = Picture { height: 2, width: 3, rgb: vec![100; 18] };
        let mask = [true, true, true, false, false, false];
        let decoded = |bytes: &[u8]| image::load_from_memory(bytes).unwrap().to_rgb8();
        let overlay = decoded(&picture.overlay(&mask).unwrap());
        assert_eq!((overlay.dimensions(), overlay.get_pixel(0, 1).0), ((3, 2), [100; 3]));
        assert_eq!(decoded(&mask_png(&mask, 2, 3).unwrap()).get_pixel(2, 0).0, [255; 3]);
        assert!(picture.overlay(&mask[1..]).is_err());
        assert!(mask_png(&mask, 3, 3).is_err());
    }
}
