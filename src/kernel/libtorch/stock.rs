//! What a stock of images on a device is made of, and how samples are taken from it: plain arrays.

/// Images and masks as bytes, and how bytes become numbers.
pub struct Stock<'a> {
    /// Height and width in pixels.
    pub size: usize,
    /// Each image, `[size, size, 3]`, with its mask, `[size, size]`.
    pub images: Vec<(&'a [u8], &'a [u8])>,
    /// For each image the number of each byte.
    pub tables: Vec<[f32; 256]>,
    /// The number of each byte of a mask.
    pub mask_table: [f32; 256],
    /// Bytes of a mask from here on are lesion.
    pub lesion_from: u8,
    /// Arrangements that many samples have: for each pixel the one that comes there, or [`outside`](Self::outside).
    pub arrangements: Vec<&'a [u32]>,
    /// Marks a pixel where nothing comes.
    pub outside: u32,
}

impl Stock<'_> {
    /// Bytes that so many images of that size need on a device, with what arranges them.
    pub fn bytes(images: usize, size: usize) -> u64 {
        let pixels = (size * size) as u64;
        images as u64 * (4 * pixels + 256 * 4) + 8 * pixels * 9
    }
}

/// One image to take, and how its pixels are arranged.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Its index in the stock.
    pub image: usize,
    /// What comes where.
    pub arrangement: Arrangement,
}

/// What comes where.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrangement {
    /// One of the stock's, by its index.
    Kept(usize),
    /// A rotation of its own.
    Turned(Turned),
}

/// A flip and then a rotation about the centre, by the nearest pixel.
///
/// A pixel's source is for x (0) and for y (1) at `rows[row] + rests[row] + columns[column]`, rounded once, where -1 and 1 are
/// the borders of the flipped image.
#[derive(Clone, Debug, PartialEq)]
pub struct Turned {
    /// Of each row.
    pub rows: [Vec<f64>; 2],
    /// Of each row, much smaller.
    pub rests: [Vec<f64>; 2],
    /// Of each column.
    pub columns: [Vec<f64>; 2],
    /// Whether left and right, and whether top and bottom were swapped.
    pub flips: [bool; 2],
}
