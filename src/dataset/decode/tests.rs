//! Files of every kind that is handled or refused.

use std::io::Cursor;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::{DynamicImage, GrayImage, ImageFormat, Luma};

use super::{MaskValues, Pixels, header, image, mask};

fn saved(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    image.into().write_to(&mut file, format).unwrap();
    file.into_inner()
}

fn png(width: u32, height: u32, grey: &[u8]) -> Vec<u8> {
    saved(GrayImage::from_raw(width, height, grey.to_vec()).unwrap(), ImageFormat::Png)
}

fn jpeg() -> Vec<u8> {
    let pixels = (0..32 * 32 * 3).map(|i| (i * 31 % 251) as u8).collect();
    saved(image::RgbImage::from_raw(32, 32, pixels).unwrap(), ImageFormat::Jpeg)
}

/// The name, file and RGB bytes of each line of `tests/parity/decode.txt`.
fn references() -> Vec<(String, Vec<u8>, Vec<u8>)> {
    let text = include_str!("../../../tests/parity/decode.txt");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let reference = |line: &str| {
        let [name, file, rgb] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        (name.to_owned(), STANDARD.decode(file).unwrap(), STANDARD.decode(rgb).unwrap())
    };
    lines.map(reference).collect()
}

fn reference(name: &str) -> Vec<u8> {
    references().into_iter().find(|(found, ..)| found == name).unwrap().1
}

#[test]
fn every_kind_of_file_is_what_pillow_makes_of_it() {
    let references = references();
    assert_eq!(references.len(), 15);
    for (name, file, expect) in references {
        let Pixels { height, width, bytes } = image(&file).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((height, width), (24, 40), "{name}");
        let most = bytes.iter().zip(&expect).map(|(&a, &b)| a.abs_diff(b)).max().unwrap();
        // PNG is exact; JPEG decoders round the inverse transform and colours as they like.
        let allowed = if name.starts_with("png") { 0 } else { 6 };
        assert!(most <= allowed && bytes.len() == expect.len(), "{name}: {most}");
    }
}

#[test]
fn headers_tell_size_orientation_and_memory() {
    for (name, orientation, memory) in [
        ("jpeg-baseline", 1, 3 * 960),
        ("jpeg-progressive", 1, 9 * 960),
        ("jpeg-cmyk", 1, 4 * 960),
        ("jpeg-orientation-6", 6, 3 * 960),
        ("png-rgb", 1, 6 * 960),
        ("png-grey", 1, 4 * 960),
        ("png-orientation-3", 3, 6 * 960),
    ] {
        let header = header(&reference(name)).unwrap();
        assert_eq!((header.height, header.width), (24, 40), "{name}");
        assert_eq!((header.orientation, header.memory), (orientation, memory), "{name}");
    }
}

#[test]
fn sixteen_bits_are_rounded_to_eight() {
    let values = [0_u16, 128, 129, 257 * 7, 257 * 7 + 128, 257 * 7 + 129, u16::MAX];
    let stored = image::ImageBuffer::<Luma<u16>, _>::from_raw(7, 1, values.to_vec()).unwrap();
    let decoded = image(&saved(stored, ImageFormat::Png)).unwrap().bytes;
    assert_eq!(decoded.as_chunks::<3>().0, [0, 0, 1, 7, 7, 8, 255].map(|grey| [grey; 3]));
}

fn refused<T>(result: Result<T, String>, expect: &str) {
    let problem = result.err().unwrap_or_else(|| panic!("not refused: {expect}"));
    assert!(problem.contains(expect), "{problem}");
}

#[test]
fn what_can_be_seen_through_is_refused() {
    let mut pixels = image::RgbaImage::from_pixel(4, 2, image::Rgba([9, 8, 7, 255]));
    assert_eq!(image(&saved(pixels.clone(), ImageFormat::Png)).unwrap().bytes, [9, 8, 7].repeat(8));
    pixels.put_pixel(1, 1, image::Rgba([9, 8, 7, 254]));
    let file = saved(pixels, ImageFormat::Png);
    refused(image(&file), "1 of 8 pixels are transparent in part");
    refused(mask(&file, &MaskValues::default()), "1 of 8 pixels are transparent in part");
}

#[test]
fn cut_and_foreign_files_are_refused() {
    let whole = jpeg();
    assert_eq!(image(&whole).unwrap().bytes.len(), 32 * 32 * 3);
    refused(image(&whole[..whole.len() - 2]), "no end marker");
    refused(image(&whole[..whole.len() / 2]), "no end marker");
    refused(image(&whole[..4]), "no end marker");
    refused(image(b"GIF89a and so on"), "neither JPEG nor PNG but GIF");
    refused(image(b"BM and so on"), "neither JPEG nor PNG but BMP");
    refused(image(b"text"), "is neither JPEG nor PNG");
    refused(image(b""), "is neither JPEG nor PNG");
    let whole = png(16, 16, &[255; 256]);
    refused(image(&whole[..whole.len() - 5]), "no end marker");
    let end = &whole[whole.len() - 12..];
    refused(image(&[&whole[..whole.len() - 20], end].concat()), "does not decode");
}

