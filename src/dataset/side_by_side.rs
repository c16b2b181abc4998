//! A prepared pair as one picture, for whoever wants to see what a network sees.

use std::io::{Cursor, Write};
use std::path::Path;

use image::{ImageFormat, RgbImage};

use super::{Cache, DatasetError, Images, atomic};

/// Grey level from which a mask's pixel is lesion.
const LESION: u8 = 128;

/// The colour of the outline.
const OUTLINE: [u8; 3] = [255, 255, 0];

/// Columns between the two pictures.
const GAP: usize = 8;

/// Writes pair `index` to `path` as PNG: the image with the mask's outline on the left, the mask on the right.
///
/// # Errors
/// When the file can't be written.
pub fn write_side_by_side(cache: &Cache, index: usize, path: &Path) -> Result<(), DatasetError> {
    let png =
        side_by_side(cache.image(index), cache.mask(index), cache.size()).map_err(std::io::Error::other)?;
    atomic::replace(path, |file| Ok(file.write_all(&png)?))
}

fn side_by_side(image: &[u8], mask: &[u8], size: usize) -> Result<Vec<u8>, image::ImageError> {
    let mut picture = RgbImage::from_pixel((2 * size + GAP) as u32, size as u32, image::Rgb([255; 3]));
    for y in 0..size {
        for x in 0..size {
            let at = y * size + x;
            let shown = if on_outline(mask, size, x, y) {
                OUTLINE
            } else {
                [image[3 * at], image[3 * at + 1], image[3 * at + 2]]
            };
            picture.put_pixel(x as u32, y as u32, image::Rgb(shown));
            picture.put_pixel((size + GAP + x) as u32, y as u32, image::Rgb([mask[at]; 3]));
        }
    }
    let mut file = Cursor::new(Vec::new());
    picture.write_to(&mut file, ImageFormat::Png)?;
    Ok(file.into_inner())
}

/// True for a pixel of the lesion with one of its four neighbours outside of it.
fn on_outline(mask: &[u8], size: usize, x: usize, y: usize) -> bool {
    let lesion = |x: usize, y: usize| x < size && y < size && mask[y * size + x] >= LESION;
    let outside = |dx: isize, dy: isize| !lesion(x.wrapping_add_signed(dx), y.wrapping_add_signed(dy));
    lesion(x, y) && [(1, 0), (-1, 0), (0, 1), (0, -1)].into_iter().any(|(dx, dy)| outside(dx, dy))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outline_lies_inside_of_the_lesion() {
        let mut mask = [0; 64];
        for y in 2..6 {
            mask[y * 8 + 2..y * 8 + 6].fill(255);
        }
        let png = side_by_side(&[9; 192], &mask, 8).unwrap();
        let picture = image::load_from_memory(&png).unwrap().into_rgb8();
        assert_eq!(picture.dimensions(), (24, 8));
        let yellow = picture.pixels().filter(|pixel| pixel.0 == OUTLINE).count();
        assert_eq!(yellow, 12);
        assert_eq!(picture.get_pixel(3, 3).0, [9; 3]);
        assert_eq!((picture.get_pixel(19, 3).0, picture.get_pixel(16, 0).0), ([255; 3], [0; 3]));
    }
}
