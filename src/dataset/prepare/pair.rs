//! One pair of files, decoded, checked and brought to the size of the cache.

use serde::{Deserialize, Serialize};

use super::budget::Budget;
use super::write::Order;
use crate::dataset::cache::Record;
use crate::dataset::decode::{self, Header};
use crate::dataset::entry::{Entry, Pair};
use crate::dataset::{PairProblem, digest, resize};

/// A pair as the cache holds it.
pub(super) struct Ready {
    /// The cache's record of the pair.
    pub record: Record,
    /// `[size, size, 3]` bytes.
    pub image: Vec<u8>,
    /// `[size, size]` bytes.
    pub mask: Vec<u8>,
    /// What its files are.
    pub checked: Checked,
}

/// What the files of a pair are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(in crate::dataset) struct Checked {
    /// SHA-256 of the image's file.
    pub image_sha256: String,
    /// SHA-256 of the mask's file.
    pub mask_sha256: String,
    /// Height and width as stored.
    pub stored: (usize, usize),
    /// The image's orientation tag, which is ignored; 1 where there is none.
    pub orientation: u8,
}

/// The bytes of both files, the image's first.
pub(super) struct Files([Vec<u8>; 2]);

impl Files {
    /// Reads both.
    ///
    /// # Errors
    /// Why either can't be read.
    pub fn read(pair: &Pair) -> Result<Self, Vec<PairProblem>> {
        let read = |entry: &Entry| entry.read().map_err(|problem| PairProblem::new(entry.name(), problem));
        both(read(&pair.image), read(&pair.mask)).map(Self)
    }

    /// SHA-256 of the image's file and of the mask's.
    pub fn sha256(&self) -> [String; 2] {
        [digest::sha256(&self.0[0]), digest::sha256(&self.0[1])]
    }
}

fn both<T>(image: Result<T, PairProblem>, mask: Result<T, PairProblem>) -> Result<[T; 2], Vec<PairProblem>> {
    match (image, mask) {
        (Ok(image), Ok(mask)) => Ok([image, mask]),
        (image, mask) => Err([image.err(), mask.err()].into_iter().flatten().collect()),
    }
}

/// Decodes both files, one after the other and within the budget, and resizes them as ordered.
///
/// # Errors
/// What is wrong with either, or with both together.
pub(super) fn ready(
    pair: &Pair,
    files: &Files,
    sha256: [String; 2],
    order: &Order<'_>,
    budget: &Budget,
) -> Result<Ready, Vec<PairProblem>> {
    let Files([image, mask]) = files;
    let problem = |entry: &Entry| {
        let name = entry.name().to_owned();
        move |problem: String| PairProblem::new(name, problem)
    };
    let headers = both(
        decode::header(image).map_err(problem(&pair.image)),
        decode::header(mask).map_err(problem(&pair.mask)),
    )?;
    belong(&headers).map_err(|problem| vec![PairProblem::new(pair.mask.name(), problem)])?;
    let [of_image, of_mask] = &headers;
    let size = order.preparation.size;
    let fit = |pixels: decode::Pixels, channels| {
        let shape = [pixels.height, pixels.width, channels];
        resize::resize(order.preparation.resize, pixels.bytes, shape, size)
    };
    let share = budget.take(of_image.memory.max(of_mask.memory) + (image.len() + mask.len()) as u64);
    let image = decode::image(image).map(|pixels| fit(pixels, 3)).map_err(problem(&pair.image));
    let mask = decode::mask(mask, order.masks).map(|pixels| fit(pixels, 1)).map_err(problem(&pair.mask));
    drop(share);
    let [image, mask] = both(image, mask)?;
    let record = Record {
        id: pair.id.clone(),
        image_sha256: digest::sha256(&image),
        mask_sha256: digest::sha256(&mask),
    };
    let [image_sha256, mask_sha256] = sha256;
    let stored = (of_image.height, of_image.width);
    let checked = Checked { image_sha256, mask_sha256, stored, orientation: of_image.orientation };
    Ok(Ready { record, image, mask, checked })
}

/// Checks that the mask was drawn on the image as it is stored.
///
/// Orientation tags are ignored. That is right where the mask has the stored size; where the tag turns the image on its
/// side and the mask has the size of what a viewer shows, or where the mask bears a tag of its own that says something
/// else, image and mask would disagree.
fn belong([image, mask]: &[Header; 2]) -> Result<(), String> {
    let sizes = format!(
        "mask is {}x{} pixels, its image is {}x{}",
        mask.width, mask.height, image.width, image.height
    );
    if mask.orientation != 1 && mask.orientation != image.orientation {
        return Err(format!(
            "bears the orientation tag {}, its image {}: save both as they are to be seen, without a tag",
            mask.orientation, image.orientation
        ));
    }
    if (image.height, image.width) == (mask.height, mask.width) {
        return Ok(());
    }
    let turned = image.orientation >= 5 && (image.width, image.height) == (mask.height, mask.width);
    if turned {
        let tag = image.orientation;
        return Err(format!(
            "{sizes} and bears the orientation tag {tag}: the mask was drawn on the turned image; \
             save the image as it is to be seen, without the tag"
        ));
    }
    Err(sizes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(image: (usize, usize, u8), mask: (usize, usize, u8), expect: Result<(), &str>) {
        // A header of a real file with other numbers.
        let png = {
            let mut file = std::io::Cursor::new(Vec::new());
            let image = image::GrayImage::new(1, 1);
            image.write_to(&mut file, image::ImageFormat::Png).unwrap();
            decode::header(file.get_ref()).unwrap()
        };
        let header = |(width, height, orientation)| Header { height, width, orientation, ..png.clone() };
        let found = belong(&[header(image), header(mask)]);
        match expect {
            Ok(()) => assert_eq!(found, Ok(())),
            Err(part) => assert!(found.clone().unwrap_err().contains(part), "{found:?}"),
        }
    }

    #[test]
    fn a_tag_is_ignored_unless_the_mask_contradicts() {
        check((40, 30, 1), (40, 30, 1), Ok(()));
        check((40, 30, 6), (40, 30, 1), Ok(()));
        check((40, 30, 3), (40, 30, 1), Ok(()));
        check((40, 30, 6), (40, 30, 6), Ok(()));
        check((40, 30, 6), (30, 40, 1), Err("drawn on the turned image"));
        check((40, 30, 3), (30, 40, 1), Err("mask is 30x40 pixels, its image is 40x30"));
        check((40, 30, 1), (40, 30, 6), Err("orientation tag 6, its image 1"));
        check((40, 30, 1), (40, 31, 1), Err("mask is 40x31 pixels"));
    }
}