#[test]
fn a_jpeg_that_lacks_scan_data_is_refused_though_it_ends_as_it_should() {
    for name in ["jpeg-baseline", "jpeg-444", "jpeg-grey"] {
        let whole = reference(name);
        let scan = whole.windows(2).rposition(|pair| pair == [0xFF, 0xDA]).unwrap();
        let cut = scan + (whole.len() - scan) / 3;
        let lying = [&whole[..cut], &[0xFF, 0xD9]].concat();
        refused(image(&lying), "does not decode");
    }
}

/// The checksum of a PNG chunk.
fn crc(bytes: &[u8]) -> [u8; 4] {
    let bit = |sum: u32| if sum & 1 == 1 { 0xEDB8_8320 ^ (sum >> 1) } else { sum >> 1 };
    let sum = bytes.iter().fold(u32::MAX, |sum, &byte| (0..8).fold(sum ^ u32::from(byte), |sum, _| bit(sum)));
    (!sum).to_be_bytes()
}

/// The file with other numbers for height and width in its header.
fn claiming(file: &[u8], width: u32, height: u32) -> Vec<u8> {
    let mut file = file.to_vec();
    if file.starts_with(&[0xFF, 0xD8]) {
        let frame = file.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
        file[frame + 5..frame + 7].copy_from_slice(&(height as u16).to_be_bytes());
        file[frame + 7..frame + 9].copy_from_slice(&(width as u16).to_be_bytes());
        return file;
    }
    file[16..20].copy_from_slice(&width.to_be_bytes());
    file[20..24].copy_from_slice(&height.to_be_bytes());
    let checksum = crc(&file[12..29]);
    file[29..33].copy_from_slice(&checksum);
    file
}

#[test]
fn sizes_beyond_reason_are_refused_before_anything_is_decoded() {
    for file in [reference("jpeg-baseline"), reference("png-rgb")] {
        for (width, height) in [(16_385, 10), (10, 65_535), (16_384, 16_384)] {
            let lying = claiming(&file, width, height);
            refused(header(&lying), &format!("claims {width}x{height} pixels; at most 16384 a side"));
            refused(image(&lying), "claims");
            refused(mask(&lying, &MaskValues::default()), "claims");
        }
        // A size that is allowed but isn't what follows.
        refused(image(&claiming(&file, 400, 240)), "does not decode");
    }
}

#[test]
fn an_animation_is_refused() {
    let still = reference("png-rgb");
    // Two frames, played for ever, in front of the pixels.
    let mut chunk = b"\0\0\0\x08acTL\0\0\0\x02\0\0\0\0".to_vec();
    chunk.extend(crc(&chunk[4..]));
    let animated = [&still[..33], &chunk, &still[33..]].concat();
    refused(image(&animated), "is an animated PNG");
}

#[test]
fn binary_masks_pass_and_others_are_located_and_counted() {
    let only = MaskValues::default();
    let decoded = mask(&png(3, 2, &[0, 255, 0, 255, 255, 0]), &only).unwrap();
    assert_eq!((decoded.height, decoded.width, decoded.bytes), (2, 3, vec![0, 255, 0, 255, 255, 0]));
    let check = |grey: &[u8], values: &MaskValues, expect: &str| {
        assert_eq!(mask(&png(3, 2, grey), values).err().unwrap(), expect);
    };
    check(
        &[0, 255, 0, 255, 128, 7],
        &only,
        "2 of 6 mask pixels are neither 0 nor 255 (7 in 1, 128 in 1); the first is 128 in row 1, column 1",
    );
    check(
        &[0, 255, 0, 255, 0, 7],
        &only,
        "1 of 6 mask pixels are neither 0 nor 255; the first is 7 in row 1, column 2",
    );
    let classes = MaskValues { background: vec![0, 3], lesion: vec![1, 2] };
    assert_eq!(mask(&png(3, 2, &[0, 1, 2, 3, 1, 0]), &classes).unwrap().bytes, [0, 255, 255, 0, 255, 0]);
    check(
        &[0, 1, 4, 4, 5, 0],
        &classes,
        "3 of 6 mask pixels are neither background (0, 3) nor lesion (1, 2) (4 in 2, 5 in 1); the first is 4 in \
         row 0, column 2",
    );
    let ramp: Vec<u8> = (0..200).collect();
    let problem = mask(&png(20, 10, &ramp), &only).err().unwrap();
    assert!(problem.contains("8 in 1, 191 more values)"), "{problem}");
}

#[test]
fn masks_of_16_bits_and_in_colour_are_what_they_show() {
    let classes = MaskValues { background: vec![0], lesion: vec![1, 255] };
    let of = |values: [u16; 4]| {
        let stored = image::ImageBuffer::<Luma<u16>, _>::from_raw(2, 2, values.to_vec()).unwrap();
        mask(&saved(stored, ImageFormat::Png), &classes)
    };
    assert_eq!(of([0, 1, u16::MAX, 257]).unwrap().bytes, [0, 255, 255, 255]);
    refused(of([0, 300, 0, 0]), "16-bit value 300 in row 0, column 1");
    let mut colour = image::RgbImage::from_pixel(2, 2, image::Rgb([255; 3]));
    assert_eq!(mask(&saved(colour.clone(), ImageFormat::Png), &classes).unwrap().bytes, [255; 4]);
    colour.put_pixel(1, 0, image::Rgb([255, 0, 0]));
    refused(mask(&saved(colour, ImageFormat::Png), &classes), "red 255, green 0, blue 0 in row 0, column 1");
}
