//! Small archives in the layout of the official ones.
#![expect(clippy::unwrap_used, reason = "what fails here fails the test that called it")]

use std::io::{Cursor, Write};

use ege_bench::dataset::{Images, synthetic};
use image::{GrayImage, ImageFormat, RgbImage};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// An image and its mask as files.
pub struct Picture {
    pub id: &'static str,
    pub image: Vec<u8>,
    pub mask: Vec<u8>,
}

/// Generated pictures of 64x64 pixels under these ids: JPEG and PNG.
pub fn pictures(ids: &[&'static str]) -> Vec<Picture> {
    let generated = synthetic::generate(ids.len(), 0, 64);
    let picture = |(index, id): (usize, &&'static str)| {
        let (mut image, mut mask) = (Cursor::new(Vec::new()), Cursor::new(Vec::new()));
        let rgb = RgbImage::from_raw(64, 64, generated.image(index).to_vec()).unwrap();
        rgb.write_to(&mut image, ImageFormat::Jpeg).unwrap();
        let grey = GrayImage::from_raw(64, 64, generated.mask(index).to_vec()).unwrap();
        grey.write_to(&mut mask, ImageFormat::Png).unwrap();
        Picture { id, image: image.into_inner(), mask: mask.into_inner() }
    };
    ids.iter().enumerate().map(picture).collect()
}

/// A zip archive of these files.
pub fn zipped(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, bytes) in files {
        if name.ends_with('/') {
            writer.add_directory(name.trim_end_matches('/'), options).unwrap();
        } else {
            writer.start_file(name, options).unwrap();
            writer.write_all(bytes).unwrap();
        }
    }
    writer.finish().unwrap().into_inner()
}

/// The archive of images in the folder `inner`, with all that lies beside them in the official one.
pub fn images(inner: &str, pictures: &[Picture]) -> Vec<u8> {
    let mut files = vec![(format!("{inner}/"), Vec::new())];
    for picture in pictures {
        files.push((format!("{inner}/{}.jpg", picture.id), picture.image.clone()));
        files.push((format!("{inner}/{}_superpixels.png", picture.id), picture.mask.clone()));
    }
    files.push((format!("{inner}/{inner}_metadata.csv"), b"image_id,age\n".to_vec()));
    files.push((format!("__MACOSX/{inner}/._{}.jpg", pictures[0].id), vec![0; 10]));
    zipped(&files)
}

/// The archive of masks in the folder `inner`.
pub fn masks(inner: &str, pictures: &[Picture]) -> Vec<u8> {
    let file = |picture: &Picture| (format!("{inner}/{}_segmentation.png", picture.id), picture.mask.clone());
    let mut files: Vec<_> = pictures.iter().map(file).collect();
    files.push((format!("{inner}/LICENSE.txt"), b"CC0".to_vec()));
    zipped(&files)
}
