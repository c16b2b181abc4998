//! Which kernel resizes.

use super::{area, bilinear, pillow, triangle};
use crate::experiment::settings::Resize;

/// Resizes interleaved bytes `[height, width, channels]`, one or three channels, to `[size, size, channels]` by the
/// kernel; what has the size already stays as it is.
pub(in crate::dataset) fn resize(
    kernel: Resize,
    pixels: Vec<u8>,
    [height, width, channels]: [usize; 3],
    size: usize,
) -> Vec<u8> {
    if (height, width) == (size, size) {
        return pixels;
    }
    resized(kernel, &pixels, [height, width, channels], size)
}

/// As [`resize`], for whoever keeps the pixels.
pub(in crate::dataset) fn resized(kernel: Resize, pixels: &[u8], shape: [usize; 3], size: usize) -> Vec<u8> {
    let [height, width, _] = shape;
    if (height, width) == (size, size) {
        return pixels.to_vec();
    }
    let resize = match kernel {
        Resize::BilinearAntialias => triangle::resize,
        Resize::Bilinear => bilinear::resize,
        Resize::Area => area::resize,
        Resize::PilBilinear => pillow::resize,
    };
    resize(pixels, shape, size)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::digest::sha256;

    /// An image that Python makes again (`tests/parity/augment.py`).
    fn image(bytes: usize) -> Vec<u8> {
        (0..bytes).map(|i| ((i * i * 7 + i * 31 + 11) % 251) as u8).collect()
    }

    #[test]
    fn the_same_size_changes_nothing() {
        for kernel in Resize::ALL {
            let pixels = image(8 * 8 * 3);
            assert_eq!(resize(kernel, pixels.clone(), [8, 8, 3], 8), pixels, "{}", kernel.name());
        }
    }

    #[test]
    fn one_colour_stays_that_colour() {
        for kernel in Resize::ALL {
            for [height, width] in [[100, 75], [20, 70], [640, 33]] {
                let pixels = [3, 200, 255].repeat(height * width);
                let resized = resize(kernel, pixels, [height, width, 3], 32);
                assert_eq!(resized, [3, 200, 255].repeat(32 * 32), "{} {height}x{width}", kernel.name());
            }
        }
    }

    /// Digests of what torch, Pillow and exact arithmetic make of the same images (`tests/parity/resize.py`).
    #[test]
    fn the_bytes_are_those_of_the_references() {
        let mut cases = [0; Resize::ALL.len()];
        for line in include_str!("../../../tests/parity/resize.txt").lines() {
            if line.starts_with('#') {
                continue;
            }
            let [name, height, width, channels, size, expect] = line.split(' ').collect::<Vec<_>>()[..]
            else {
                panic!("{line}");
            };
            let index = Resize::ALL.iter().position(|kernel| kernel.name() == name).unwrap();
            let [height, width, channels, size]: [usize; 4] =
                [height, width, channels, size].map(|number| number.parse().unwrap());
            let pixels = image(height * width * channels);
            let resized = resize(Resize::ALL[index], pixels, [height, width, channels], size);
            assert_eq!(sha256(&resized), expect, "{line}");
            cases[index] += 1;
        }
        assert!(cases.iter().all(|&count| count >= 10), "{cases:?}");
    }
}
