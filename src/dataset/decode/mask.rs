//! Masks: which values are lesion, and what else is refused.

use std::collections::BTreeMap;

use image::DynamicImage;

use super::header::{Format, header};
use super::pixels::{Pixels, caught, refuse_transparent};
use super::{Header, jpeg, png};

/// Values that a message lists before it only counts.
const LISTED: usize = 8;

/// Which grey levels of a mask file are what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::dataset) struct MaskValues {
    /// Grey levels of the background, sorted.
    pub background: Vec<u8>,
    /// Grey levels of the lesion, sorted.
    pub lesion: Vec<u8>,
}

impl Default for MaskValues {
    fn default() -> Self {
        Self { background: vec![0], lesion: vec![255] }
    }
}

impl MaskValues {
    /// What each grey level becomes; none for one that is neither.
    fn table(&self) -> [Option<u8>; 256] {
        let mut table = [None; 256];
        for (values, meaning) in [(&self.background, 0), (&self.lesion, 255)] {
            for &value in values {
                table[usize::from(value)] = Some(meaning);
            }
        }
        table
    }

    /// What a pixel has to be.
    fn allowed(&self) -> String {
        if *self == Self::default() {
            return "neither 0 nor 255".to_owned();
        }
        let listed = |values: &[u8]| values.iter().map(u8::to_string).collect::<Vec<_>>().join(", ");
        format!("neither background ({}) nor lesion ({})", listed(&self.background), listed(&self.lesion))
    }
}

/// Decodes a mask to 0 where it is background and 255 where it is lesion.
///
/// Of a file in colour every pixel must be grey; of 16 bits a channel, a multiple of 257 is the grey level of 8 bits,
/// and else a value below 256 stands for itself.
///
/// # Errors
/// A sentence that says what is wrong with the file.
pub(in crate::dataset) fn mask(file: &[u8], values: &MaskValues) -> Result<Pixels, String> {
    let Header { height, width, format, .. } = header(file)?;
    let mut bytes = caught(|| match format {
        Format::Jpeg => grey_of_rgb(&jpeg::rgb(file)?, width),
        Format::Png => grey(png::stored(file)?, width),
    })?;
    // What nearly all masks are takes no look at each pixel's meaning.
    let binary = |&grey: &u8| grey.wrapping_add(1) <= 1;
    if *values == MaskValues::default() && bytes.len() == height * width && bytes.iter().all(binary) {
        return Ok(Pixels { height, width, bytes });
    }
    let table = values.table();
    let unknown = |&grey: &u8| table[usize::from(grey)].is_none();
    if let Some(first) = bytes.iter().position(unknown) {
        let mut counts: BTreeMap<u8, usize> = BTreeMap::new();
        for &grey in bytes.iter().filter(|grey| unknown(grey)) {
            *counts.entry(grey).or_default() += 1;
        }
        return Err(format!(
            "{} of {} mask pixels are {}{}; the first is {} in row {}, column {}",
            counts.values().sum::<usize>(),
            bytes.len(),
            values.allowed(),
            told(&counts),
            bytes[first],
            first / width,
            first % width
        ));
    }
    for byte in &mut bytes {
        *byte = table[usize::from(*byte)].unwrap_or_default();
    }
    if bytes.len() != height * width {
        return Err(format!("does not decode: {} bytes for {width}x{height} pixels", bytes.len()));
    }
    Ok(Pixels { height, width, bytes })
}

/// The values with the number of their pixels, where there are several.
fn told(counts: &BTreeMap<u8, usize>) -> String {
    if counts.len() < 2 {
        return String::new();
    }
    let listed = counts.iter().take(LISTED).map(|(value, count)| format!("{value} in {count}"));
    let more = counts.len().checked_sub(LISTED + 1).map(|more| format!("{} more values", more + 1));
    format!(" ({})", listed.chain(more).collect::<Vec<_>>().join(", "))
}

fn grey(image: DynamicImage, width: usize) -> Result<Vec<u8>, String> {
    refuse_transparent(&image)?;
    match image {
        DynamicImage::ImageLuma8(image) => Ok(image.into_raw()),
        DynamicImage::ImageLumaA8(image) => Ok(image.pixels().map(|pixel| pixel.0[0]).collect()),
        DynamicImage::ImageLuma16(image) => of_16_bits(image.as_raw().iter().copied(), width),
        DynamicImage::ImageLumaA16(image) => of_16_bits(image.pixels().map(|pixel| pixel.0[0]), width),
        DynamicImage::ImageRgb16(_) | DynamicImage::ImageRgba16(_) => {
            Err("is a mask in colour of 16 bits a channel; save it in grey".to_owned())
        }
        other => grey_of_rgb(other.into_rgb8().as_raw(), width),
    }
}

fn of_16_bits(values: impl Iterator<Item = u16>, width: usize) -> Result<Vec<u8>, String> {
    let level = |(index, value): (usize, u16)| {
        let level = if value.is_multiple_of(257) { value / 257 } else { value };
        u8::try_from(level).map_err(|_| {
            let (row, column) = (index / width, index % width);
            format!(
                "has the 16-bit value {value} in row {row}, column {column}, which is no grey level of 8 bits"
            )
        })
    };
    values.enumerate().map(level).collect()
}

fn grey_of_rgb(rgb: &[u8], width: usize) -> Result<Vec<u8>, String> {
    let level = |(index, &[red, green, blue]): (usize, &[u8; 3])| {
        if red == green && green == blue {
            return Ok(red);
        }
        let (row, column) = (index / width, index % width);
        Err(format!(
            "is a mask in colour: red {red}, green {green}, blue {blue} in row {row}, column {column}; save it in grey"
        ))
    };
    rgb.as_chunks::<3>().0.iter().enumerate().map(level).collect()
}
